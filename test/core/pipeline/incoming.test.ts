import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { isCollected, isSmall } from '../../../core/pipeline/incoming.ts'
import type { Step } from '../../../core/pipeline/plan.ts'
import { collect, send } from '../../support/client.ts'
import { exchangeOf, startServer } from '../../support/exchanges.ts'
import { planOf, type RouteGiven, stepOf, upstreamAt } from '../../support/plans.ts'
import { startUpstream, type Teardown, turns } from '../../support/upstream.ts'
import { Wire } from '../../support/wire.ts'

/** A server in front of an upstream that answers once it has the whole request. */
async function start(t: Teardown, given: RouteGiven = {}) {
  const upstream = await startUpstream(t, exchange => {
    exchange.body.then(
      () => exchange.answer(200, {}, 'ok'),
      () => {}
    )
  })
  const server = await startServer(t, clock => planOf([{ upstream: upstreamAt(clock, [upstream.url]) }], given))
  return { upstream, server }
}

/** A plugin that reads the body on the way in. */
function reader(seen: string[]): Step {
  const phases = {
    requestFilter: (_exchange: unknown, { body }: { body: { bytes(): Uint8Array } }) => {
      seen.push(Buffer.from(body.bytes()).toString())
    }
  }
  return stepOf('reader', phases, { readsRequestBody: true })
}

/** Starts an upload whose body is written by hand. */
function upload(url: string, headers: Readonly<Record<string, string | number>> = {}) {
  const outgoing = request(url, { agent: false, method: 'POST', headers })
  outgoing.on('error', () => {})
  return { outgoing, answered: once(outgoing, 'response').then(([response]) => collect(response)) }
}

t.test('a body is small when there is none, or when it is known to be', async t => {
  const small = (hasBody: boolean, contentLength?: number) =>
    isSmall(exchangeOf(planOf([]), { hasBody, contentLength }))
  t.strictSame(
    [small(false), small(true), small(true, 65_536), small(true, 65_537), small(false, 0)],
    [true, false, true, false, true]
  )
})

t.test('is collected once it is there', async t => {
  const exchange = exchangeOf(planOf([]))
  t.equal(isCollected(exchange), false)
  exchange.downstream.body.fill(Buffer.alloc(0))
  t.equal(isCollected(exchange), true)
})

t.test('a body is collected just before the first plugin that reads it, and not before', async t => {
  const seen: string[] = []
  const gate = Promise.withResolvers<void>()
  const before = stepOf('before', {
    requestFilter: async exchange => {
      seen.push(`before ${'downstream' in exchange}`)
      await gate.promise
    }
  })
  const { server, upstream } = await start(t, { steps: [before, reader(seen), stepOf('after')] })
  const beginning = server.begin()
  const { outgoing, answered } = upload(server.url, { 'content-length': 6 })
  outgoing.write('abc')
  const exchange = await beginning
  t.equal(isCollected(exchange), false)
  gate.resolve()
  await turns(2)
  outgoing.end('def')
  t.equal((await answered).status, 200)
  t.strictSame(seen, ['before true', 'abcdef'])
  t.strictSame(upstream.requests[0]?.body.toString(), 'abcdef')
  t.equal((await server.end()).requestBytes, 6)
})

t.test('a request without a body has an empty one for those who read it', async t => {
  const seen: string[] = []
  const { server, upstream } = await start(t, { steps: [reader(seen)] })
  await send({ url: server.url })
  await send({ url: server.url, body: '' })
  t.strictSame(seen, ['', ''])
  t.strictSame(
    upstream.requests.map(({ headers }) => headers['transfer-encoding']),
    [undefined, undefined]
  )
})

t.test('a body that is larger than allowed is refused, announced or not, read or not', async t => {
  for (const steps of [[reader([])], []]) {
    const { server, upstream } = await start(t, { steps, limits: { maxBody: 10 } })
    t.equal((await send({ url: server.url, body: 'x'.repeat(10) })).status, 200)
    t.equal((await send({ url: server.url, body: 'x'.repeat(11) })).status, 413)
    const { outgoing, answered } = upload(server.url)
    for (let count = 0; count < 5; count++) outgoing.write('xxxxx')
    const { status, headers } = await answered
    outgoing.destroy()
    t.strictSame([status, headers.connection], [413, 'close'])
    t.equal(upstream.requests.length, 1)
    const ends = [await server.end(), await server.end(), await server.end()].map(({ end, reason }) => [
      end.reason,
      reason
    ])
    t.strictSame(ends, [['complete', undefined], ...Array(2).fill(['refused', 'body_too_large'])])
  }
})

