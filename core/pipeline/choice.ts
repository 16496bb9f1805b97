/**
 * Which peer a try goes to: core says which are there to be chosen, plugins of
 * the upstream may leave fewer, its balancer chooses. Starts nothing.
 */
import { coreRefusal, type Refused } from '../errors.ts'
import type { Peer } from '../plugin.ts'
import type { LivePeer, Upstream } from '../upstream/upstream.ts'
import type { LiveExchange } from './exchange.ts'
import type { UpstreamPlan } from './plan.ts'
import { enter, phaseFailed, refuse } from './stages.ts'

/** What is known of the upstream that an exchange goes to now. */
export function planOf(exchange: LiveExchange): UpstreamPlan | undefined {
  const { target } = exchange
  return target === undefined ? undefined : exchange.plan.upstreams.get(target.upstream.id)
}

/** Whether a plugin reads the request's body on its way to an upstream where it may go: it is collected before the first try, then. */
export function isReadOnTheWay({ targets, plan }: LiveExchange): boolean {
  return (
    targets?.some(({ upstream: { id } }) => {
      const upstream = plan.upstreams.get(id)
      return upstream !== undefined && (upstream.readsRequestBody || upstream.balancer.readsRequestBody)
    }) ?? false
  )
}

/** Peers that are in use and have a place for this try, and of those the ones that were not tried yet, if there are any. */
export function candidates(exchange: LiveExchange, { upstream }: UpstreamPlan): readonly LivePeer[] {
  const { offer } = upstream.health
  const free = upstream.places.free(offer === null ? upstream.peers : offer.peers)
  if (exchange.tries === 0) return free
  const untried = free.filter(peer => !hasTried(exchange, peer))
  return untried.length === 0 ? free : untried
}

/** The peer that this exchange shows to be back or not. Only a first try is sent there: the others are left for a second. */
export function probeFor(exchange: LiveExchange, { upstream }: UpstreamPlan): LivePeer | undefined {
  const { offer } = upstream.health
  if (offer === null) return undefined
  const probe = offer.hasProbes && exchange.tries === 0 ? upstream.health.takeProbe() : undefined
  if (exchange.isExplained) explainOffer(exchange, upstream, offer.peers, probe)
  return probe
}

/** Asks the upstream's plugins, then the balancer. Undefined when it chose nobody: the exchange is refused then. */
export function choosePeer(
  exchange: LiveExchange,
  { upstream, narrowers, balancer }: UpstreamPlan,
  peers: readonly LivePeer[]
): LivePeer | undefined {
  let refused: Refused | undefined
  let step = balancer
  let offered: readonly Peer[] = peers
  for (let index = 0; narrowers !== null && index < narrowers.length && refused === undefined; index++) {
    step = narrowers[index] ?? step
    try {
      enter(exchange, step, 'upstreamPeers')
      const fewer = step.phases.upstreamPeers?.(exchange, offered, upstream.peers)
      if (fewer !== undefined && fewer.length > 0) offered = fewer
    } catch (error) {
      refused = phaseFailed(exchange, step, 'upstreamPeers', error)
    }
  }
  if (refused === undefined) {
    try {
      enter(exchange, balancer, 'upstreamPeer')
      const chosen = balancer.phases.upstreamPeer?.(exchange, offered, exchange.downstream)
      const peer = peers.find(candidate => candidate === chosen)
      if (peer !== undefined) return peer
    } catch (error) {
      refused = phaseFailed(exchange, balancer, 'upstreamPeer', error)
    }
  }
  refused ??= coreRefusal('no_peer_chosen')
  refuse(exchange, refused, refused.reason === 'plugin_failed' ? 'plugin_failed' : 'no_upstream')
  return undefined
}

function hasTried(exchange: LiveExchange, peer: LivePeer): boolean {
  return exchange.attempts.some(attempt => attempt.peer === peer)
}

/** Notes who is left out before anybody chooses. */
function explainOffer(
  exchange: LiveExchange,
  { peers, health }: Upstream,
  used: readonly Peer[],
  probe: Peer | undefined
): void {
  exchange.step = undefined
  if (probe !== undefined) exchange.decide('peer', { peer: probe.id, why: 'a probe: whether it is back' })
  for (const peer of peers) {
    if (peer === probe || used.includes(peer)) continue
    const { state, reason } = health.factsOf(peer.id) ?? {}
    exchange.decide('not_chosen', { peer: peer.id, why: 'it is left out', state, reason: reason ?? undefined })
  }
}
