/** Peers that do what nobody expects of them: what it costs the others, and what is left behind. */
import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { startServer } from '../support/exchanges.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { planOf, stepOf, upstreamAt } from '../support/plans.ts'
import { parsePrometheus, sampleOf } from '../support/prometheus.ts'
import { startUpstream, turns } from '../support/upstream.ts'
import { Wire } from '../support/wire.ts'

const GET = 'GET / HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const POST_IN_CHUNKS = 'POST / HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n'
const PIECE = '1\r\na\r\n'

async function start(t: Test, listen: Readonly<Record<string, unknown>> = {}) {
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(t, {
    listen: { port: 0, ...listen },
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf()]
  })
  const port = Number(new URL(gateway.url).port)
  return { upstream, gateway, port, open: () => wireTo(t, port) }
}

async function wireTo(t: Test, port: number): Promise<Wire> {
  const wire = await Wire.open(port)
  t.teardown(() => wire.leave())
  return wire
}

const hint = (link: string) => `HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\n\r\n`
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

t.test('leaves out early hints that Node would choke on, and passes on the answer', async t => {
  const { upstream, open } = await start(t)
  for (const link of ['nothing "', '</a>; rel', `<a>${';a=b=c=d'.repeat(60)}"`, `<a>${';a=b=c=d'.repeat(60)} "`]) {
    const wire = await open()
    wire.write(GET)
    await (await upstream.next()).raw(hint(link) + OK)
    await wire.untilAnswers(1)
    t.strictSame([wire.answers[0]?.status, wire.faults], [200, []], link.slice(0, 20))
  }
})

t.test('passes on a list of early hints, but no flood of them, and none to HTTP/1.0', async t => {
  const { upstream, open } = await start(t)
  const wire = await open()
  wire.write(GET)
  await (await upstream.next()).raw(hint('</a>; rel=preload, </b>; rel="x"').repeat(100) + OK)
  await wire.untilAnswers(1)
  t.strictSame(wire.interim, [103, 103, 103, 103])
  const old = await open()
  old.write(GET.replace('1.1', '1.0'))
  await (await upstream.next()).raw(hint('</a>') + OK)
  await old.untilAnswers(1)
  t.strictSame([old.interim, old.answers[0]?.status], [[], 200])
})

t.test('takes many fields of an answer that names many fields of its connection in a moment', async t => {
  const { upstream, open } = await start(t)
  const wire = await open()
  wire.write(GET)
  const fields = Array.from({ length: 4_000 }, (_, index) => `${index}:\r\n`).join('')
  const before = process.cpuUsage()
  await (await upstream.next()).raw(
    `HTTP/1.1 200 OK\r\nConnection: ${'a,'.repeat(16_000)}\r\n${fields}Content-Length: 2\r\n\r\nok`
  )
  await wire.untilAnswers(1)
  const usedMs = process.cpuUsage(before).user / 1000
  t.equal(wire.answers[0]?.status, 200)
  t.ok(usedMs < 1_000, `${Math.round(usedMs)} ms`)
})

t.test('writes nothing into an answer that is on its way when its client sends what is no HTTP', async t => {
  const { upstream, open } = await start(t)
  const wire = await open()
  wire.write(GET)
  const exchange = await upstream.next()
  exchange.head(200, { 'content-length': '70000' })
  await exchange.write('a'.repeat(69_990))
  await wire.untilBytes(69_990)
  wire.write('no HTTP\r\n\r\n')
  t.equal((await exchange.closed).clean, false)
  await wire.untilClosed()
  t.strictSame(wire.answers, [], 'the answer has no end')
  t.notMatch(wire.remainder.toString('latin1'), /400 Bad Request/)
})

t.test('writes nothing into an answer that is on its way when its request takes too long', async t => {
  const { upstream, open } = await start(t, { requestTimeout: '300ms', headersTimeout: '300ms' })
  const wire = await open()
  wire.write(POST_IN_CHUNKS + PIECE)
  const exchange = await upstream.next()
  exchange.head(200, { 'content-length': '70000' })
  await exchange.write('a'.repeat(69_990))
  await wire.untilClosed()
  t.strictSame(wire.answers, [], 'the answer has no end')
  t.notMatch(wire.remainder.toString('latin1'), /408 Request Timeout/)
})

