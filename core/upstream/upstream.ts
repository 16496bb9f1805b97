/**
 * An upstream at run time: its peers with their connections, and its rules for
 * timeouts and retries. Chooses nothing itself: that is the balancer's.
 */
import type { Peer } from '../plugin.ts'
import type { RetryBudget, RetryRule } from './retry.ts'
import type { OutgoingRequest, ResponseSink } from './transport.ts'

/** What a peer is reached by. A dry run has its own, which reaches nobody. */
export interface PeerConnections {
  /** Connections that are open, busy or idle. */
  readonly size: number
  /** Starts sending. Undefined when every connection is busy. The sink may be called before this returns. */
  send(request: OutgoingRequest, sink: ResponseSink): Sending | undefined
  /** Closes every connection; what is under way fails. */
  close(): Promise<void>
}

/** One request on its way to a peer, and its answer. */
export interface Sending {
  /** Stops asking the peer for more until {@link Sending.resume}. */
  pause(): void
  resume(): void
  /** Gives up; the sink hears nothing more. */
  abort(): void
}

/** One server, and this process's connections to it. */
export class LivePeer implements Peer {
  readonly id: string
  readonly origin: URL
  readonly weight: number
  readonly labels: Readonly<Record<string, string>>
  readonly connections: PeerConnections
  /** Path of the configured URL, put in front of every request's; without a slash at its end. */
  readonly basePath: string
  inFlight = 0

  constructor(peer: Pick<Peer, 'id' | 'origin' | 'weight' | 'labels'>, connections: PeerConnections) {
    this.id = peer.id
    this.origin = peer.origin
    this.weight = peer.weight
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
}
