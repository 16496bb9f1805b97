import { Type } from 'tacit-gateway/plugin'
import t from 'tap'
import { isPromise } from '../../../../core/pipeline/flows.ts'
import type { PluginDefinition } from '../../../../core/plugin.ts'
import { probedHost } from '../../../../core/testing/contract/probed-host.ts'
import { drivenHost } from '../../../../core/testing/driven-host.ts'
import { ManualClock } from '../../../../core/testing/manual-clock.ts'

const DEFINITION: PluginDefinition = {
  contract: 1,
  name: 'sample',
  summary: 'For a test.',
  config: Type.Object({}),
  data: { reads: [] },
  setup: () => ({})
}

function probed(isSlow: boolean) {
  const told: string[] = []
  const clock = new ManualClock()
  const answer = { status: 200, body: new Uint8Array() }
  const options = { credentials: [{ secret: 'one', consumer: { id: 'c' } }], parts: { fetch: async () => answer } }
  const { host } = drivenHost(DEFINITION, clock, options)
  const events = {
    used: (part: string) => void told.push(part),
    reads: (what: string) => void told.push(`reads ${what}`),
    sends: () => void told.push('sends'),
    waits: <Value>(answer: Promise<Value>) => {
      told.push('waits')
      return answer
    },
    fault: (check: string, what: string) => void told.push(`${check}: ${what}`)
  }
  return { host: probedHost(host, events, isSlow), told, clock }
}

t.test('answers as the host behind it, and tells what was asked', async t => {
  const { host, told } = probed(false)
  const { digest, find } = host.credentials
  t.match(find(digest('one')), { consumer: { id: 'c' } })
  t.strictSame(told.splice(0), ['reads credential', 'reads credential', 'credentials.find'])
  await host.store.set('a', '1', 1000)
  t.equal(await host.store.get('a'), '1')
  t.equal(await host.store.increment('a', 1, 1000), 2)
  t.strictSame(told.splice(0), ['store.set', 'waits', 'store.get', 'waits', 'store.increment', 'waits'])
  t.match(await host.fetch('https://a.test', { timeoutMs: 1, maxBytes: 1 }), { status: 200 })
  t.strictSame(host.settings({ id: 'c', group: undefined, labels: {} }), {})
  t.strictSame(told.splice(0), ['sends', 'fetch', 'waits', 'reads identity'])
  t.throws(() => host.record('rows', {}), { code: 'TACIT_RECORD_UNKNOWN' })
  t.throws(() => host.emit('event', {}), { code: 'TACIT_EVENT_UNKNOWN' })
  t.strictSame(told, ['record', 'emit'])
})

t.test('makes credentials wait where it is slow', async t => {
  const { host, told } = probed(true)
  const found = host.credentials.find(host.credentials.digest('one'))
  t.ok(isPromise(found))
  t.match(await found, { consumer: { id: 'c' } })
  t.ok(told.includes('waits'))
})

t.test('tells when periodical work fails', async t => {
  const { host, told, clock } = probed(false)
  host.every(10, () => {
    throw new Error('at once')
  })
  clock.advance(10)
  t.strictSame(told.splice(0), ['phases: what it runs with `host.every` throws'])
  const late = Promise.reject(new Error('later'))
  host.every(10, () => late)
  clock.advance(10)
  await late.catch(() => {})
  await Promise.resolve()
  t.strictSame(told, ['phases: what it runs with `host.every` throws', 'phases: what it runs with `host.every` throws'])
})
