import t from 'tap'
import { openResponse, send } from '../../support/client.ts'
import { startServer, witness } from '../../support/exchanges.ts'
import { planOf, stepOf, upstreamAt } from '../../support/plans.ts'
import { type Handler, startUpstream } from '../../support/upstream.ts'

const OK: Handler = exchange => exchange.answer(200, {}, 'ok')

t.test('an exchange goes through its life once, whoever answers', async t => {
  const upstream = await startUpstream(t, OK)
  const seen: string[] = []
  const server = await startServer(t, clock =>
    planOf([{ upstream: upstreamAt(clock, [upstream.url]) }], { steps: [witness(seen)] })
  )
  t.equal((await send({ url: server.url })).status, 200)
  await server.end()
  t.strictSame(seen, [
    'requestFilter',
    'upstreamRequestFilter peer-1',
    'upstreamResult 1 committed',
    'responseFilter upstream 200',
    'finish complete 200',
    'logging complete'
  ])
  t.equal(server.services.live.size, 0)
})

t.test('a failed try goes back to the balancer, and the exchange still ends once', async t => {
  const upstream = await startUpstream(t, OK)
  const seen: string[] = []
  const server = await startServer(t, clock => {
    const tries = upstreamAt(clock, ['http://127.0.0.1:1', upstream.url], { attempts: 2 })
    return planOf([{ upstream: tries }], { steps: [witness(seen)] })
  })
  t.equal((await send({ url: server.url, method: 'POST', body: 'x' })).status, 200)
  await server.end()
  t.strictSame(seen, [
    'requestFilter',
    'upstreamRequestFilter peer-1',
    'upstreamResult 1 connect_failed',
    'upstreamRequestFilter peer-2',
    'upstreamResult 2 committed',
    'responseFilter upstream 200',
    'finish complete 200',
    'logging complete'
  ])
  t.equal(upstream.requests[0]?.body.toString(), 'x')
})

t.test('says 503 when the balancer chooses nobody, or somebody who was not on the list', async t => {
  const upstream = await startUpstream(t, OK)
  const stranger = { id: 'peer-1', origin: new URL(upstream.url), weight: 1, labels: {}, inFlight: 0 }
  for (const chosen of [undefined, stranger]) {
    const server = await startServer(t, clock => {
      const balancer = stepOf('picky', { upstreamPeer: () => chosen })
      return planOf([{ upstream: upstreamAt(clock, [upstream.url]), balancer }])
    })
    t.equal((await send({ url: server.url })).status, 503)
    const { reason, end, attempts } = await server.end()
    t.strictSame([reason, end.reason, attempts.length], ['no_peer_chosen', 'no_upstream', 0])
  }
  t.equal(upstream.requests.length, 0)
})

t.test('the deadline ends what waits for an upstream, and what streams', async t => {
  const upstream = await startUpstream(t)
  const seen: string[] = []
  const server = await startServer(t, clock => {
    const waits = upstreamAt(clock, [upstream.url], { timeouts: { firstByte: 100_000, idle: 100_000 } })
    const limits = { deadline: 10_000, maxStreamDuration: 20_000 }
    return planOf([{ upstream: waits }], { steps: [witness(seen)], limits })
  })
  const waiting = send({ url: server.url })
  const first = await upstream.next()
  server.clock.advance(10_050, 50)
  const refused = await waiting
  t.strictSame([refused.status, (await server.end()).end.reason], [504, 'deadline'])
  t.equal((await first.closed).clean, false)

  const streaming = openResponse({ url: server.url })
  const second = await upstream.next()
  second.head(200, { 'content-type': 'text/event-stream' })
  await second.write('data: 1\n\n')
  const response = await streaming
  response.on('error', () => {})
  response.resume()
  server.clock.advance(10_050, 50)
  await second.write('data: 2\n\n')
  server.clock.advance(10_050, 50)
  t.equal((await server.end()).end.reason, 'deadline')
  t.equal((await second.closed).clean, false)
})
