import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import type { Dialect } from '../../../core/dialects/index.ts'
import { Refused } from '../../../core/errors.ts'
import { opaqueRefusal } from '../../../core/opaque.ts'
import type { Step } from '../../../core/pipeline/plan.ts'
import { answerReply, finishHeaders, refusalReply } from '../../../core/pipeline/respond.ts'
import type { Answer, ResponseBody } from '../../../core/plugin.ts'
import { collect, openResponse, send } from '../../support/client.ts'
import { exchangeOf, servicesOf, startServer } from '../../support/exchanges.ts'
import { planOf, type RouteGiven, stepOf } from '../../support/plans.ts'
import { type Teardown, turns } from '../../support/upstream.ts'

const plan = planOf([])

/** A server whose route answers with this. */
function startAnswering(t: Teardown, answer: Answer, given: RouteGiven = {}, more: readonly Step[] = []) {
  const steps = [...more, stepOf('answers', { requestFilter: () => answer })]
  return startServer(t, () => planOf([], { ...given, steps }))
}

/** A plugin that attaches to every body. */
function attaching(attach: (body: ResponseBody) => void): Step {
  return stepOf('attaches', { responseFilter: (_exchange, { body }) => attach(body) }, { readsResponseBody: true })
}

function answerOf(body: Answer['body'], headers: Answer['headers'] = {}): Answer {
  return body === undefined ? { status: 200, headers } : { status: 200, headers, body }
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    await turns(1)
    yield Buffer.from(text)
  }
}

t.test('a refusal is written as the dialect writes errors', async t => {
  const refused = new Refused('not_today', { status: 403, message: 'Not today.', retryable: false })
  const written = (dialect: Dialect) => {
    const { reply, body } = refusalReply(exchangeOf(plan, { dialect, id: 'id-1' }), refused)
    return [reply.status, reply.headers.get('content-type'), JSON.parse(body)]
  }
  t.match(written('openai-chat'), [403, 'application/json', { error: { message: 'Not today.', code: 'not_today' } }])
  t.match(written('anthropic-messages'), [403, 'application/json', { type: 'error', request_id: 'id-1' }])
  t.match(written('http'), [403, 'application/problem+json', { reason: 'not_today', request_id: 'id-1' }])
})

t.test('a refusal says when to come back, and whether to', async t => {
  const headersOf = (status: number, retryable: boolean, retryAfterMs?: number) => {
    const refused = new Refused('why', { status, message: 'Why.', retryable }, retryAfterMs, { 'x-why': 'so' })
    const { headers } = refusalReply(exchangeOf(plan), refused).reply
    return ['retry-after', 'retry-after-ms', 'x-should-retry', 'cache-control', 'x-why'].map(name => headers.get(name))
  }
  t.strictSame(headersOf(429, true, 1_200.4), ['2', '1201', 'true', 'no-store', 'so'])
  t.strictSame(headersOf(429, false), [undefined, undefined, 'false', 'no-store', 'so'])
  t.strictSame(headersOf(503, true, 0), ['0', '0', 'true', 'no-store', 'so'])
  t.strictSame(headersOf(400, false), [undefined, undefined, undefined, 'no-store', 'so'])
})

t.test('an answer keeps its headers, and is a stream of events where it says so', async t => {
  const reply = (headers: Answer['headers']) => answerReply(exchangeOf(plan), { status: 201, headers })
  const made = reply({ 'X-One': '1', 'Content-Type': 'text/plain' })
  t.strictSame(
    [made.source, made.status, made.headers.flat],
    [...['gateway', 201, ['x-one', '1', 'content-type', 'text/plain']]]
  )
  t.equal(made.body.isEventStream, false)
  t.equal(reply({ 'content-type': 'text/event-stream; charset=utf-8' }).body.isEventStream, true)
  t.throws(() => reply({ 'x-a': 'b\r\nc: d' }), { code: 'TACIT_HEADER_INVALID' })
})

t.test('the gateway’s own headers come once, whoever wrote them before', async t => {
  const services = servicesOf()
  const shows = { overhead: true, upstream: true, attempts: true }
  const exchange = exchangeOf(plan, { services: { ...services, shows }, id: 'id-1' })
  const reply = answerReply(exchange, { status: 200, headers: { 'x-tacit-request-id': 'theirs', via: '1.1 other' } })
  finishHeaders(exchange, reply)
  t.strictSame(reply.headers.flat, ['x-tacit-request-id', 'id-1', 'via', '1.1 other', 'x-tacit-overhead-ms', '0.00'])
})

t.test('a gateway that stops says that the connection closes', async t => {
  const services = servicesOf()
  services.stopping = true
  const exchange = exchangeOf(plan, { services })
  const reply = answerReply(exchange, { status: 200, headers: {} })
  finishHeaders(exchange, reply)
  t.equal(reply.headers.get('connection'), 'close')
})

