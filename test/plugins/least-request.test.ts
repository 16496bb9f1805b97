import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import leastRequest from '../../plugins/least-request/index.ts'
import { peer } from '../support/balancing.ts'
import { openResponse, send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

t.test('goes where less is under way, and says why', async t => {
  const balancer = await drive(leastRequest, {}, { place: 'balancer' })
  const exchange = balancer.exchange()
  const peers = [peer('busy', { inFlight: 3 }), peer('idle'), peer('spare', { weight: 0 })]
  t.equal(exchange.upstreamPeer(peers)?.id, 'idle')
  t.strictSame(
    exchange.decisions.map(({ name, facts }) => [name, facts.peer, facts.why]),
    [
      ['peer', 'idle', 'the least loaded of up to 2 drawn'],
      ['not_chosen', 'busy', 'not drawn, or no less loaded'],
      ['not_chosen', 'spare', 'its weight is 0, and another peer is there']
    ]
  )
  t.strictSame(balancer.waited, [])
})

t.test('chooses nobody where there is nobody', async t => {
  const balancer = await drive(leastRequest, {}, { place: 'balancer' })
  t.equal(balancer.exchange().upstreamPeer([]), undefined)
})

t.test('refuses fewer than two choices', async t => {
  await t.rejects(drive(leastRequest, { choices: 1 }, { place: 'balancer' }))
})

t.test('sends what comes while one peer is busy to the other', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<number>()
  const served = [0, 0]
  const servers = await Promise.all(
    served.map((_, index) =>
      startUpstream(t, async exchange => {
        served[index] = (served[index] ?? 0) + 1
        if (exchange.target === '/long') {
          asked.resolve(index)
          await promise
        }
        exchange.answer(200, {}, 'ok')
      })
    )
  )
  const balancer = { use: 'least-request' }
  const gateway = await startTestGateway(t, {
    upstreams: [
      upstreamOf(
        servers.map(({ url }) => url),
        { balancer }
      )
    ],
    routes: [routeOf()]
  })
  const long = openResponse({ url: `${gateway.url}/long` })
  const busy = await asked.promise
  for (let count = 0; count < 10; count++) t.equal((await send({ url: `${gateway.url}/short` })).status, 200)
  t.equal(served[busy], 1)
  resolve()
  t.equal((await long).statusCode, 200)
})
