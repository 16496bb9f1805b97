import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MODEL } from 'tacit-gateway/plugin'
import { type DriveOptions, drive } from 'tacit-gateway/testing'
import t from 'tap'
import opentelemetry from '../../plugins/opentelemetry/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`

/** A span, as a collector is told. */
interface Told {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: Record<string, unknown>
}

function spansIn(body: string): readonly Told[] {
  const { resourceSpans } = JSON.parse(body)
  return resourceSpans[0].scopeSpans[0].spans.map((span: { attributes: { key: string; value: object }[] }) => ({
    ...span,
    attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
  }))
}

/** Drives the plugin against a collector that answers 200, or as it is told. */
async function driven(
  config: Record<string, unknown> = {},
  answer?: () => Promise<{ status: number; body: Uint8Array }>
) {
  const sent: { readonly url: string; readonly headers: unknown; readonly spans: readonly Told[] }[] = []
  const fetch: NonNullable<DriveOptions['parts']>['fetch'] = async (url, options) => {
    sent.push({ url, headers: options.headers, spans: spansIn(String(options.body)) })
    return answer === undefined ? { status: 200, body: new Uint8Array() } : await answer()
  }
  const plugin = await drive(
    opentelemetry,
    { endpoint: 'http://collector.test:4318/', ...config },
    { parts: { fetch } }
  )
  return { plugin, sent }
}

/** Lets an interval pass, and what it began come to its end. */
async function interval(plugin: Awaited<ReturnType<typeof driven>>['plugin']): Promise<void> {
  plugin.clock.advance(5_000)
  await new Promise(resolve => setImmediate(resolve))
}