t.test('an answer is sent whole, with its length', async t => {
  for (const body of ['héllo', Buffer.from('héllo'), '', undefined]) {
    const server = await startAnswering(t, answerOf(body, { 'x-one': '1' }))
    const { status, headers, body: sent, complete } = await send({ url: server.url })
    t.strictSame([status, headers['x-one'], sent.toString(), complete], [200, '1', String(body ?? ''), true])
    t.equal(headers['content-length'], String(Buffer.byteLength(body ?? '')))
    const { responseBytes, end, firstByteMs, source } = await server.end()
    t.strictSame([responseBytes, end.status, firstByteMs, source], [Buffer.byteLength(body ?? ''), 200, 0, 'gateway'])
  }
})

t.test('a HEAD gets the head, and a 204 no length', async t => {
  const server = await startAnswering(t, answerOf('hello'))
  const head = await send({ url: server.url, method: 'HEAD' })
  t.strictSame([head.headers['content-length'], head.body.length, head.complete], ['5', 0, true])
  const empty = await startAnswering(t, { status: 204, headers: {} })
  const { status, headers } = await send({ url: empty.url })
  t.strictSame([status, headers['content-length'], headers['transfer-encoding']], [204, undefined, undefined])
})

t.test('an answer that comes in pieces leaves in pieces', async t => {
  const gate = Promise.withResolvers<void>()
  async function* two(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one')
    await gate.promise
    yield Buffer.from('two')
  }
  const server = await startAnswering(t, answerOf(two()))
  const response = await openResponse({ url: server.url })
  const [first] = await once(response, 'data')
  t.equal(String(first), 'one')
  gate.resolve()
  const { body, complete } = await collect(response)
  t.strictSame([body.toString(), complete], ['two', true])
  t.match(await server.end(), { end: { reason: 'complete' }, responseBytes: 6 })
})

t.test('what plugins attached sees and rewrites answers, too', async t => {
  const shown: string[] = []
  const looks = attaching(body => {
    body.transformBytes({
      chunk: (bytes, out) => out(Buffer.from(Buffer.from(bytes).toString().toUpperCase())),
      end: out => out(Buffer.from('!'))
    })
    body.observe(
      { chunk: bytes => void shown.push(`u ${Buffer.from(bytes)}`), end: clean => void shown.push(`u ${clean}`) },
      'upstream'
    )
    body.observe(
      { chunk: bytes => void shown.push(`c ${Buffer.from(bytes)}`), end: clean => void shown.push(`c ${clean}`) },
      'client'
    )
  })
  const whole = await startAnswering(t, answerOf('hello'), {}, [looks])
  const { body, headers } = await send({ url: whole.url })
  t.strictSame([body.toString(), headers['content-length']], ['HELLO!', '6'])
  t.strictSame(shown.splice(0), ['u hello', 'c HELLO', 'c !', 'u true', 'c true'])
  const streamed = await startAnswering(t, answerOf(pieces('he', 'llo')), {}, [looks])
  t.equal((await send({ url: streamed.url })).body.toString(), 'HELLO!')
  t.strictSame(shown.splice(0), ['u he', 'c HE', 'u llo', 'c LLO', 'c !', 'u true', 'c true'])
})

t.test('events of an answer are events', async t => {
  const seen: string[] = []
  const looks = attaching(body => {
    body.observe({ event: ({ data }) => void seen.push(data), end: () => {} }, 'upstream')
    body.transformEvents({ event: (event, out) => out(event.with(`${event.data}!`)), end: () => {} })
  })
  const headers = { 'content-type': 'text/event-stream' }
  const server = await startAnswering(t, answerOf(pieces('data: 1\n', '\ndata: 2\n\n'), headers), {}, [looks])
  t.equal((await send({ url: server.url })).body.toString(), 'data: 1!\n\ndata: 2!\n\n')
  t.strictSame(seen, ['1', '2'])
})

t.test('an answer in pieces that somebody wants whole is collected first, within the limit', async t => {
  const whole = attaching(body => body.transformWhole(async bytes => Buffer.from(`<${Buffer.from(bytes)}>`)))
  const server = await startAnswering(t, answerOf(pieces('he', 'llo')), {}, [whole])
  const { body, headers } = await send({ url: server.url })
  t.strictSame([body.toString(), headers['content-length']], ['<hello>', '7'])
  const limits = { maxResponse: 4 }
  const limited = await startAnswering(t, answerOf(pieces('he', 'llo')), { limits }, [whole])
  t.equal((await send({ url: limited.url })).status, 502)
  t.equal((await limited.end()).reason, 'response_too_large')
})

