import t from 'tap'
import type { Attempt } from '../../../core/plugin.ts'
import { send } from '../../support/client.ts'
import { startServer } from '../../support/exchanges.ts'
import { planOf, stepOf, type UpstreamGiven, upstreamAt } from '../../support/plans.ts'
import { type Handler, startUpstream, type Teardown } from '../../support/upstream.ts'

/** A server before one peer, and what `upstreamResult` is told. */
async function start(t: Teardown, handler?: Handler, given: UpstreamGiven = {}) {
  const upstream = await startUpstream(t, handler)
  const told: Attempt[] = []
  const noting = stepOf('noting', { upstreamResult: (_exchange, attempt) => void told.push({ ...attempt }) })
  const server = await startServer(t, clock =>
    planOf([{ upstream: upstreamAt(clock, [upstream.url], given) }], { steps: [noting], dialect: 'openai-chat' })
  )
  return { upstream, server, told }
}

t.test('tells how a try went, with its times, once', async t => {
  const { server, upstream, told } = await start(t)
  const answer = send({ url: server.url })
  const exchange = await upstream.next()
  server.clock.advance(250)
  exchange.answer(429, { 'retry-after': '3' }, '{}')
  t.equal((await answer).status, 429)
  await server.end()
  t.match(told, [{ number: 1, outcome: 'committed', status: 429, headersMs: 250, retryAfterMs: 3_000 }])
  t.equal(told.length, 1)
  t.equal(told[0]?.firstEventMs, undefined)
})

t.test('a stream is decided by its first event with content', async t => {
  const { server, upstream, told } = await start(t)
  const answer = send({ url: server.url })
  const exchange = await upstream.next()
  exchange.head(200, { 'content-type': 'text/event-stream' })
  await exchange.write('data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n')
  t.equal(told.length, 0, 'an opening decides nothing')
  server.clock.advance(400)
  await exchange.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
  t.match(told, [{ outcome: 'committed', firstEventMs: 400 }])
  exchange.end()
  await answer
  t.equal(told.length, 1)
})

t.test('a peer that does not answer in time is given up', async t => {
  const { server, upstream, told } = await start(t, undefined, { timeouts: { firstByte: 2_000 } })
  const answer = send({ url: server.url })
  const exchange = await upstream.next()
  server.clock.advance(2_100, 50)
  t.equal((await answer).status, 504)
  t.match(told, [{ outcome: 'timed_out', status: undefined }])
  t.equal((await exchange.closed).clean, false)
})

t.test('a peer that falls silent in the middle is given up, one that goes on slowly is not', async t => {
  const { server, upstream } = await start(t, undefined, { timeouts: { idle: 2_000 } })
  const answer = send({ url: server.url })
  const exchange = await upstream.next()
  exchange.head(200, { 'content-type': 'text/event-stream' })
  for (let event = 0; event < 5; event++) {
    await exchange.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
    server.clock.advance(1_900, 50)
  }
  server.clock.advance(200, 50)
  const { complete, body } = await answer
  t.equal(complete, false)
  t.equal(body.toString().split('"content":"a"').length - 1, 5)
  t.equal((await server.end()).end.reason, 'upstream_cut')
})

t.test('an error event at the end of a stream is how the exchange ended', async t => {
  const { server, upstream } = await start(t)
  const answer = send({ url: server.url })
  const exchange = await upstream.next()
  exchange.head(200, { 'content-type': 'text/event-stream' })
  await exchange.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
  await exchange.write('data: {"error":{"message":"overloaded","type":"server_error"}}\n\n')
  exchange.end()
  t.equal((await answer).complete, true, 'it is passed on as it is')
  t.equal((await server.end()).end.reason, 'error_in_stream')
})

t.test('an answer that is framed twice is none', async t => {
  const { server, told } = await start(
    t,
    exchange => void exchange.raw('HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n')
  )
  t.equal((await send({ url: server.url })).status, 502)
  t.match(told, [{ outcome: 'reset' }])
})

t.test('what is under way at a peer is counted, and no more when it is over', async t => {
  const upstream = await startUpstream(t)
  let peer: { readonly inFlight: number } | undefined
  const server = await startServer(t, clock => {
    const one = upstreamAt(clock, [upstream.url])
    ;[peer] = one.peers
    return planOf([{ upstream: one }])
  })
  const both = [send({ url: server.url }), send({ url: server.url })]
  const first = await upstream.next()
  const second = await upstream.next()
  t.equal(peer?.inFlight, 2)
  first.answer(200, {})
  second.reset()
  await Promise.all(both)
  t.equal(peer?.inFlight, 0)
})
