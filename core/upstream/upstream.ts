/**
 * An upstream at run time: its peers with their connections, and its rules for
 * timeouts and retries. Chooses nothing itself: that is the balancer's.
 */
import type { Peer } from '../plugin.ts'
import type { UpstreamHealth, WatchedPeer } from './health/health.ts'
import type { Places } from './places.ts'
import type { RetryBudget, RetryRule } from './retry.ts'
import type { Connections } from './transport.ts'

/** One server, and this process's connections to it. */
export class LivePeer implements Peer, WatchedPeer {
  readonly id: string
  readonly origin: URL
  /** As it counts now: its health lowers it while the peer warms up. */
  weight: number
  readonly fullWeight: number
  readonly priority: number
  readonly labels: Readonly<Record<string, string>>
  /** What it is reached by. A dry run has its own, which reaches nobody. */
  readonly connections: Connections
  /** Path of the configured URL, put in front of every request's; without a slash at its end. */
  readonly basePath: string
  inFlight = 0

  constructor(peer: Pick<Peer, 'id' | 'origin' | 'weight' | 'priority' | 'labels'>, connections: Connections) {
    this.id = peer.id
    this.origin = peer.origin
    this.weight = peer.weight
    this.fullWeight = peer.weight
    this.priority = peer.priority
    this.labels = peer.labels
    this.connections = connections
    this.basePath = peer.origin.pathname.replace(/\/$/, '')
  }
}

/** Timeouts of one try, in ms. */
export interface AttemptTimeouts {
  readonly connect: number
  readonly firstByte: number
  readonly idle: number
  /** Of the whole try, until its answer is committed; infinite where nobody has said. */
  readonly perTry: number
  /** How long the opening of a stream is held back, so that a bad one can be tried elsewhere. */
  readonly opening: number
}

/** A group of interchangeable servers. */
export interface Upstream {
  readonly id: string
  readonly peers: readonly LivePeer[]
  /** `peer`, `client`, or what to send as Host. */
  readonly hostHeader: string
  readonly timeouts: AttemptTimeouts
  readonly retry: RetryRule
  readonly budget: RetryBudget
  readonly places: Places
  /** In [0, 1): spreads what would otherwise happen at once. */
  readonly random: () => number
  /** Which of the peers are used. */
  readonly health: UpstreamHealth<LivePeer>
}