t.test('a long body that nobody reads flows, no faster than the upstream takes it', async t => {
  const upstream = await startUpstream(t)
  const server = await startServer(t, clock =>
    planOf([{ upstream: upstreamAt(clock, [upstream.url]) }], { limits: { maxBody: 1e9 } })
  )
  const length = 64 * 1024 * 1024
  const { outgoing, answered } = upload(server.url, { 'content-length': length })
  const piece = Buffer.alloc(64 * 1024, 'x')
  outgoing.write(piece)
  const exchange = await upstream.next()
  t.equal(exchange.headers['content-length'], String(length))
  exchange.request.pause()
  let written = piece.length
  for (let blocked = 0; blocked < 20 && written < length; written += piece.length) {
    outgoing.write(piece)
    await turns(2)
    blocked = outgoing.writableLength > 0 ? blocked + 1 : 0
  }
  t.ok(written < length / 2, `${written} bytes were taken`)
  exchange.request.resume()
  for (; written < length; written += piece.length) {
    if (!outgoing.write(piece)) await once(outgoing, 'drain')
  }
  outgoing.end()
  t.equal((await exchange.body).length, written)
  exchange.answer(200, {})
  t.equal((await answered).status, 200)
  t.equal((await server.end()).requestBytes, written)
})

t.test('the client is asked for its body when it is wanted, and only once', async t => {
  for (const steps of [[], [reader([])]]) {
    for (const length of [3, 100_000]) {
      const { server } = await start(t, { steps })
      const wire = await Wire.open(server.port)
      const beginning = server.begin()
      wire.write(`POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`)
      await beginning
      while (wire.interim.length === 0) await turns(1)
      wire.write('x'.repeat(length))
      await wire.untilAnswers(1)
      t.strictSame([wire.interim, wire.answers[0]?.status, wire.faults], [[100], 200, []])
      wire.leave()
    }
  }
})

t.test('a chunked body that is hardly any content is refused', async t => {
  for (const steps of [[reader([])], []]) {
    const { server } = await start(t, { steps })
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n')
    const answered = once(socket, 'data')
    const chunk = `1;${'a'.repeat(4_000)}\r\nx\r\n`
    let isAnswered = false
    answered.then(() => {
      isAnswered = true
    })
    for (let count = 0; count < 200 && !isAnswered; count++) {
      socket.write(chunk)
      await turns(1)
    }
    t.match(String((await answered)[0]), /^HTTP\/1\.1 413 /)
    socket.destroy()
  }
})

t.test('a client that leaves in the middle of its body ends the exchange', async t => {
  for (const steps of [[reader([])], []]) {
    for (const length of [1_000, 100_000]) {
      const { server, upstream } = await start(t, { steps })
      const beginning = server.begin()
      const { outgoing, answered } = upload(server.url, { 'content-length': length })
      answered.catch(() => {})
      outgoing.write('half')
      await beginning
      await turns(4)
      outgoing.destroy()
      t.match(await server.end(), { end: { reason: 'client_gone', status: 0 }, error: { origin: 'client' } })
      t.strictSame(upstream.requests, [], 'no half a request arrived as a whole one')
      t.equal(server.services.live.size, 0)
    }
  }
})

t.test('a body that never comes ends with the deadline', async t => {
  for (const steps of [[reader([])], []]) {
    const { server } = await start(t, { steps, limits: { deadline: 1_000 } })
    const beginning = server.begin()
    const { outgoing, answered } = upload(server.url, { 'content-length': 100_000 })
    outgoing.write('half')
    await beginning
    await turns(4)
    server.clock.advance(1_050)
    t.equal((await answered).status, 504)
    t.equal((await server.end()).end.reason, 'deadline')
    outgoing.destroy()
  }
})

t.test('a body that comes to its end after it was refused changes nothing', async t => {
  const seen: string[] = []
  const gate = Promise.withResolvers<void>()
  const slow = stepOf('slow', { responseFilter: () => gate.promise })
  const { server, upstream } = await start(t, { steps: [slow, reader(seen)], limits: { deadline: 1_000 } })
  const beginning = server.begin()
  const { outgoing, answered } = upload(server.url, { 'content-length': 6 })
  outgoing.write('abc')
  const exchange = await beginning
  // The refusal waits for its filter, and the rest of the body arrives meanwhile.
  server.clock.advance(1_000)
  outgoing.end('def')
  await once(exchange.accepted.request, 'end')
  gate.resolve()
  t.equal((await answered).status, 504)
  t.match(await server.end(), { end: { reason: 'deadline' } })
  t.strictSame([seen, upstream.requests], [[], []])
})
