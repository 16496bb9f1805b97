import t from 'tap'
import type { Catalogue, PriceBook } from '../../core/dialects/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'
import { usageOf } from './catalogue/support.ts'

/** A plugin whose set-up hands its host to the test. */
function exposing(definition = ''): Record<string, string> {
  return {
    'exposing.ts': `
      import { definePlugin, Digest, Type } from 'tacit-gateway/plugin'
      export default definePlugin({
        contract: 1, name: 'exposing', summary: 'Hands out its host.', data: { reads: [] }, config: Type.Object({}),
        credential: Type.Object({ keyHash: Digest() }),
        consumerConfig: Type.Object({ colour: Type.String({ default: 'grey' }), size: Type.Integer({ default: 1 }) }),
        reasons: { busy: { status: 503, message: 'Busy.', retryable: true } },
        ${definition}
        setup (_config, host) {
          globalThis.hosts ??= []
          globalThis.hosts.push(host)
          return { requestFilter: (exchange, request) => globalThis.filter?.(host, exchange, request) }
        }
      })`
  }
}

// The host is looked at from outside of any plugin, so its type is only what each test asks of it.
interface AnyHost {
  readonly instance: string
  readonly clock: { now(): number; monotonic(): number }
  random(): number
  refuse(reason: string, facts?: object): unknown
  every(periodMs: number, work: () => unknown): void
  upstream(id: string): { readonly id: string; readonly provider: string | undefined }
  readonly credentials: { digest(text: string): string; find(digest: string): unknown }
  settings(consumer: object, credential?: object): unknown
  groupSettings(consumer: object): unknown
  readonly catalogue: Catalogue
  readonly prices: PriceBook
  record(kind: string, row: object): void
  emit(event: string, facts: object): void
  fetch(url: string, options: object): Promise<unknown>
  workers(
    file: URL,
    options?: { readonly deadlineMs: number }
  ): { run(task: unknown, signal: AbortSignal): Promise<unknown> }
}

function hosts(): AnyHost[] {
  const found: unknown = Reflect.get(globalThis, 'hosts')
  Reflect.set(globalThis, 'hosts', [])
  return Array.isArray(found) ? found : []
}

async function start(t: Tap, parts: object = {}) {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const gateway = await startTestGateway(
    t,
    {
      digestKey: 'a digest key of some length',
      upstreams: [upstreamOf([upstream.url])],
      routes: [routeOf({ plugins: [{ use: './exposing.ts' }, { use: './exposing.ts' }] })],
      ...parts
    },
    { files: exposing() }
  )
  const [host, second] = hosts()
  if (host === undefined || second === undefined) throw new Error('the plugin was not set up twice')
  return { gateway, host, second }
}

type Tap = Parameters<typeof startUpstream>[0]

t.test('names instances in the order of the file', async t => {
  const { host, second } = await start(t)
  t.strictSame([host.instance, second.instance], ['exposing', 'exposing#2'])
})

t.test('gives the time, chance, and an id for each declared upstream', async t => {
  const { host } = await start(t)
  t.ok(Math.abs(host.clock.now() - Date.now()) < 5_000)
  const before = host.clock.monotonic()
  t.ok(host.clock.monotonic() >= before)
  const dice = host.random()
  t.ok(dice >= 0 && dice < 1)
  t.equal(host.upstream('upstream').id, 'upstream')
  t.throws(() => host.upstream('downstream'), { code: 'TACIT_UPSTREAM_UNKNOWN' })
})

t.test('tells the provider of an upstream, after a reload the one that is written then', async t => {
  const configured = (provider: string) => ({
    digestKey: 'a digest key of some length',
    upstreams: [{ ...upstreamOf(['http://127.0.0.1:9']), provider }],
    routes: [routeOf({ plugins: [{ use: './exposing.ts' }, { use: './exposing.ts' }] })]
  })
  const { gateway, host } = await start(t, configured('openai'))
  const handle = host.upstream('upstream')
  t.equal(handle.provider, 'openai')
  await gateway.rewrite(configured('mistral'))
  t.match(await gateway.reload(), { applied: true })
  t.equal(handle.provider, 'mistral')
})

t.test('refuses for declared reasons only', async t => {
  const { gateway, host } = await start(t)
  t.equal(host.refuse('busy'), host.refuse('busy'), 'a plain refusal is made once')
  t.throws(() => host.refuse('bored'), { code: 'TACIT_REASON_UNKNOWN' })
  Reflect.set(globalThis, 'filter', () => host.refuse('busy', { retryAfterMs: 1_500, headers: { 'x-why': 'busy' } }))
  t.teardown(() => Reflect.deleteProperty(globalThis, 'filter'))
  const { status, headers, body } = await send({ url: gateway.url })
  t.strictSame(
    [status, headers['retry-after'], headers['retry-after-ms'], headers['x-why']],
    [503, '2', '1500', 'busy']
  )
  t.match(body.toString(), /"reason":"busy"/)
})

