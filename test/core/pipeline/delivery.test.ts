import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { Step } from '../../../core/pipeline/plan.ts'
import type { Phases, ResponseBody } from '../../../core/plugin.ts'
import { collect, openResponse, type Received, send } from '../../support/client.ts'
import { startServer } from '../../support/exchanges.ts'
import { planOf, type RouteGiven, stepOf, upstreamAt } from '../../support/plans.ts'
import { type Handler, startUpstream, type Teardown, turns, type UpstreamExchange } from '../../support/upstream.ts'

const SSE = { 'content-type': 'text/event-stream' }

/** A server in front of an upstream whose exchanges the test answers, or the handler. */
async function start(t: Teardown, given: RouteGiven = {}, handler?: Handler) {
  const upstream = await startUpstream(t, handler)
  const server = await startServer(t, clock => planOf([{ upstream: upstreamAt(clock, [upstream.url]) }], given))
  return { upstream, server }
}

/** A plugin that attaches to every body of an upstream. */
function attaching(attach: (body: ResponseBody) => void): Step {
  const phases: Phases = {
    responseFilter: (_exchange, { source, body }) => {
      if (source === 'upstream') attach(body)
    }
  }
  return stepOf('attaches', phases, { readsResponseBody: true })
}

/** What an upstream that does this comes to. */
async function come(t: Teardown, given: RouteGiven, handler: Handler) {
  const { server } = await start(t, given, handler)
  const received = await send({ url: server.url })
  return { received, facts: await server.end(), server }
}

function text({ status, body, complete }: Received): readonly unknown[] {
  return [status, body.toString(), complete]
}

/** Sends all of it, then breaks the connection when it has been read. */
async function breakAfter(exchange: UpstreamExchange, headers: Record<string, string>, ...pieces: readonly string[]) {
  exchange.head(200, headers)
  for (const piece of pieces) await exchange.write(piece)
  exchange.cut()
}

t.test('a short answer is held until it is whole, and nothing of a broken one is shown', async t => {
  const whole = await come(t, {}, async exchange => {
    exchange.head(200, { 'content-length': '6', 'x-a': '1' })
    await exchange.write('abc')
    await exchange.write('def')
  })
  t.strictSame([text(whole.received), whole.received.headers['content-length']], [[200, 'abcdef', true], '6'])
  const broken = await come(t, {}, exchange => breakAfter(exchange, { 'content-length': '6' }, 'abc'))
  t.strictSame([broken.received.status, broken.received.complete], [502, true])
  t.match(broken.facts, { end: { reason: 'upstream_cut', status: 502 }, reason: 'upstream_cut', source: 'gateway' })
  t.match(broken.facts.error, { origin: 'upstream' })
})

t.test('any other answer leaves as it comes, and a break is a break', async t => {
  const { upstream, server } = await start(t)
  const opening = openResponse({ url: server.url })
  const exchange = await upstream.next()
  exchange.head(200, {})
  const response = await opening
  await exchange.write('abc')
  const [first] = await once(response, 'data')
  t.equal(String(first), 'abc')
  exchange.cut()
  t.equal((await collect(response)).complete, false)
  t.match(await server.end(), { end: { reason: 'upstream_cut', status: 200 }, responseBytes: 3, source: 'upstream' })
})

t.test('a long answer that was announced breaks short of its length', async t => {
  const { received } = await come(t, {}, exchange => breakAfter(exchange, { 'content-length': '1000000' }, 'abc'))
  t.strictSame(text(received), [200, 'abc', false])
})

t.test('the client only ever sees whole events, at whatever byte the stream is cut', async t => {
  const stream = 'data: 1\n\ndata: 2\r\n\r\n: hm\n\ndata: 3\n\n'
  const ends = [0, 9, 20, 26, 35]
  let cutAt = 0
  const { server } = await start(t, {}, async exchange => {
    exchange.head(200, SSE)
    if (cutAt > 0) await exchange.write(stream.slice(0, cutAt))
    exchange.cut()
  })
  for (cutAt = 0; cutAt <= stream.length; cutAt++) {
    const { status, body, complete } = await send({ url: server.url })
    if (status === 502) continue
    const [shown = '', error = ''] = body.toString().split('event: error\n')
    t.equal(
      shown,
      stream.slice(
        0,
        ends.findLast(end => end <= cutAt)
      ),
      `cut at ${cutAt}`
    )
    t.match(error, /^data: \{.*"reason":"upstream_cut".*\}\n\n$/)
    t.equal(complete, false)
  }
})

