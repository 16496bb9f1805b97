/** What upstreams and networks do when they fail, row by row of the table of faults, against a whole gateway. */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { collect, openResponse, send } from '../support/client.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { isFull } from '../support/full.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { freePort } from '../support/redis.ts'
import { type Handler, startUpstream, type Teardown } from '../support/upstream.ts'

const OK: Handler = exchange => exchange.answer(200, {}, 'ok')
const SSE = { 'content-type': 'text/event-stream' }
const CALLERS = 16

/** Asks so many times, a few at once over kept connections. @returns how many answers there were of each kind, and how long each took in ms. */
async function askTimes(url: string, times: number, method: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS })
  const answers: Record<string, number> = {}
  const tookMs: number[] = []
  let left = times
  const one = (id: number) =>
    new Promise<string>(resolve => {
      const outgoing = request(url, { agent, method, headers: { 'x-id': String(id) } }, response => {
        response.resume().on('close', () => resolve(response.complete ? String(response.statusCode) : 'cut'))
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name))
      outgoing.end(method === 'POST' ? '{"charge":"me"}' : undefined)
    })
  const caller = async () => {
    while (left > 0) {
      const startedMs = performance.now()
      const answer = await one(--left)
      tookMs.push(performance.now() - startedMs)
      answers[answer] = (answers[answer] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  agent.destroy()
  tookMs.sort((a, b) => a - b)
  return { answers, p50: tookMs[Math.floor(times * 0.5)] ?? 0, p99: tookMs[Math.floor(times * 0.99)] ?? 0 }
}

/** A server that reads each request to its end and resets the connection then. Counts the copies of each. */
async function startResetting(t: Teardown) {
  const copies = new Map<string, number>()
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    let text = ''
    socket.on('data', piece => {
      text += piece.toString('latin1')
      const [, id] = /\r\nx-id: (\d+)\r\n/.exec(text) ?? []
      if (id === undefined || !text.endsWith('{"charge":"me"}')) return
      copies.set(id, (copies.get(id) ?? 0) + 1)
      socket.resetAndDestroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return { url: `http://127.0.0.1:${address.port}`, copies }
}

const DEAD = isFull ? 10_000 : 600
t.test(`1 of 3 peers is dead: none of ${DEAD} requests fails`, async t => {
  const one = await startUpstream(t, OK)
  const two = await startUpstream(t, OK)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([`http://127.0.0.1:${await freePort()}`, one.url, two.url])],
    routes: [routeOf()]
  })
  const { answers, p50, p99 } = await askTimes(gateway.url, DEAD, 'POST')
  t.strictSame(answers, { 200: DEAD })
  t.equal(one.requests.length + two.requests.length, DEAD, 'one copy of each')
  t.comment(`p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms with ${CALLERS} callers`)
})

t.test('1 of 3 peers resets what it accepts: no request that may be repeated fails', async t => {
  const one = await startUpstream(t, OK)
  const two = await startUpstream(t, OK)
  const proxy = await startFaultProxy(t, one.port)
  proxy.set({ accept: 'reset' })
  const gateway = await startTestGateway(t, {
    upstreams: [
      upstreamOf([proxy.url, one.url, two.url], { retry: { on: ['connect_failed', 'reset'], budget: '100%' } })
    ],
    routes: [routeOf()]
  })
  t.strictSame((await askTimes(gateway.url, 200, 'GET')).answers, { 200: 200 })
  t.ok(proxy.accepted > 0)
})

const RESET = isFull ? 1_000 : 100
t.test(`a reset after the POST was sent: one copy upstream in ${RESET} of ${RESET}`, async t => {
  const servers = [await startResetting(t), await startResetting(t)]
  const gateway = await startTestGateway(t, {
    upstreams: [
      upstreamOf(
        servers.map(({ url }) => url),
        { retry: { attempts: 5, on: ['connect_failed', 'timed_out', 'reset', 'rejected', 502, 503], budget: '100%' } }
      )
    ],
    routes: [routeOf()]
  })
  const { answers, p99 } = await askTimes(gateway.url, RESET, 'POST')
  t.strictSame(answers, { 502: RESET })
  const copies = servers.flatMap(server => [...server.copies])
  t.strictSame([copies.length, copies.filter(([, count]) => count !== 1)], [RESET, []])
  t.equal(new Set(copies.map(([id]) => id)).size, RESET, 'and none at the other peer')
  t.comment(`p99 until the 502 was there: ${p99.toFixed(1)} ms with ${CALLERS} callers`)
})

t.test('everybody answers 503: attempts are at most 1.2 for each request, and the minimum', async t => {
  const unavailable: Handler = exchange => exchange.answer(503, {})
  const servers = [await startUpstream(t, unavailable), await startUpstream(t, unavailable)]
  const requests = isFull ? 5_000 : 500
  for (const minPerSecond of [0, 5]) {
    const before = servers.reduce((sum, server) => sum + server.requests.length, 0)
    const gateway = await startTestGateway(t, {
      upstreams: [
        upstreamOf(
          servers.map(({ url }) => url),
          { retry: { attempts: 4, on: [503], minPerSecond, backoff: '1ms', maxBackoff: '1ms' } }
        )
      ],
      routes: [routeOf()]
    })
    const startedMs = performance.now()
    t.strictSame((await askTimes(gateway.url, requests, 'POST')).answers, { 503: requests })
    const windows = Math.ceil((performance.now() - startedMs) / 10_000) + 1
    const attempts = servers.reduce((sum, server) => sum + server.requests.length, 0) - before
    t.ok(attempts <= requests * 1.2 + minPerSecond * 10 * windows, `${attempts} attempts for ${requests} requests`)
    t.ok(attempts >= requests * 1.1, 'the budget is used')
  }
})

t.test('everybody is gone: the client is told without waiting, and the first good answer ends it', async t => {
  const ports = [await freePort(), await freePort()]
  const gateway = await startTestGateway(t, {
    upstreams: [
      upstreamOf(
        ports.map(port => `http://127.0.0.1:${port}`),
        { retry: { backoff: '1ms', maxBackoff: '1ms' } }
      )
    ],
    routes: [routeOf()]
  })
  const { answers, p99 } = await askTimes(gateway.url, 50, 'POST')
  t.strictSame(answers, { 502: 50 })
  t.comment(`p99 until the 502 was there: ${p99.toFixed(1)} ms`)
  await startUpstream(t, OK, ports[0])
  t.equal((await send({ url: gateway.url, method: 'POST', body: 'x' })).status, 200)
})

t.test('a first byte that does not come is waited for once for each try, and then somebody else is asked', async t => {
  const slow = await startUpstream(t)
  const good = await startUpstream(t, OK)
  for (const timeouts of [{ firstByte: '1s' }, { perTry: '1s' }]) {
    const gateway = await startTestGateway(t, {
      upstreams: [upstreamOf([slow.url, good.url], { timeouts, retry: { on: ['timed_out'] } })],
      routes: [routeOf()]
    })
    const answers = [await send({ url: gateway.url }), await send({ url: gateway.url })]
    t.strictSame(
      answers.map(({ status }) => status),
      [200, 200]
    )
    t.ok(
      answers.some(({ headers }) => headers['x-tacit-attempts'] === '2'),
      'one of them met the slow one first'
    )
  }
  t.equal(slow.requests.length, 2)
})

t.test('a stream that goes silent behind a dead network ends with an error, and nobody else notices', async t => {
  const upstream = await startUpstream(t, async exchange => {
    if (exchange.target === '/other') {
      exchange.answer(200, {}, 'ok')
      return
    }
    exchange.head(200, SSE)
    await exchange.write('data: {"choices":[{"delta":{"content":"half"}}]}\n\n')
  })
  const proxy = await startFaultProxy(t, upstream.port)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([proxy.url], { timeouts: { idle: '2s', firstByte: '2s' }, retry: { attempts: 1 } })],
    routes: [routeOf({ dialect: 'openai-chat' })]
  })
  const stream = await openResponse({ url: gateway.url, method: 'POST', body: '{}' })
  const whole = collect(stream)
  await once(stream, 'data')
  t.equal((await send({ url: `${gateway.url}/other` })).status, 200, 'a connection that is kept')
  proxy.breakAll('halfOpen')
  const first = await send({ url: `${gateway.url}/other` })
  t.equal(first.status, 504, 'the kept connection is dead, and is found out by its time')
  t.equal((await send({ url: `${gateway.url}/other` })).status, 200, 'it is not used again')
  const { body, complete } = await whole
  t.equal(complete, false)
  t.match(body.toString(), /half.*upstream_cut/s)
  t.notMatch(body.toString(), /\[DONE\]/)
})

