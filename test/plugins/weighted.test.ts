import type { Peer } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import weighted from '../../plugins/weighted/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const peer = (id: string, weight: number): Peer => ({
  id,
  weight,
  origin: new URL(`http://${id}.test`),
  priority: 0,
  labels: {},
  inFlight: 0
})
const PEERS = [peer('a', 5), peer('b', 1), peer('c', 1), peer('spare', 0)]

t.test('gives each peer its share, heavy ones spread out, and nothing to weight 0', async t => {
  const balancer = await drive(weighted, {}, { place: 'balancer' })
  const picked = Array.from({ length: 14 }, () => balancer.exchange().upstreamPeer(PEERS)?.id)
  t.equal(picked.join(' '), 'a a b a c a a a a b a c a a')
})

t.test('takes the turns of all exchanges together', async t => {
  const balancer = await drive(weighted, {}, { place: 'balancer' })
  const one = balancer.exchange()
  const two = balancer.exchange()
  const pair = [peer('a', 1), peer('b', 1)]
  t.strictSame(
    [one, two, one, two].map(exchange => exchange.upstreamPeer(pair)?.id),
    ['a', 'b', 'a', 'b']
  )
})

t.test('goes on to another peer when the first was tried, and to weight 0 when there is no other', async t => {
  const balancer = await drive(weighted, {}, { place: 'balancer' })
  const exchange = balancer.exchange()
  t.equal(exchange.upstreamPeer(PEERS)?.id, 'a')
  t.equal(exchange.upstreamPeer(PEERS.slice(1))?.id, 'b')
  t.equal(exchange.upstreamPeer(PEERS.slice(3))?.id, 'spare')
})

t.test('says whose turn it is, and why it is not that of the others', async t => {
  const balancer = await drive(weighted, {}, { place: 'balancer' })
  const exchange = balancer.exchange()
  exchange.upstreamPeer(PEERS)
  const later = 'its turn comes later'
  t.strictSame(
    exchange.decisions.map(({ by: _, ...decision }) => decision),
    [
      { name: 'peer', facts: { peer: 'a', weight: 5 } },
      { name: 'not_chosen', facts: { peer: 'b', why: later, weight: 1, standing: 1 } },
      { name: 'not_chosen', facts: { peer: 'c', why: later, weight: 1, standing: 1 } },
      {
        name: 'not_chosen',
        facts: { peer: 'spare', why: 'its weight is 0, and another peer is there', weight: 0, standing: 0 }
      }
    ]
  )
})

t.test('each upstream has turns of its own', async t => {
  const one = await drive(weighted, {}, { place: 'balancer' })
  const two = await drive(weighted, {}, { place: 'balancer' })
  const pair = [peer('a', 1), peer('b', 1)]
  one.exchange().upstreamPeer(pair)
  t.equal(two.exchange().upstreamPeer(pair)?.id, 'a')
})

t.test('stands only as a balancer, and has no settings', async t => {
  await t.rejects(drive(weighted), { code: 'TACIT_PLUGIN_PHASES' })
  await t.rejects(drive(weighted, { weights: [1] }, { place: 'balancer' }), { code: 'TACIT_CONFIG_INVALID' })
})

t.test('shares the requests of a gateway by weight', async t => {
  const counts = { heavy: 0, light: 0 }
  const heavy = await startUpstream(t, exchange => {
    counts.heavy++
    exchange.answer(204, {})
  })
  const light = await startUpstream(t, exchange => {
    counts.light++
    exchange.answer(204, {})
  })
  const { url } = await startTestGateway(t, {
    upstreams: [
      {
        id: 'upstream',
        balancer: { use: 'weighted' },
        peers: [
          { id: 'heavy', url: heavy.url, weight: 3 },
          { id: 'light', url: light.url }
        ]
      }
    ],
    routes: [routeOf()]
  })
  for (let count = 0; count < 12; count++) await send({ url })
  t.strictSame(counts, { heavy: 9, light: 3 })
})