t.test('finds credentials by their digest, and settings by consumer and group', async t => {
  const keyHash = 'hmac-sha256:4AbBHvAS7F2EnbS9VQh6Xgg9GEsQgoRLKJ7g6ntnJ0k'
  const { host } = await start(t, {
    groups: [{ id: 'g', settings: { exposing: { colour: 'red' } } }],
    consumers: [
      {
        id: 'one',
        group: 'g',
        credentials: {
          exposing: [
            { keyHash, settings: { exposing: { size: 3 } } },
            { keyHash: `hmac-sha256:${'B'.repeat(43)}`, expires: '2026-01-01' }
          ]
        },
        settings: { exposing: { size: 2 } }
      },
      { id: 'two', group: 'g' },
      { id: 'three' }
    ]
  })
  t.match(host.credentials.digest('a key'), /^hmac-sha256:[A-Za-z0-9_-]{43}$/)
  t.match(host.credentials.find(keyHash), { consumer: { id: 'one', group: 'g' }, credentialId: 'one/exposing/1' })
  t.equal(host.credentials.find(host.credentials.digest('a key')), undefined)
  t.equal(host.credentials.find(`hmac-sha256:${'B'.repeat(43)}`), undefined, 'one that is good no more')
  const one = { id: 'one', group: 'g', labels: {} }
  t.strictSame(host.settings(one), { colour: 'red', size: 2 })
  t.strictSame(host.settings(one, { id: 'one/exposing/1', scopes: [] }), { colour: 'red', size: 3 })
  t.strictSame(host.groupSettings(one), { colour: 'red', size: 1 })
  t.equal(host.groupSettings({ ...one, group: undefined }), undefined)
  t.strictSame(host.settings({ id: 'two', group: 'g', labels: {} }), { colour: 'red', size: 1 })
  t.strictSame(host.settings({ id: 'three', group: undefined, labels: {} }), { colour: 'grey', size: 1 })
})

t.test('digests nothing without a key', async t => {
  const { host } = await start(t, { digestKey: undefined })
  t.throws(() => host.credentials.digest('a key'), { code: 'TACIT_DIGEST_KEY_MISSING' })
})

t.test('repeats work until it is closed, never twice at once', async t => {
  const { gateway, host } = await start(t)
  let running = 0
  let most = 0
  let rounds = 0
  await new Promise<void>(resolve => {
    host.every(1, async () => {
      running++
      most = Math.max(most, running)
      await new Promise(setImmediate)
      running--
      rounds++
      if (rounds === 2) throw new Error('a round that fails does not end the work')
      if (rounds === 4) resolve()
    })
  })
  t.equal(most, 1)
  await gateway.close()
  const atClose = rounds
  await new Promise(setImmediate)
  t.ok(rounds <= atClose + 1)
})

t.test('calls out to nothing that is not public', async t => {
  const { gateway, host } = await start(t)
  const options = { timeoutMs: 20_000, maxBytes: 1_000 }
  await t.rejects(host.fetch(gateway.url, options), { code: 'TACIT_FETCH_REFUSED' })
})

t.test('runs threads until it is closed', async t => {
  const { gateway, host } = await start(t)
  const { signal } = new AbortController()
  const pool = host.workers(new URL('../fixtures/workers/tasks.ts', import.meta.url), { deadlineMs: 60_000 })
  t.equal(await pool.run({ kind: 'reverse', text: 'abc' }, signal), 'cba')
  const failure = (kind: string) => pool.run({ kind }, signal).catch((refused: unknown) => refused)
  t.match(await failure('throw'), { reason: 'worker_failed', status: 503 })
  await gateway.close()
  t.match(await failure('reverse'), { reason: 'workers_busy', status: 503 })
})

t.test('knows the models and prices of its configuration', async t => {
  const source = { url: 'contract', date: '2026-01-01' }
  const model = { id: 'mine', contextTokens: 1000, source }
  const rates = { input: '2.00 USD' }
  const price = { provider: 'acme', model: 'mine', version: 'v1', from: '2026-01-01', rates, source }
  const catalogue = { providers: [{ id: 'acme', name: 'Acme', models: [model], source }], prices: [price] }
  const { host } = await start(t, { catalogue })
  t.match(host.catalogue.model('acme', 'mine'), { known: true, model: { contextTokens: 1000 } })
  t.match(host.catalogue.model('openai', 'gpt-6-sol'), { known: true }, 'what comes along is there as well')
  const question = { provider: 'acme', model: 'mine', usage: usageOf({ inputTokens: 3 }), at: Date.UTC(2026, 5) }
  t.match(host.prices.cost(question), { known: true, amountNano: 6000n, currency: 'USD', priceVersion: /^v1\./ })
  t.strictSame(host.prices.cost({ ...question, model: 'other' }), { known: false, missing: 'model', kinds: [] })
})

t.test('takes rows and events that the definition declares, and no others', async t => {
  const { host } = await start(t)
  t.throws(() => host.record('row', {}), { code: 'TACIT_RECORD_UNKNOWN' })
  t.throws(() => host.emit('event', {}), { code: 'TACIT_EVENT_UNKNOWN' })
})