t.test('continues the trace of a client, and gives each try a span of its own', async t => {
  const { plugin, sent } = await driven()
  const exchange = plugin.exchange({ headers: { traceparent: PARENT, tracestate: 'vendor=1' } })
  await exchange.requestFilter()
  const first = await exchange.upstreamRequestFilter()
  exchange.upstreamResult({ outcome: 'reset', status: undefined })
  const second = await exchange.upstreamRequestFilter()
  exchange.upstreamResult()
  exchange.finish()
  exchange.logging()
  t.match(first.headers, { traceparent: new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`), tracestate: 'vendor=1' })
  t.not(first.headers.traceparent, second.headers.traceparent)
  await interval(plugin)
  const [server, ...tries] = sent[0]?.spans ?? []
  t.match(server, { traceId: TRACE, parentSpanId: 'b7ad6b7169203331', kind: 2 })
  t.strictSame(
    tries.map(({ spanId, parentSpanId }) => [`00-${TRACE}-${spanId}-01`, parentSpanId]),
    [first, second].map(({ headers }) => [headers.traceparent, server?.spanId])
  )
  t.equal(sent[0]?.url, 'http://collector.test:4318/v1/traces')
  t.strictSame(plugin.measured, [{ metric: 'opentelemetry_spans', value: 3, labels: { outcome: 'sent' } }])
  t.strictSame(plugin.waited, [])
})

t.test('begins a trace where there is none, or where clients are not trusted with it', async t => {
  for (const config of [{}, { continueClients: false }]) {
    const { plugin } = await driven(config)
    const headers =
      'continueClients' in config ? { traceparent: PARENT, tracestate: 'vendor=1' } : { tracestate: 'vendor=1' }
    const { request } = await plugin.exchange({ headers }).run()
    t.match(request?.headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    t.notMatch(request?.headers.traceparent, TRACE)
    t.equal(request?.headers.tracestate, undefined)
  }
})

t.test('tells of a share of traces, carries all of them on, and keeps the word of a client', async t => {
  const { plugin, sent } = await driven({ sample: '25%', maxQueue: 10_000, maxBatch: 10_000 })
  let carried = 0
  for (let count = 0; count < 400; count++) {
    const { request } = await plugin.exchange().run()
    if (request?.headers.traceparent !== undefined) carried++
  }
  await interval(plugin)
  t.equal(carried, 400)
  const told = (sent[0]?.spans.length ?? 0) / 2
  t.ok(told > 60 && told < 140, `${told} of 400`)
  const none = await driven({ sample: '0%' })
  await none.plugin.exchange({ headers: { traceparent: PARENT } }).run()
  await none.plugin.exchange({ headers: { traceparent: PARENT.replace(/1$/, '0') } }).run()
  await none.plugin.exchange().run()
  await interval(none.plugin)
  t.equal(none.sent[0]?.spans.length, 2, 'of one exchange, and its try')
})

t.test('a refusal and what never got to an upstream are told, too', async t => {
  const { plugin, sent } = await driven()
  const exchange = plugin.exchange()
  await exchange.requestFilter()
  exchange.finish({ reason: 'refused', status: 403 })
  exchange.logging({ end: { reason: 'refused', status: 403, durationMs: 1 }, source: 'gateway', reason: 'not_allowed' })
  await interval(plugin)
  t.match(sent[0]?.spans, [{ attributes: { 'error.type': 'not_allowed', 'http.response.status_code': '403' } }])
})

t.test('tells nothing that a client said', async t => {
  const { plugin, sent } = await driven({ secret: 'Bearer sk-collector' })
  const exchange = plugin.exchange({
    target: '/v1/chat/completions?key=CANARY',
    headers: { authorization: 'Bearer CANARY', 'user-agent': 'CANARY', baggage: 'a=CANARY' },
    body: '{"model":"CANARY","messages":"CANARY"}',
    clientIp: '203.0.113.99'
  })
  exchange.exchange.set(MODEL, 'CANARY')
  await exchange.run({ body: 'CANARY', headers: { 'x-request-id': 'CANARY' } })
  await interval(plugin)
  const [told] = sent
  t.notMatch(JSON.stringify(told), /CANARY|203\.0\.113/)
  t.match(told?.spans[0]?.attributes, { 'gen_ai.request.model': '_OTHER' })
  t.match(told?.headers, { authorization: 'Bearer sk-collector', 'content-type': 'application/json' })
})

t.test('a collector that fails is seen in health and counted, and nothing is thrown', async t => {
  let isAway = true
  const { plugin, sent } = await driven({ maxQueue: 4 }, async () => {
    if (isAway) throw new Error('refused')
    return { status: 200, body: new Uint8Array() }
  })
  t.strictSame(await plugin.health(), { status: 'ok' })
  for (let count = 0; count < 3; count++) await plugin.exchange().run()
  await interval(plugin)
  t.match(await plugin.health(), { status: 'degraded' })
  t.strictSame(plugin.measured, [{ metric: 'opentelemetry_spans', value: 2, labels: { outcome: 'dropped' } }])
  isAway = false
  await interval(plugin)
  t.strictSame(await plugin.health(), { status: 'ok' })
  t.equal(sent.length, 2)
})

t.test('refuses settings that cannot be', async t => {
  for (const config of [
    { sample: '200%' },
    { interval: '0s' },
    { timeout: '6s' },
    { endpoint: 'collector:4318' },
    { endpoint: 'http://a:b@c' }
  ]) {
    await t.rejects(driven(config), JSON.stringify(config))
  }
})

/** A collector of its own, on the loopback. */
async function startCollector(t: { teardown(work: () => unknown): void }, answer: () => number) {
  const told = Promise.withResolvers<readonly Told[]>()
  const server: Server = createServer(async (request, response) => {
    const body = (await Array.fromAsync(request)).join('')
    response.writeHead(answer(), { 'content-type': 'application/json' }).end('{}')
    told.resolve(spansIn(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${address.port}`, told: told.promise }
}

t.test('a gateway tells a collector that the operator allows it to reach', async t => {
  const collector = await startCollector(t, () => 200)
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const gateway = await startTestGateway(t, {
    egress: { allow: ['127.0.0.1'] },
    plugins: [{ use: 'opentelemetry', config: { endpoint: collector.url, interval: '10ms' } }],
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf()]
  })
  await send({ url: `${gateway.url}/x`, headers: { traceparent: PARENT } })
  const [server, attempt] = await collector.told
  t.match(server, { traceId: TRACE, name: 'GET route', attributes: { 'http.response.status_code': '200' } })
  t.match(attempt, { parentSpanId: server?.spanId, attributes: { 'tacit.peer': 'peer-1' } })
  t.equal(upstream.requests[0]?.headers.traceparent, `00-${TRACE}-${attempt?.spanId}-01`)
})

t.test('an address that nobody allowed is not reached, and no request notices', async t => {
  const collector = await startCollector(t, () => 200)
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const gateway = await startTestGateway(t, {
    shutdownGrace: '10ms',
    plugins: [{ use: 'opentelemetry', config: { endpoint: collector.url, interval: '1h' } }],
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf()]
  })
  t.equal((await send({ url: `${gateway.url}/x` })).status, 200)
  await gateway.close()
  const isTold = await Promise.race([collector.told.then(() => true), Promise.resolve(false)])
  t.notOk(isTold)
})
