import t from 'tap'
import { KeySource, pick } from '../../../plugins/jwt-auth/key-source.ts'
import { keyOfJwk, type VerificationKey } from '../../../plugins/jwt-auth/keys.ts'
import { ManualClock } from '../../support/clock.ts'
import { issuer } from '../../support/tokens.ts'

const [one, two] = [issuer('one'), issuer('two')]

/** A source whose fetches wait until the test answers them. */
function setUp() {
  const clock = new ManualClock()
  const waiting: { answer(keys: readonly unknown[]): void; fail(): void; send(status: number, text: string): void }[] =
    []
  const source = new KeySource({
    url: 'https://issuer.test/keys',
    algorithms: ['ES256'],
    refreshMs: 600_000,
    keepMs: 3_600_000,
    pauseMs: 30_000,
    now: () => clock.monotonic(),
    fetch: () =>
      new Promise((resolve, reject) => {
        const send = (status: number, text: string) => resolve({ status, body: Buffer.from(text) })
        waiting.push({
          send,
          answer: keys => send(200, JSON.stringify({ keys })),
          fail: () => reject(new Error('away'))
        })
      })
  })
  const next = () => {
    const fetch = waiting.shift()
    if (fetch === undefined) throw new Error('nothing was fetched')
    return fetch
  }
  const find = async (kid: string | undefined) => {
    const found = await source.find(kid, 'ES256')
    return typeof found === 'string' ? found : found.kid
  }
  return { clock, source, waiting, next, find }
}

t.test('fetches once for all who wait, and then not again', async t => {
  const { waiting, next, find } = setUp()
  const finding = [find('one'), find('one'), find('two')]
  t.equal(waiting.length, 1)
  next().answer([one.jwk, two.jwk])
  t.strictSame(await Promise.all(finding), ['one', 'one', 'two'])
  t.equal(await find('two'), 'two')
  t.equal(waiting.length, 0)
})

t.test('fetches for a key that is not known, but not in a hurry', async t => {
  const { clock, waiting, next, find } = setUp()
  const first = find('one')
  next().answer([one.jwk])
  await first
  t.strictSame(await Promise.all([find('two'), find('x'), find('y')]), ['unknown', 'unknown', 'unknown'])
  t.equal(waiting.length, 0, 'within the pause')
  clock.advance(30_000)
  const later = [find('two'), find('two'), find('x')]
  t.equal(waiting.length, 1, 'one for all')
  next().answer([one.jwk, two.jwk])
  t.strictSame(await Promise.all(later), ['two', 'two', 'unknown'])
})

t.test('forgets a key that the issuer has taken back', async t => {
  const { clock, next, find } = setUp()
  const first = find('one')
  next().answer([one.jwk])
  await first
  clock.advance(600_000)
  t.equal(await find('one'), 'one', 'goes on while it is fetched')
  next().answer([two.jwk])
  await find('two')
  t.equal(await find('one'), 'unknown')
})

t.test('goes on with what it has while nothing can be fetched, and then not at all', async t => {
  const { clock, source, waiting, next, find } = setUp()
  const first = find('one')
  next().fail()
  t.equal(await first, 'unavailable')
  t.equal(source.isFailing, true)
  t.equal(await find('one'), 'unavailable')
  t.equal(waiting.length, 0, 'within the pause')
  clock.advance(30_000)
  const second = find('one')
  next().answer([one.jwk])
  t.equal(await second, 'one')
  t.equal(source.isFailing, false)
  for (const [status, text] of [
    [500, '{}'],
    [200, 'no JSON'],
    [200, '[]']
  ] as const) {
    clock.advance(600_000)
    const found = find('one')
    next().send(status, text)
    t.equal(await found, 'one', `${status} ${text}`)
    t.equal(await find('x'), 'unknown', 'once that is over')
  }
  clock.advance(3_600_000)
  const last = find('one')
  next().fail()
  t.equal(await last, 'unavailable')
})

t.test('means a key by its name, and without one only where there is no doubt', t => {
  const keys = [one, two].flatMap((by): readonly VerificationKey[] => [keyOfJwk(by.jwk, 'ES256') ?? []].flat())
  t.equal(pick(keys, 'two', 'ES256')?.kid, 'two')
  t.equal(pick(keys, undefined, 'ES256'), undefined)
  t.equal(pick(keys.slice(1), undefined, 'ES256')?.kid, 'two')
  t.equal(pick(keys, 'two', 'HS256'), undefined)
  for (const kid of ['__proto__', 'constructor', '', '../two', "two' --"]) t.equal(pick(keys, kid, 'ES256'), undefined)
  t.end()
})
