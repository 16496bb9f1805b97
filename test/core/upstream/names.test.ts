import type { LookupAddress } from 'node:dns'
import t from 'tap'
import { errorCode } from '../../../core/log.ts'
import { isLocalName, type NameOptions, PeerName, resolveAll } from '../../../core/upstream/names.ts'
import { Reach } from '../../../core/upstream/reach.ts'
import { handAlarm } from '../../support/alarm.ts'
import { ManualClock } from '../../support/clock.ts'

type Answer = (error: Error | null, addresses: readonly LookupAddress[]) => void
const four = (...addresses: string[]) => addresses.map(address => ({ address, family: 4 }))

/** A name whose questions the test answers. */
function start(given: Partial<NameOptions> = {}) {
  const clock = new ManualClock()
  const alarm = handAlarm()
  const asked: Answer[] = []
  const told: string[] = []
  const name = new PeerName('api.example.com', {
    reach: new Reach([]),
    refreshMs: 10_000,
    clock,
    alarm: alarm.alarm,
    resolve: (_name, done) => void asked.push(done),
    refused: () => void told.push('refused'),
    ...given
  })
  name.onMove(() => void told.push('moved'))
  const find = (): Promise<string> =>
    new Promise(resolve => {
      name.lookup('api.example.com', { all: true }, (error, addresses) => {
        if (error !== null) resolve(errorCode(error))
        else resolve(Array.isArray(addresses) ? addresses.map(({ address }) => address).join(' ') : addresses)
      })
    })
  const answer = (...addresses: string[]) => asked.shift()?.(null, four(...addresses))
  const fail = () => asked.shift()?.(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), [])
  return { name, clock, alarm, asked, told, find, answer, fail }
}

t.test('a thousand who want the address at once ask once', async t => {
  const { find, asked, answer } = start()
  const all = Array.from({ length: 1_000 }, find)
  t.equal(asked.length, 1)
  answer('93.184.216.34')
  t.strictSame([...new Set(await Promise.all(all))], ['93.184.216.34'])
})

t.test('an answer is good for its time, and its addresses are used in turn', async t => {
  const { find, asked, answer, clock } = start()
  const first = find()
  answer('93.184.216.34', '93.184.216.35')
  t.strictSame(
    [await first, await find(), await find()],
    ['93.184.216.34 93.184.216.35', '93.184.216.35 93.184.216.34', '93.184.216.34 93.184.216.35']
  )
  clock.advance(9_999)
  await find()
  t.equal(asked.length, 0)
  clock.advance(1)
  const again = find()
  t.equal(asked.length, 1)
  answer('93.184.216.40')
  t.equal(await again, '93.184.216.40', 'whoever comes when it is old waits for the new one')
})

t.test('requests keep it fresh, and a move is told once', async t => {
  const { name, find, asked, answer, clock, told } = start()
  const first = find()
  answer('93.184.216.34')
  await first
  name.keepFresh(clock.monotonic() + 9_999)
  t.equal(asked.length, 0)
  name.keepFresh(clock.monotonic() + 10_000)
  name.keepFresh(clock.monotonic() + 10_000)
  t.equal(asked.length, 1, 'one question at a time')
  answer('93.184.216.34')
  t.strictSame(told, [])
  clock.advance(10_000)
  name.keepFresh(clock.monotonic())
  answer('93.184.216.99')
  t.strictSame(told, ['moved'])
  t.strictSame([name.has('93.184.216.34'), name.has('93.184.216.99'), name.has(undefined)], [false, true, false])
})

t.test('while nobody answers, the last good answer is used', async t => {
  const { find, fail, answer, clock, alarm, asked } = start()
  const first = find()
  answer('93.184.216.34')
  await first
  clock.advance(60_000)
  const failed = find()
  fail()
  t.equal(await failed, '93.184.216.34', 'the resolver says no')
  clock.advance(60_000)
  const silent = find()
  t.strictSame(alarm.pendingMs(), [1_000])
  alarm.ring()
  t.equal(await silent, '93.184.216.34', 'the resolver says nothing')
  clock.advance(1_000)
  t.equal(await find(), '93.184.216.34', 'and is not waited for again')
  t.equal(asked.length, 1)
})

t.test('a name that nobody knows is told so, and asked again by the next', async t => {
  const { find, fail, asked, answer } = start()
  const first = find()
  fail()
  t.equal(await first, 'ENOTFOUND')
  const second = find()
  t.equal(asked.length, 1)
  answer('93.184.216.34')
  t.equal(await second, '93.184.216.34')
})

t.test('a name that leads where nobody may go is refused, also when it led elsewhere before', async t => {
  const { find, answer, clock, told } = start()
  const first = find()
  answer('93.184.216.34')
  await first
  clock.advance(10_000)
  const moved = find()
  answer('93.184.216.34', '169.254.169.254')
  t.equal(await moved, 'TACIT_PEER_REFUSED')
  t.equal(await find(), 'TACIT_PEER_REFUSED', 'for as long as the answer is good')
  t.strictSame(told, ['refused', 'moved'])
  clock.advance(10_000)
  const still = find()
  answer('10.0.0.1')
  t.equal(await still, 'TACIT_PEER_REFUSED')
  t.equal(told.filter(word => word === 'refused').length, 1, 'told once')
  clock.advance(10_000)
  const back = find()
  answer('93.184.216.34')
  t.equal(await back, '93.184.216.34')
})

t.test('gives one address where one is wanted', async t => {
  const { name, answer } = start()
  const one = new Promise(resolve => name.lookup('api.example.com', {}, (...told) => resolve(told)))
  answer('93.184.216.34')
  t.strictSame(await one, [null, '93.184.216.34', 4])
})

t.test('an answer that is there at once is as good', async t => {
  const { find } = start({ resolve: (_name, done) => done(null, four('93.184.216.34')) })
  t.equal(await find(), '93.184.216.34')
  const none = start({ resolve: (_name, done) => done(null, []) })
  t.match(await none.find(), /Error|UNKNOWN/)
})

t.test('knows the names of this machine', async t => {
  t.strictSame(['localhost', 'app.localhost', 'localhost.example.com'].map(isLocalName), [true, true, false])
  const addresses = await new Promise(resolve => resolveAll('localhost', (_error, found) => resolve(found)))
  t.ok(Array.isArray(addresses) && addresses.length > 0)
})
