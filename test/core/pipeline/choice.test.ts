import t from 'tap'
import { candidates, choosePeer, planOf } from '../../../core/pipeline/choice.ts'
import { exchangeOf, servicesOf } from '../../support/exchanges.ts'
import { planOf as route, stepOf, upstreamAt } from '../../support/plans.ts'

function start(peerInFlight = 10) {
  const services = servicesOf()
  const upstream = upstreamAt(services.clock, ['http://a.test', 'http://b.test', 'http://c.test'], {
    limits: { peerInFlight }
  })
  const plan = route([{ upstream }])
  const exchange = exchangeOf(plan, { services })
  exchange.targets = plan.targets
  exchange.targetIndex = 0
  const at = planOf(exchange)
  if (at === undefined) throw new TypeError('no plan')
  return { exchange, at, peers: upstream.peers, places: upstream.places, services }
}

const names = (peers: readonly { readonly id: string }[]) => peers.map(({ id }) => id)

t.test('the first try may go to every peer with a place', async t => {
  const { exchange, at, peers, places } = start(1)
  t.equal(candidates(exchange, at), peers, 'no list is made for it')
  const [first] = peers
  if (first === undefined) throw new TypeError('no peer')
  places.enter(first, false)
  t.strictSame(names(candidates(exchange, at)), ['peer-2', 'peer-3'])
})

t.test('a balancer that chooses nobody, or a stranger, ends the exchange', async t => {
  const { exchange, peers } = start()
  const nobody = stepOf('nobody', { upstreamPeer: () => undefined })
  t.equal(choosePeer(exchange, nobody, peers), undefined)
  t.equal(exchange.reason, 'no_peer_chosen')
  const [, second] = peers
  const takesSecond = stepOf('second', { upstreamPeer: (_exchange, [, peer]) => peer })
  t.equal(choosePeer(start().exchange, takesSecond, peers), second)
  const strange = start()
  const [other] = start().peers
  t.equal(choosePeer(strange.exchange, stepOf('stranger', { upstreamPeer: () => other }), strange.peers), undefined)
})
