import { drive, seededRandom } from 'tacit-gateway/testing'
import t from 'tap'
import priority from '../../plugins/priority/index.ts'
import { peer } from '../support/balancing.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const ALL = [peer('a'), peer('b'), peer('c', { priority: 1 }), peer('d', { priority: 2 })]
const narrower = (config: Record<string, unknown> = {}) =>
  drive(priority, config, { place: 'upstream', random: seededRandom(4) })
const ids = (peers: readonly { readonly id: string }[]) => peers.map(({ id }) => id).join('')

t.test('the first tier has everything while it is whole', async t => {
  const driven = await narrower()
  for (let count = 0; count < 50; count++) t.equal(ids(driven.exchange().upstreamPeers(ALL)), 'ab')
  t.strictSame(driven.waited, [])
})

t.test('half a tier carries 70 %, and 30 % spill over to the next', async t => {
  const driven = await narrower()
  const left = ALL.slice(1)
  const chosen = Array.from({ length: 2_000 }, () => ids(driven.exchange().upstreamPeers(left, ALL)))
  const share = (word: string) => chosen.filter(one => one === word).length / chosen.length
  t.ok(Math.abs(share('b') - 0.7) < 0.04 && Math.abs(share('c') - 0.3) < 0.04, `${share('b')} ${share('c')}`)
})

t.test('a tier of which nobody is left is passed over', async t => {
  const driven = await narrower()
  t.equal(ids(driven.exchange().upstreamPeers(ALL.slice(2), ALL)), 'c')
})

t.test('a tier of full peers spills over, and where all are full the balancer has them all', async t => {
  const driven = await narrower({ maxInFlight: 2 })
  const busy = (...loads: readonly number[]) =>
    ALL.map(({ id, ...rest }, index) => peer(id, { ...rest, inFlight: loads[index] ?? 0 }))
  t.equal(ids(driven.exchange().upstreamPeers(busy(2, 2, 0, 0))), 'c')
  t.equal(ids(driven.exchange().upstreamPeers(busy(2, 2, 2, 2))), 'abcd')
})

t.test('says which tier a try is for, and why others are not asked', async t => {
  const driven = await narrower({ maxInFlight: 5 })
  const exchange = driven.exchange()
  exchange.upstreamPeers([peer('a', { weight: 9 }), peer('b', { inFlight: 5 }), ...ALL.slice(2)])
  t.strictSame(
    exchange.decisions.map(({ name, facts }) => [name, facts.peer ?? facts.priority, facts.why]),
    [
      ['tier', 0, undefined],
      ['not_chosen', 'b', 'it is full'],
      ['not_chosen', 'c', 'it is of tier 1, and this try is for tier 0'],
      ['not_chosen', 'd', 'it is of tier 2, and this try is for tier 0']
    ]
  )
})

t.test('refuses to carry less than what is asked', async t => {
  await t.rejects(narrower({ overprovisioning: '99%' }), /at least 100%/)
})

t.test(
  'goes with any balancer: the second tier is asked when the first is out, and first again when it is back',
  async t => {
    let isBroken = true
    const first = await startUpstream(t, exchange => exchange.answer(isBroken ? 500 : 200, {}, 'first'))
    const second = await startUpstream(t, exchange => exchange.answer(200, {}, 'second'))
    const outlier = { consecutive5xx: 1, baseEjectionTime: '1ms', maxEjectionTime: '1ms' }
    const gateway = await startTestGateway(t, {
      upstreams: [
        {
          id: 'upstream',
          balancer: { use: 'least-request' },
          plugins: [{ use: 'priority' }],
          health: { outlier },
          peers: [
            { id: 'own', url: first.url },
            { id: 'rented', url: second.url, priority: 1 }
          ]
        }
      ],
      routes: [routeOf()]
    })
    const ask = async () => (await send({ url: gateway.url })).body.toString()
    await ask()
    let answer = await ask()
    // The probe of a first tier that is still broken is the client's to see.
    while (answer === 'first') answer = await ask()
    t.equal(answer, 'second')
    isBroken = false
    while ((await ask()) !== 'first');
    const before = second.requests.length
    for (let count = 0; count < 10; count++) t.equal(await ask(), 'first')
    t.equal(second.requests.length, before)
  }
)