t.test('carries out no request behind an answer that ends the connection', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const server = await startServer(t, clock => planOf([{ upstream: upstreamAt(clock, [upstream.url]) }]))
  const wire = await wireTo(t, server.port)
  const length = 2 * 1024 * 1024
  wire.write(`POST / HTTP/1.1\r\nHost: gw.test\r\nContent-Length: ${length}\r\n\r\n`)
  await server.end()
  wire.write('a'.repeat(length) + GET)
  await wire.untilClosed()
  t.strictSame(
    wire.answers.map(({ status }) => status),
    [413]
  )
  t.strictSame([upstream.requests.length, server.services.ended.length], [0, 1])
})

t.test('resets the connection where HTTP/1.0 would take a broken answer for a whole one', async t => {
  const { upstream, port } = await start(t)
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(GET.replace('1.1', '1.0'))
  const exchange = await upstream.next()
  exchange.head(200, { 'content-type': 'text/plain' })
  await exchange.write('half')
  await once(socket, 'data')
  exchange.reset()
  socket.resume()
  const [error] = await once(socket, 'error')
  t.match(error, { code: 'ECONNRESET' })
})

t.test('takes an event for content that is too long to be judged, and keeps no more of it', async t => {
  const { upstream, gateway, open } = await start(t)
  const wire = await open()
  wire.write(GET)
  const exchange = await upstream.next()
  exchange.head(200, { 'content-type': 'text/event-stream' })
  await exchange.write(`data: ${'a'.repeat(300 * 1024)}`)
  await wire.untilBytes(300 * 1024)
  const page = parsePrometheus(await (await fetch(`${gateway.adminUrl}/metrics`)).text())
  const series = 'tacit_attempts_total{upstream="upstream",peer="peer-1",outcome="committed"}'
  t.equal(sampleOf(page, 'tacit_attempts_total', series), 1)
})

t.test('hears what fails in a plugin that nobody waits for', async t => {
  const late = async () => {
    throw new Error('late')
  }
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const observe = { chunk: late, event: late, end: late }
  const steps = [
    stepOf('results', { upstreamResult: late }),
    stepOf('ends', { finish: late }),
    stepOf('logs', { logging: late }),
    stepOf(
      'looks',
      { responseFilter: (_exchange, { body }) => body.observe(observe, 'client') },
      { readsResponseBody: true }
    )
  ]
  const server = await startServer(t, clock => planOf([{ upstream: upstreamAt(clock, [upstream.url]) }], { steps }))
  const wire = await wireTo(t, server.port)
  wire.write(GET)
  await wire.untilAnswers(1)
  await server.end()
  await turns()
  t.equal(wire.answers[0]?.body.toString(), 'ok')
  t.strictSame(server.services.failed.toSorted(), [
    ['ends', 'finish', 'Error'],
    ['logs', 'logging', 'Error'],
    ['looks', 'body', 'Error'],
    ['looks', 'body', 'Error'],
    ['results', 'upstreamResult', 'Error']
  ])
})

t.test('gives up on a rejected answer whose rest does not come', async t => {
  const upstream = await startUpstream(t)
  const server = await startServer(t, clock =>
    planOf([{ upstream: upstreamAt(clock, [upstream.url], { attempts: 2, on: [503] }) }])
  )
  const wire = await wireTo(t, server.port)
  wire.write(GET)
  const rejected = await upstream.next()
  rejected.head(503, { 'content-length': '10' })
  await rejected.write('half')
  const taken = await upstream.next()
  taken.answer(200, {}, 'ok')
  await wire.untilAnswers(1)
  const { attempts } = await server.end()
  const [peer] = attempts.map(attempt => attempt.peer)
  t.equal(peer?.inFlight, 1)
  server.clock.advance(1_100)
  t.equal((await rejected.closed).clean, false)
  t.equal(peer?.inFlight, 0)
})

