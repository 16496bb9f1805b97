import t from 'tap'
import type { HealthConfiguration } from '../../../core/configuration/health-schema.ts'
import { candidates, choosePeer, isReadOnTheWay, planOf, probeFor } from '../../../core/pipeline/choice.ts'
import type { Step } from '../../../core/pipeline/plan.ts'
import type { Phases } from '../../../core/plugin.ts'
import { ManualClock } from '../../support/clock.ts'
import { exchangeOf, servicesOf } from '../../support/exchanges.ts'
import { firstPeer, planOf as routeTo, stepOf, upstreamAt } from '../../support/plans.ts'

const HEALTH: HealthConfiguration = {
  outlier: {
    consecutive5xx: 1,
    consecutiveGatewayFailure: 0,
    interval: 10_000,
    baseEjectionTime: 30_000,
    maxEjectionTime: 300_000,
    maxEjectionPercent: 1
  },
  rest: { max: 60_000 },
  panicThreshold: 0
}

/** An upstream of three, whose peers nobody connects to, with plugins of its own. */
function three(steps: readonly Step[] = [], balancer = firstPeer()) {
  const clock = new ManualClock()
  const upstream = upstreamAt(clock, ['http://a.test', 'http://b.test', 'http://c.test'])
  upstream.health.moveTo(upstream.peers, HEALTH)
  const route = routeTo([{ upstream, steps, balancer }])
  const services = servicesOf(clock)
  const exchange = exchangeOf(route, { services })
  exchange.targetIndex = 0
  exchange.targets = route.targets
  const plan = planOf(exchange)
  if (plan === undefined) throw new Error('no such upstream')
  const choose = () => {
    const among = candidates(exchange, plan)
    const chosen = probeFor(exchange, plan) ?? (among.length === 0 ? undefined : choosePeer(exchange, plan, among))
    return chosen?.id ?? exchange.reason
  }
  const eject = (id: string) => upstream.health.observe({ id }, { ...FAILED, startedMs: clock.monotonic() })
  return { clock, upstream, exchange, services, choose, eject }
}

const FAILED = { outcome: 'committed', status: 500, retryAfterMs: undefined } as const

t.test('peers that are left out are not chosen, and nobody is when none is left', async t => {
  const { upstream, choose, eject } = three()
  t.equal(choose(), 'peer-1')
  eject('peer-1')
  t.equal(choose(), 'peer-2')
  upstream.health.drain('peer-2')
  t.equal(choose(), 'peer-3')
  eject('peer-3')
  t.equal(choose(), undefined)
})

t.test('one request that can be tried again shows whether a peer is back', async t => {
  const { clock, exchange, choose, eject } = three()
  eject('peer-3')
  clock.advance(31_000)
  exchange.tries = 1
  t.equal(choose(), 'peer-1', 'no second try does')
  exchange.tries = 0
  exchange.decisions = []
  t.equal(choose(), 'peer-3')
  t.match(exchange.decisions, [{ by: 'core', name: 'peer', facts: { peer: 'peer-3' } }])
  t.equal(choose(), 'peer-1', 'and one is enough')
  t.match(exchange.decisions.at(-1), {
    by: 'core',
    name: 'not_chosen',
    facts: { peer: 'peer-3', state: 'probing', reason: 'consecutive_5xx' }
  })
})

/** A plugin of the upstream that leaves these peers. */
const leaves = (phase: NonNullable<Phases['upstreamPeers']>, given: Partial<Step> = {}) =>
  stepOf('narrower', { upstreamPeers: phase }, given)

t.test('plugins of the upstream leave the balancer fewer to choose from, one after the other', async t => {
  const seen: string[] = []
  const note = (peers: readonly { readonly id: string }[]) => seen.push(peers.map(({ id }) => id.slice(-1)).join(''))
  const { choose, eject } = three([
    leaves((_exchange, peers, all) => {
      note(peers)
      note(all)
      return peers.slice(1)
    }),
    leaves((_exchange, peers) => {
      note(peers)
      return peers.slice(1)
    }),
    leaves(() => [])
  ])
  t.equal(choose(), 'peer-3')
  t.strictSame(seen, ['123', '123', '23'])
  eject('peer-3')
  t.equal(choose(), 'peer-2', 'one that leaves none leaves all')
  t.strictSame(seen.slice(3), ['12', '123', '2'])
})

t.test('a plugin that fails to leave peers fails the exchange, unless it may', async t => {
  const throws = () => {
    throw new TypeError('a fault')
  }
  const { choose, services } = three([leaves(throws)])
  t.equal(choose(), 'plugin_failed')
  t.match(services.failed, [['narrower', 'upstreamPeers']])
  t.equal(three([leaves(throws, { allowsFailure: true })]).choose(), 'peer-1')
  t.equal(three([], stepOf('balancer', { upstreamPeer: throws })).choose(), 'plugin_failed')
  const other = { id: 'peer-9' }
  const strays = three([leaves((_exchange, peers) => peers.map(peer => ({ ...peer, ...other })))])
  t.equal(strays.choose(), 'no_peer_chosen', 'nobody is chosen who was not there')
})

t.test('a balancer is handed the request', async t => {
  let seen: unknown
  const balancer = stepOf('balancer', {
    upstreamPeer: (_exchange, [peer], request) => {
      seen = request
      return peer
    }
  })
  const { choose, exchange } = three([], balancer)
  choose()
  t.equal(seen, exchange.downstream)
})

function start(peerInFlight = 10, balancer = firstPeer()) {
  const services = servicesOf()
  const upstream = upstreamAt(services.clock, ['http://a.test', 'http://b.test', 'http://c.test'], {
    limits: { peerInFlight }
  })
  const plan = routeTo([{ upstream, balancer }])
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
  const nobody = start(10, stepOf('nobody', { upstreamPeer: () => undefined }))
  t.equal(choosePeer(nobody.exchange, nobody.at, nobody.peers), undefined)
  t.equal(nobody.exchange.reason, 'no_peer_chosen')
  const second = start(10, stepOf('second', { upstreamPeer: (_exchange, [, peer]) => peer }))
  t.equal(choosePeer(second.exchange, second.at, second.peers), second.peers[1])
  const [other] = start().peers
  const strange = start(10, stepOf('stranger', { upstreamPeer: () => other }))
  t.equal(choosePeer(strange.exchange, strange.at, strange.peers), undefined)
})

t.test('a body is collected for whoever reads it on the way, the balancer among them', async t => {
  const reads = { readsRequestBody: true }
  const balancer = stepOf('balancer', { upstreamPeer: (_exchange, [peer]) => peer }, reads)
  const filter = stepOf('filter', { upstreamRequestFilter: () => undefined }, reads)
  t.notOk(isReadOnTheWay(three().exchange))
  t.ok(isReadOnTheWay(three([], balancer).exchange))
  t.ok(isReadOnTheWay(three([filter]).exchange))
})
