import { Type } from 'tacit-gateway/plugin'
import t from 'tap'
import { refusedOf } from '../../../core/opaque.ts'
import type { PluginDefinition } from '../../../core/plugin.ts'
import { drivenHost, type HostOptions } from '../../../core/testing/driven-host.ts'
import { ManualClock } from '../../../core/testing/manual-clock.ts'

const DEFINITION: PluginDefinition = {
  contract: 1,
  name: 'sample',
  summary: 'For a test.',
  config: Type.Object({}),
  reasons: { too_many: { status: 429, message: 'Too many.', retryable: true } },
  events: { noticed: Type.Object({ count: Type.Integer() }) },
  records: { seen: { purpose: 'test', class: 'usage', fields: Type.Object({ count: Type.Integer() }), clear: [] } },
  data: { reads: [] },
  setup: () => ({})
}

const hostWith = (options: HostOptions = {}) => {
  const clock = new ManualClock()
  return { clock, ...drivenHost(DEFINITION, clock, options) }
}

t.test('refuses for the reasons of the definition, and for no other', async t => {
  const { host } = hostWith()
  const refused = refusedOf(host.refuse('too_many', { retryAfterMs: 5, headers: { a: 'b' } }))
  t.match(refused, { reason: 'too_many', status: 429, retryable: true, retryAfterMs: 5, headers: { a: 'b' } })
  t.throws(() => host.refuse('too_few'), { code: 'TACIT_REASON_UNKNOWN' })
})

t.test('finds a credential by the digest of what the client presents', async t => {
  const { host } = hostWith({
    credentials: [
      { secret: 'one', consumer: { id: 'c1', group: 'g' }, credential: { id: 'named' } },
      { secret: 'two', consumer: { id: 'c2', labels: { a: 'b' } } },
      { secret: 'three', consumer: { id: 'c3' }, credentialId: 'given' }
    ]
  })
  const { digest, find } = host.credentials
  t.match(digest('one'), /^hmac-sha256:[\w-]{43}$/)
  t.strictSame(find(digest('one')), {
    consumer: { id: 'c1', group: 'g', labels: {} },
    credentialId: 'named',
    credential: { id: 'named' },
    proof: { id: 'named', scopes: [] }
  })
  t.strictSame(find(digest('two')), {
    consumer: { id: 'c2', group: undefined, labels: { a: 'b' } },
    credentialId: 'c2/sample/1',
    credential: {},
    proof: { id: 'c2/sample/1', scopes: [] }
  })
  t.match(find(digest('three')), { credentialId: 'given' })
  t.equal(find(digest('four')), undefined)
})

t.test('can be slow to find credentials', async t => {
  const { host } = hostWith({ slowCredentials: true, credentials: [{ secret: 'one', consumer: { id: 'c1' } }] })
  const found = host.credentials.find(host.credentials.digest('one'))
  t.ok(found instanceof Promise)
  t.match(await found, { consumer: { id: 'c1' } })
})

t.test('writes down metrics, events and rows', async t => {
  const { host, written } = hostWith()
  host.metrics.counter('refused_total', 'Refusals.').add(2, { route: 'chat' })
  host.metrics.histogram('wait_ms', 'Waits.').observe(1.5)
  host.emit('noticed', { count: 1 })
  host.record('seen', { count: 1 })
  t.throws(() => host.record('seen', { count: 'some text' }), { code: 'TACIT_ROW_REFUSED' })
  t.strictSame(written, {
    metrics: [
      { metric: 'refused_total', value: 2, labels: { route: 'chat' } },
      { metric: 'wait_ms', value: 1.5, labels: {} }
    ],
    emitted: [{ event: 'noticed', facts: { count: 1 } }],
    rows: [{ kind: 'seen', row: { count: 1 } }]
  })
  t.throws(() => host.emit('unheard', {}), { code: 'TACIT_EVENT_UNKNOWN' })
  t.throws(() => host.record('unseen', {}), { code: 'TACIT_RECORD_UNKNOWN' })
})

t.test('knows only the upstreams that exist, and which were declared', async t => {
  const { host, upstreams } = hostWith({ upstreams: ['a', 'b'] })
  t.equal(host.upstream('a').id, 'a')
  t.strictSame([...upstreams], ['a'])
  t.throws(() => host.upstream('c'), { code: 'TACIT_UPSTREAM_UNKNOWN' })
})

t.test('works periodically as the clock is moved, never twice at once, until it is stopped', async t => {
  const { host, clock, close } = hostWith()
  const ran: number[] = []
  host.every(100, () => {
    ran.push(clock.monotonic())
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  let slow = 0
  host.every(100, () => {
    slow++
    return promise
  })
  clock.advance(99)
  clock.advance(1)
  clock.advance(100)
  clock.advance(50)
  t.strictSame(ran, [100, 200])
  t.equal(slow, 1)
  resolve()
  await promise
  await Promise.resolve()
  clock.advance(100)
  t.equal(slow, 2)
  await close()
  clock.advance(1000)
  t.strictSame(ran, [100, 200, 350])
})

t.test('keeps values for as long as they are said to live', async t => {
  const { host, clock } = hostWith()
  await host.store.set('a', '1', 1000)
  t.equal(await host.store.increment('a', 2, 1000), 3)
  t.equal(await host.store.get('a'), '3')
  clock.advance(1000)
  t.equal(await host.store.get('a'), undefined)
  t.equal(await host.store.increment('a', 2, 1000), 2)
})

t.test('says what it does not have, and takes what it is handed', async t => {
  const { host } = hostWith()
  const options = { timeoutMs: 1, maxBytes: 1 }
  t.throws(() => host.fetch('https://a.test', options), {
    code: 'TACIT_CAPABILITY_MISSING',
    message: /no `fetch`/
  })
  t.strictSame(host.catalogue.model('acme', 'm'), { known: false, missing: 'provider' })
  const answer = { status: 200, body: new Uint8Array() }
  const other = hostWith({ parts: { fetch: async () => answer }, settings: ({ id }) => ({ id }) })
  t.equal(await other.host.fetch('https://a.test', options), answer)
  t.strictSame(other.host.settings({ id: 'c', group: undefined, labels: {} }), { id: 'c' })
  t.strictSame(host.settings({ id: 'c', group: undefined, labels: {} }), {})
})