t.test('an answer whose transform fails is a 500, or breaks off when its head has left', async t => {
  const fails = attaching(body =>
    body.transformBytes({
      chunk: (bytes, out) => {
        if (Buffer.from(bytes).toString() === 'bad') throw new RangeError('no')
        out(bytes)
      },
      end: () => {}
    })
  )
  const whole = await startAnswering(t, answerOf('bad'), {}, [fails])
  t.equal((await send({ url: whole.url })).status, 500)
  t.equal((await whole.end()).end.reason, 'plugin_failed')
  const streamed = await startAnswering(t, answerOf(pieces('good', 'bad', 'never')), {}, [fails])
  const { status, body, complete } = await send({ url: streamed.url })
  t.strictSame([status, body.toString(), complete], [200, 'good', false])
  t.match(await streamed.end(), { end: { reason: 'plugin_failed', status: 200 }, error: { origin: 'plugin' } })
  t.match(streamed.services.failed, [['attaches', 'body', 'RangeError']])
})

t.test('an answer that breaks by itself never ends well', async t => {
  async function* breaks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half')
    await turns(4)
    throw new RangeError('no')
  }
  const ends: boolean[] = []
  const looks = attaching(body => body.observe({ end: clean => void ends.push(clean) }, 'client'))
  const server = await startAnswering(t, answerOf(breaks()), {}, [looks])
  const { body, complete } = await send({ url: server.url })
  t.strictSame([body.toString(), complete], ['half', false])
  t.equal((await server.end()).end.reason, 'plugin_failed')
  t.strictSame(ends, [false])
})

t.test('an answer is made no faster than its client reads, and no more when it has gone', async t => {
  let made = 0
  const left = Promise.withResolvers<string>()
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        made++
        yield Buffer.alloc(64 * 1024)
      }
    } finally {
      left.resolve('left')
    }
  }
  const server = await startAnswering(t, answerOf(endless()))
  const response = await openResponse({ url: server.url })
  response.pause()
  let before = -1
  while (before !== made) {
    before = made
    await turns(50)
  }
  t.ok(made < 500, `${made} pieces were made`)
  response.destroy()
  t.equal((await server.end()).end.reason, 'client_gone')
  t.equal(await left.promise, 'left')
})

t.test('an answer that goes on beyond the deadline is broken off', async t => {
  async function* hangs(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half')
    await new Promise(() => {})
  }
  const server = await startAnswering(t, answerOf(hangs()), { limits: { deadline: 1_000 } })
  const response = await openResponse({ url: server.url })
  await once(response, 'data')
  server.clock.advance(1_100, 50)
  t.equal((await collect(response)).complete, false)
  t.match(await server.end(), { end: { reason: 'deadline', status: 200 }, reason: 'deadline_exceeded' })
})

const NO = opaqueRefusal(new Refused('not_today', { status: 403, message: 'Not today.', retryable: false }))

/** A server that refuses everything. */
function startRefusing(t: Teardown) {
  return startServer(t, () =>
    planOf([], { steps: [stepOf('no', { requestFilter: () => NO })], limits: { maxBody: 1e9 } })
  )
}

t.test('a refusal reaches a client that is still sending, and the connection closes', async t => {
  const server = await startRefusing(t)
  const upload = request(server.url, { method: 'POST', headers: { 'content-length': 3_000_000 } })
  upload.on('error', () => {})
  const answering = once(upload, 'response')
  upload.write(Buffer.alloc(1_000_000))
  const [response] = await answering
  t.strictSame([response.statusCode, response.headers.connection], [403, 'close'])
  upload.end(Buffer.alloc(2_000_000))
  t.equal((await collect(response)).complete, true)
})

t.test('a client that does not stop sending, or sends too slowly, is not read for ever', async t => {
  for (const isFast of [true, false]) {
    const server = await startRefusing(t)
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\nxxx')
    await server.end()
    if (isFast) for (let sent = 0; sent < 5_000_000; sent += 1_000_000) socket.write(Buffer.alloc(1_000_000))
    else server.clock.advance(2_100, 50)
    socket.resume()
    await once(socket, 'close')
    t.pass(isFast ? 'more than is bearable' : 'longer than is bearable')
  }
})

t.test('a body that nobody asked for is not waited for', async t => {
  const server = await startRefusing(t)
  const socket = connect(server.port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n')
  let text = ''
  for await (const piece of socket) text += piece
  t.match(text, /^HTTP\/1\.1 403 [\s\S]*connection: close/i)
})

t.test('a connection is used again when a short body has come to its end, and not when it has not', async t => {
  const server = await startRefusing(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const ports = new Set<number | undefined>()
  for (let count = 0; count < 3; count++) {
    const upload = request(server.url, { agent, method: 'POST', headers: { 'content-length': 4 } })
    upload.write('ab')
    await server.begin()
    upload.end('cd')
    const [response] = await once(upload, 'response')
    ports.add(response.socket.localPort)
    t.strictSame([response.statusCode, response.headers.connection], [403, 'keep-alive'])
    await collect(response)
  }
  t.equal(ports.size, 1)
  const socket = connect(server.port, '127.0.0.1')
  const beginning = server.begin()
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab')
  await beginning
  await once(socket, 'data')
  server.clock.advance(2_100, 50)
  await once(socket, 'end')
  t.pass('closed')
})