t.test('events leave as soon as they are whole', async t => {
  const { upstream, server } = await start(t)
  const opening = openResponse({ url: server.url })
  const exchange = await upstream.next()
  exchange.head(200, { ...SSE, 'content-length': '1000' })
  const response = await opening
  t.strictSame([response.headers['content-length'], response.headers['x-accel-buffering']], [undefined, 'no'])
  for (const [piece, shown] of [
    ['data: 1\n\nda', 'data: 1\n\n'],
    ['ta: 2\n\n', 'data: 2\n\n'],
    ['data: 3\r\n\r\n', 'data: 3\r\n\r\n']
  ] as const) {
    exchange.response.write(piece)
    t.equal(String((await once(response, 'data'))[0]), shown)
  }
  response.destroy()
})

t.test('a stream that ends without its last empty line ends with what there was', async t => {
  const { received } = await come(t, {}, exchange => exchange.answer(200, SSE, 'data: 1\n\ndata: 2'))
  t.strictSame(text(received), [200, 'data: 1\n\ndata: 2', true])
})

t.test('an event too long to be kept back is passed on in pieces, and broken without a word', async t => {
  const long = `data: ${'x'.repeat(300_000)}`
  const whole = await come(t, {}, async exchange => {
    exchange.head(200, SSE)
    await exchange.write(long)
    await exchange.write('\n')
    await exchange.write('\ndata: 2\n\n')
    exchange.end()
  })
  t.strictSame(text(whole.received), [200, `${long}\n\ndata: 2\n\n`, true])
  const { upstream, server } = await start(t)
  const opening = openResponse({ url: server.url })
  const exchange = await upstream.next()
  exchange.head(200, SSE)
  exchange.response.write(long)
  const response = await opening
  let read = 0
  for await (const piece of response) {
    read += piece.length
    if (read === long.length) break
  }
  t.equal(read, long.length, 'before its end had come')
  const after = await come(t, {}, exchange => breakAfter(exchange, SSE, long, '\n\n', 'data: 2'))
  t.match(after.received.body.toString().slice(long.length), /^\n\nevent: error\n/, 'a later break is told')
  const broken = await come(t, {}, exchange => breakAfter(exchange, SSE, long))
  t.notMatch(broken.received.body.toString().slice(-1000), /error/)
  t.equal(broken.received.complete, false)
})

t.test('a stream that is compressed flows as it is, and breaks without an event', async t => {
  const headers = { ...SSE, 'content-encoding': 'gzip' }
  const { upstream, server } = await start(t)
  const opening = openResponse({ url: server.url, headers: { 'accept-encoding': 'gzip' } })
  const exchange = await upstream.next()
  exchange.head(200, headers)
  const response = await opening
  exchange.response.write('no line ends in here')
  t.equal(String((await once(response, 'data'))[0]), 'no line ends in here')
  exchange.cut()
  const { body, complete } = await collect(response)
  t.strictSame([body.length, complete], [0, false])
})

t.test('a body that nobody can read is refused where somebody wants to', async t => {
  for (const headers of [{ 'content-encoding': 'gzip' }, { ...SSE, 'content-encoding': 'br' }]) {
    const looks = attaching(body => body.observe({ end: () => {} }, 'client'))
    const { received, facts } = await come(t, { steps: [looks] }, exchange =>
      exchange.answer(200, headers, 'data: 1\n\n')
    )
    t.strictSame([received.status, facts.reason], [502, 'encoded_response'])
  }
})

t.test('the error event is of the dialect', async t => {
  const breaks: Handler = exchange => breakAfter(exchange, SSE, 'data: {}\n\n')
  const openai = await come(t, { dialect: 'openai-chat' }, breaks)
  t.match(openai.received.body.toString(), /^data: \{\}\n\ndata: \{"error":\{.*"code":"upstream_cut".*\}\}\n\n$/)
  const anthropic = await come(t, { dialect: 'anthropic-messages' }, breaks)
  t.match(anthropic.received.body.toString(), /^data: \{\}\n\nevent: error\ndata: \{"type":"error".*\}\n\n$/)
})

