import t from 'tap'
import { Measures } from '../../core/measures.ts'
import type { AccessFacts, EndReason, Outcome, Peer } from '../../core/plugin.ts'
import { send } from '../support/client.ts'
import { exchangeOf } from '../support/exchanges.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { planOf } from '../support/plans.ts'
import { startUpstream } from '../support/upstream.ts'

/** A sample of the page: its value, by the text of its name and labels. */
async function samples(adminUrl: string): Promise<ReadonlyMap<string, number>> {
  const { status, headers, body } = await send({ url: `${adminUrl}/metrics` })
  t.equal(status, 200)
  t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  const found = new Map<string, number>()
  for (const line of body.toString().split('\n')) {
    const [, name, value] = /^([^#].*) (\S+)$/.exec(line) ?? []
    if (name !== undefined) found.set(name, Number(value))
  }
  return found
}

t.test('counts exchanges, tries, refusals and bytes by words of the configuration', async t => {
  const upstream = await startUpstream(t, async exchange => {
    await exchange.body
    exchange.answer(exchange.target === '/bad' ? 500 : 200, {}, 'four')
  })
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf({ limits: { maxBody: '10B' } })]
  })
  await send({
    url: `${gateway.url}/canary-path?canary=query`,
    method: 'POST',
    body: 'hello',
    headers: { 'x-canary': 'header' }
  })
  await send({ url: `${gateway.url}/bad` })
  await send({ url: `${gateway.url}/big`, method: 'POST', body: 'more than ten bytes' })
  await send({ url: `${gateway.url}/x//y` })
  const page = await samples(gateway.adminUrl)
  const route = 'http_route="route"'
  t.equal(page.get(`tacit_exchanges_total{${route},end="complete",source="upstream"}`), 2)
  t.equal(page.get(`tacit_exchanges_total{${route},end="refused",source="gateway"}`), 1)
  t.equal(page.get(`tacit_refusals_total{${route},reason="body_too_large"}`), 1)
  t.equal(page.get('tacit_unrouted_requests_total{reason="ambiguous_path"}'), 1)
  t.equal(page.get(`tacit_request_body_bytes_total{${route}}`), 5)
  t.ok(Number(page.get(`tacit_response_body_bytes_total{${route}}`)) > 8)
  t.equal(page.get('tacit_attempts_total{upstream="upstream",peer="peer-1",outcome="committed"}'), 2)
  t.equal(page.get('tacit_attempt_headers_seconds_count{upstream="upstream",peer="peer-1"}'), 2)
  const count = (method: string, status: number) =>
    page.get(
      `http_server_request_duration_seconds_count{${route},http_request_method="${method}",http_response_status_code="${status}"}`
    )
  t.strictSame([count('POST', 200), count('GET', 500), count('POST', 413)], [1, 1, 1])
  t.equal(page.get('http_server_active_requests'), 0)
  t.equal(page.get('tacit_peer_in_flight{upstream="upstream",peer="peer-1"}'), 0)
  t.equal(page.get('tacit_log_lines_dropped'), 0)
  t.notMatch([...page.keys()].join(), /canary/)
})

t.test('shows what is under way', async t => {
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(t, { upstreams: [upstreamOf([upstream.url])], routes: [routeOf()] })
  const answer = send({ url: gateway.url })
  const exchange = await upstream.next()
  const page = await samples(gateway.adminUrl)
  t.equal(page.get('http_server_active_requests'), 1)
  t.equal(page.get('tacit_peer_in_flight{upstream="upstream",peer="peer-1"}'), 1)
  t.equal(page.get('tacit_peer_connections{upstream="upstream",peer="peer-1"}'), 1)
  exchange.answer(200, {})
  await answer
})

t.test('counts plugins that fail, and what plugins count', async t => {
  const plugin = `
    import { definePlugin, Type } from 'tacit-gateway/plugin'
    export default definePlugin({
      contract: 1, name: 'failing', summary: 'Counts, then fails.', data: { reads: [] }, config: Type.Object({}),
      setup (_config, host) {
        const seen = host.metrics.counter('seen', 'Requests seen.')
        return { requestFilter () { seen.add(2); throw new Error('canary') } }
      }
    })`
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(
    t,
    { plugins: [{ use: './failing.ts' }], upstreams: [upstreamOf([upstream.url])], routes: [routeOf()] },
    { files: { 'failing.ts': plugin } }
  )
  t.equal((await send({ url: gateway.url })).status, 500)
  const page = await samples(gateway.adminUrl)
  t.equal(page.get('tacit_plugin_failures_total{plugin="failing"}'), 1)
  t.equal(page.get('tacit_exchanges_total{http_route="route",end="plugin_failed",source="gateway"}'), 1)
  const counted = [...page].filter(([name]) => name.includes('seen_total'))
  t.strictSame(
    counted.map(([, value]) => value),
    [2]
  )
})

t.test('tells the figures of routes and peers to whoever looks', async t => {
  const measures = new Measures({ droppedLines: 0 })
  t.teardown(() => measures.close())
  const end = (reason: EndReason, status: number, source: AccessFacts['source'], refusal?: string) => {
    const exchange = exchangeOf(planOf([]))
    measures.exchange(exchange, {
      end: { reason, status, durationMs: 20 },
      method: 'POST',
      source,
      reason: refusal,
      firstByteMs: 1,
      overheadMs: 1,
      requestBytes: 0,
      responseBytes: 0,
      attempts: [],
      error: undefined
    })
  }
  end('complete', 200, 'upstream')
  end('complete', 500, 'upstream')
  end('upstream_cut', 200, 'upstream')
  end('no_upstream', 502, 'gateway', 'upstream_failed')
  end('refused', 401, 'gateway', 'unknown_api_key')
  end('client_gone', 0, 'none')
  const [figures] = [...measures.routeFigures()]
  t.match(figures, { requests: 6, errors: 3, refusals: 2 })
  t.equal(figures?.durations[2], 6, 'between 10 and 25 ms')
  const origin = new URL('http://eu.example')
  const peer: Peer = { id: 'eu', origin, weight: 1, priority: 0, labels: {}, inFlight: 0 }
  const attempted = (outcome: Outcome, headersMs?: number) =>
    measures.attempt({
      upstream: 'chat',
      peer,
      number: 1,
      outcome,
      status: undefined,
      headersMs,
      firstEventMs: undefined,
      endedMs: undefined,
      retryAfterMs: undefined
    })
  attempted('committed', 30)
  attempted('rejected', 30)
  attempted('connect_failed')
  attempted('cancelled')
  const [tries] = [...measures.peerFigures()]
  t.match(tries, { upstream: 'chat', peer: 'eu', tries: 4, failures: 2 })
  t.equal(tries?.waits[3], 2, 'between 25 and 50 ms')
})