t.test('a network that is slow, uneven and narrow changes no byte', async t => {
  const events = Array.from({ length: 40 }, (_, index) => `data: {"choices":[{"delta":{"content":"${index}"}}]}\n\n`)
  const upstream = await startUpstream(t, async exchange => {
    exchange.head(200, SSE)
    for (const event of events) await exchange.write(event)
    exchange.end()
  })
  const proxy = await startFaultProxy(t, upstream.port)
  proxy.set({
    toServer: { latencyMs: 5, jitterMs: 5 },
    toClient: { latencyMs: 5, jitterMs: 10, bytesPerSecond: 40_000 },
    closeDelayMs: 50
  })
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([proxy.url])],
    routes: [routeOf({ dialect: 'openai-chat' })]
  })
  const { body, complete } = await send({ url: gateway.url, method: 'POST', body: '{}' })
  t.strictSame([complete, body.toString()], [true, events.join('')])
})

t.test('an answer that is cut at any byte is never taken for a whole one', async t => {
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"object":"a list"} '
  const upstream = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write(answer))
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close())
  const address = upstream.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  const proxy = await startFaultProxy(t, address.port)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([proxy.url], { retry: { attempts: 1 } })],
    routes: [routeOf()]
  })
  const wrong: string[] = []
  for (const how of ['end', 'reset'] as const) {
    for (let afterBytes = 1; afterBytes < answer.length; afterBytes += isFull ? 1 : 3) {
      proxy.set({ toClient: { cut: { afterBytes, how } } })
      const { status, complete } = await send({ url: gateway.url, method: 'POST', body: 'x' })
      if (status !== 502 || !complete) wrong.push(`${how} after ${afterBytes}: ${status}`)
    }
  }
  t.strictSame(wrong, [])
  proxy.set({})
  t.equal((await send({ url: gateway.url, method: 'POST', body: 'x' })).status, 200)
  proxy.breakAll('reset')
})