t.test('a body is rewritten on its way, with a length of its own or none', async t => {
  const upper = attaching(body =>
    body.transformBytes({
      chunk: (bytes, out) => out(Buffer.from(Buffer.from(bytes).toString().toUpperCase())),
      end: () => {}
    })
  )
  const chunks = await come(t, { steps: [upper] }, exchange => exchange.answer(200, {}, 'abc'))
  t.strictSame([text(chunks.received), chunks.received.headers['content-length']], [[200, 'ABC', true], undefined])
  const twice = attaching(body => body.transformWhole(async bytes => Buffer.concat([bytes, bytes])))
  const whole = await come(t, { steps: [twice] }, exchange => exchange.answer(200, {}, 'abc'))
  t.strictSame([text(whole.received), whole.received.headers['content-length']], [[200, 'abcabc', true], '6'])
  t.equal(whole.facts.responseBytes, 6)
})

t.test('observers see what the upstream sent and what the client got, whole or cut', async t => {
  const seen: string[] = []
  const looks = attaching(body => {
    body.observe(
      { event: ({ data }) => void seen.push(`u ${data}`), end: clean => void seen.push(`u ${clean}`) },
      'upstream'
    )
    body.observe(
      { event: ({ data }) => void seen.push(`c ${data}`), end: clean => void seen.push(`c ${clean}`) },
      'client'
    )
    body.transformEvents({ event: (event, out) => out(event.with(`${event.data}!`)), end: () => {} })
  })
  const whole = await come(t, { steps: [looks] }, exchange => exchange.answer(200, SSE, 'data: 1\n\ndata: 2\n\n'))
  t.equal(whole.received.body.toString(), 'data: 1!\n\ndata: 2!\n\n')
  t.strictSame(seen.splice(0), ['u 1', 'c 1!', 'u 2', 'c 2!', 'u true', 'c true'])
  await come(t, { steps: [looks] }, exchange => breakAfter(exchange, SSE, 'data: 1\n\n', 'data: 2'))
  t.strictSame(seen.splice(0), ['u 1', 'c 1!', 'u false', 'c false'])
})

t.test('nothing of a transform is left out when it waits', async t => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let index = 0
  const waits = attaching(body =>
    body.transformEvents({
      event: async (event, out) => {
        await gates[index++]?.promise
        out(event)
      },
      end: () => {}
    })
  )
  const { upstream, server } = await start(t, { steps: [waits] })
  const receiving = send({ url: server.url })
  const exchange = await upstream.next()
  exchange.answer(200, SSE, 'data: 1\n\ndata: 2\n\n')
  await turns(4)
  gates[1]?.resolve()
  gates[0]?.resolve()
  t.strictSame(text(await receiving), [200, 'data: 1\n\ndata: 2\n\n', true])
  t.equal((await server.end()).end.reason, 'complete')
})

t.test('a transform or an observer that throws ends the stream with an error, never well', async t => {
  const fail = (): never => {
    throw new RangeError('secret')
  }
  const late = () => Promise.reject(new RangeError('secret'))
  const attachments: readonly ((body: ResponseBody) => void)[] = [
    body => body.transformEvents({ event: fail, end: () => {} }),
    body => body.transformEvents({ event: late, end: () => {} }),
    body => body.transformEvents({ event: (event, out) => out(event), end: fail }),
    body => body.transformEvents({ event: (event, out) => out(event), end: late }),
    body => body.transformBytes({ chunk: fail, end: () => {} }),
    body => body.observe({ event: fail, end: () => {} }, 'upstream'),
    body => body.observe({ event: fail, end: () => {} }, 'client')
  ]
  for (const attach of attachments) {
    const gate = Promise.withResolvers<void>()
    const first = attaching(body => body.observe({ event: () => gate.resolve(), end: () => {} }, 'upstream'))
    const { received, facts, server } = await come(t, { steps: [attaching(attach), first] }, async exchange => {
      exchange.head(200, SSE)
      await turns(4)
      exchange.response.end('data: 1\n\n')
    })
    t.strictSame([received.status, received.complete], [200, false])
    t.match(received.body.toString(), /event: error\ndata: \{.*"reason":"plugin_failed".*\}\n\n$/)
    t.notMatch(received.body.toString(), /secret/)
    t.match(facts, { end: { reason: 'plugin_failed' }, error: { code: 'RangeError', origin: 'plugin' } })
    t.strictSame(server.services.failed, [['attaches', 'body', 'RangeError']])
  }
})

