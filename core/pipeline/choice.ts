/**
 * Which peer a try goes to: core says which are there to be chosen, the
 * upstream's balancer chooses. Starts nothing.
 */
import { coreRefusal, type Refused } from '../errors.ts'
import type { LivePeer } from '../upstream/upstream.ts'
import type { LiveExchange } from './exchange.ts'
import type { Step, UpstreamPlan } from './plan.ts'
import { enter, phaseFailed, refuse } from './stages.ts'

/** What is known of the upstream that an exchange goes to now. */
export function planOf(exchange: LiveExchange): UpstreamPlan | undefined {
  const { target } = exchange
  return target === undefined ? undefined : exchange.plan.upstreams.get(target.upstream.id)
}

/** Peers with a place for this try, and of those the ones that were not tried yet, if there are any. */
export function candidates(exchange: LiveExchange, { upstream }: UpstreamPlan): readonly LivePeer[] {
  const free = upstream.places.free(upstream.peers)
  if (exchange.tries === 0) return free
  const untried = free.filter(peer => !hasTried(exchange, peer))
  return untried.length === 0 ? free : untried
}

/** Asks the balancer. Undefined when it chose nobody: the exchange is refused then. */
export function choosePeer(exchange: LiveExchange, balancer: Step, peers: readonly LivePeer[]): LivePeer | undefined {
  let refused: Refused | undefined
  try {
    enter(exchange, balancer, 'upstreamPeer')
    const chosen = balancer.phases.upstreamPeer?.(exchange, peers)
    const peer = peers.find(candidate => candidate === chosen)
    if (peer !== undefined) return peer
  } catch (error) {
    refused = phaseFailed(exchange, balancer, 'upstreamPeer', error)
  }
  refused ??= coreRefusal('no_peer_chosen')
  refuse(exchange, refused, refused.reason === 'plugin_failed' ? 'plugin_failed' : 'no_upstream')
  return undefined
}

function hasTried(exchange: LiveExchange, peer: LivePeer): boolean {
  return exchange.attempts.some(attempt => attempt.peer === peer)
}