t.test('counts a try once that a plugin refuses as it ends', async t => {
  const upstream = await startUpstream(t, exchange =>
    exchange.answer(200, { 'content-type': 'text/event-stream' }, ':\n\n')
  )
  const spoil = stepOf('spoil', {
    responseFilter: (_exchange, response) => {
      if (response.source === 'upstream') response.status = 7
    }
  })
  const server = await startServer(t, clock =>
    planOf([{ upstream: upstreamAt(clock, [upstream.url], { attempts: 2, on: [503] }) }], { steps: [spoil] })
  )
  const wire = await wireTo(t, server.port)
  wire.write(GET)
  const { end, attempts } = await server.end()
  t.equal(end.reason, 'plugin_failed')
  t.strictSame(
    attempts.map(({ peer }) => peer.inFlight),
    [0]
  )
})

t.test('does not blame a peer for a client that is slow to send its body', async t => {
  const upstream = await startUpstream(t)
  const server = await startServer(t, clock =>
    planOf([{ upstream: upstreamAt(clock, [upstream.url], { timeouts: { firstByte: 1_000 } }) }])
  )
  const wire = await wireTo(t, server.port)
  wire.write(POST_IN_CHUNKS + PIECE)
  const exchange = await upstream.next()
  for (let piece = 0; piece < 5; piece++) {
    server.clock.advance(900)
    wire.write(PIECE)
    await once(exchange.request, 'data')
  }
  wire.write('0\r\n\r\n')
  await exchange.body
  server.clock.advance(900)
  exchange.answer(200, {}, 'ok')
  await wire.untilAnswers(1)
  t.equal(wire.answers[0]?.status, 200)
  t.strictSame(server.services.attempts, [['upstream', 'peer-1', 'committed']])
})

t.test('waits for a peer only as long as it may once the body is there', async t => {
  const upstream = await startUpstream(t)
  const server = await startServer(t, clock =>
    planOf([{ upstream: upstreamAt(clock, [upstream.url], { timeouts: { firstByte: 1_000 } }) }])
  )
  const wire = await wireTo(t, server.port)
  wire.write(`${POST_IN_CHUNKS}${PIECE}0\r\n\r\n`)
  await (await upstream.next()).body
  server.clock.advance(1_100)
  await wire.untilAnswers(1)
  t.equal(wire.answers[0]?.status, 504)
  t.strictSame(server.services.attempts, [['upstream', 'peer-1', 'timed_out']])
})

t.test('ends at its deadline an exchange that waits for its client, or for what a plugin makes', async t => {
  const upstream = await startUpstream(t)
  const endless = stepOf('endless', {
    requestFilter: () => ({ status: 200, headers: {}, body: onePieceAndNoEnd() })
  })
  const reader = stepOf('reader', { requestFilter: () => {} }, { readsRequestBody: true })
  const server = await startServer(t, clock => {
    const reachable = [{ upstream: upstreamAt(clock, [upstream.url]) }]
    const limits = { deadline: 5_000 }
    return [
      planOf(reachable, { id: 'made', limits, steps: [endless] }),
      planOf(reachable, { id: 'read', limits, steps: [reader] })
    ]
  })
  const made = await wireTo(t, server.port)
  made.write(GET.replace('/ ', '/made/x '))
  await made.untilBytes(1)
  const read = await wireTo(t, server.port)
  read.write(POST_IN_CHUNKS.replace('/ ', '/read/x ') + PIECE)
  await server.begin()
  server.clock.advance(5_100)
  await Promise.all([made.untilClosed(), read.untilAnswers(1)])
  t.strictSame(made.answers, [], 'the answer has no end')
  t.equal(read.answers[0]?.status, 504)
  t.strictSame(
    [await server.end(), await server.end()].map(({ end }) => end.reason),
    ['deadline', 'deadline']
  )
  t.strictSame([server.services.live.size, server.services.failed], [0, []])
})

async function* onePieceAndNoEnd(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a')
  await new Promise<never>(() => {})
}