t.test('a transform of the whole that throws is a 500: nothing had left', async t => {
  for (const work of [
    () => {
      throw new RangeError('secret')
    },
    () => Promise.reject(new RangeError('secret'))
  ]) {
    const { received, facts } = await come(t, { steps: [attaching(body => body.transformWhole(work))] }, exchange =>
      exchange.answer(200, {}, 'abc')
    )
    t.strictSame([received.status, received.complete], [500, true])
    t.match(facts, { end: { reason: 'plugin_failed', status: 500 }, error: { origin: 'plugin' } })
  }
})

t.test('a slow reader slows the upstream, and what waits for it is bounded', async t => {
  for (const steps of [
    [],
    [attaching(body => body.transformBytes({ chunk: (bytes, out) => out(bytes), end: () => {} }))]
  ]) {
    const { upstream, server } = await start(t, { steps, limits: { maxResponse: 1e9 } })
    const beginning = server.begin()
    const opening = openResponse({ url: server.url })
    const exchange = await upstream.next()
    exchange.head(200, {})
    const response = await opening
    const { accepted } = await beginning
    response.pause()
    const piece = Buffer.alloc(64 * 1024)
    let written = 0
    let mostHeld = 0
    for (let blocked = 0; blocked < 20 && written < 128 * 1024 * 1024; written += piece.length) {
      exchange.response.write(piece)
      await turns(2)
      blocked = exchange.response.writableLength > 0 ? blocked + 1 : 0
      mostHeld = Math.max(mostHeld, accepted.response.writableLength)
    }
    t.ok(written < 128 * 1024 * 1024, `the upstream was stopped after ${written} bytes`)
    t.ok(mostHeld <= 512 * 1024, `${mostHeld} bytes were held`)
    exchange.end()
    response.resume()
    t.equal((await collect(response)).body.length, written)
    t.equal((await server.end()).end.reason, 'complete')
  }
})

t.test('a reader that takes nothing for too long is gone', async t => {
  const { upstream, server } = await start(t, { limits: { maxResponse: 1e9 } })
  const beginning = server.begin()
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const exchange = await upstream.next()
  exchange.head(200, {})
  socket.pause()
  const { accepted } = await beginning
  for (let blocked = 0; blocked < 20; ) {
    exchange.response.write(Buffer.alloc(64 * 1024))
    await turns(2)
    blocked = accepted.response.writableNeedDrain ? blocked + 1 : 0
  }
  server.clock.advance(61_000, 1_000)
  t.match(await server.end(), { end: { reason: 'client_gone' } })
  t.equal((await exchange.closed).clean, false)
})

t.test('an upstream that says nothing for too long is cut', async t => {
  const { upstream, server } = await start(t)
  const opening = openResponse({ url: server.url })
  const exchange = await upstream.next()
  exchange.head(200, SSE)
  const response = await opening
  exchange.response.write('data: 1\n\n')
  await once(response, 'data')
  server.clock.advance(59_000, 1_000)
  exchange.response.write('data: 2\n\n')
  await once(response, 'data')
  server.clock.advance(59_000, 1_000)
  t.equal(server.services.live.size, 1, 'each piece begins the time anew')
  server.clock.advance(1_100)
  const { body, complete } = await collect(response)
  t.match(body.toString(), /event: error/)
  t.equal(complete, false)
  t.match(await server.end(), { end: { reason: 'upstream_cut' }, error: { code: 'IDLE_TIMEOUT', origin: 'upstream' } })
})

t.test('a plugin that is slow to rewrite is no silence of the upstream’s', async t => {
  const gate = Promise.withResolvers<void>()
  const slow = attaching(body =>
    body.transformEvents({ event: async (event, out) => gate.promise.then(() => out(event)), end: () => {} })
  )
  const { upstream, server } = await start(t, { steps: [slow] })
  const receiving = send({ url: server.url })
  const exchange = await upstream.next()
  exchange.head(200, SSE)
  await exchange.write('data: 1\n\n')
  await turns(4)
  server.clock.advance(120_000, 1_000)
  gate.resolve()
  exchange.end()
  t.strictSame(text(await receiving), [200, 'data: 1\n\n', true])
})

t.test('who broke an answer that was held is told as it was', async t => {
  const { upstream, server } = await start(t, { limits: { deadline: 1_000 } })
  const receiving = send({ url: server.url })
  const exchange = await upstream.next()
  exchange.head(200, { 'content-length': '6' })
  await exchange.write('abc')
  await turns(4)
  server.clock.advance(1_050)
  t.equal((await receiving).status, 504)
  t.match(await server.end(), { end: { reason: 'deadline' }, error: { code: 'DEADLINE', origin: 'gateway' } })
})
