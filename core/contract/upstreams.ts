/** What a plugin sees of the places an exchange may go to. Types only. */

declare const upstreamHandle: unique symbol
/** An upstream that an instance has declared with `host.upstream`. */
export interface UpstreamHandle {
  readonly id: string
  /** Whose API stands behind it: the id of a provider in the catalogue. Undefined where the operator names none. */
  readonly provider: string | undefined
  readonly [upstreamHandle]: true
}

/** What makes the gateway go on to the next target. */
export type NextTargetOn = number | 'connect_failed' | 'timed_out' | 'reset' | 'rejected'

/** A place to go. `host.upstream` declares it at set-up, so that checks see every path. */
export interface Target {
  readonly upstream: UpstreamHandle
  /** The name that this provider knows the model by. */
  readonly model?: string
  /** When to go on to the next target. Default: connection failures, 429, 5xx, before the first committing event. */
  readonly on?: readonly NextTargetOn[]
}

/** One server of an upstream. */
export interface Peer {
  readonly id: string
  readonly origin: URL
  /**
   * 0 or more; 1 if not given. 0 gets nothing while another peer is there. A whole number, except for a peer that warms
   * up: then it is less, and rises by and by.
   */
  readonly weight: number
  /** Whole number, 0 or more; 0 if not given. Peers of a lower one should be used first: `priority` sees to that. */
  readonly priority: number
  readonly labels: Readonly<Record<string, string>>
  /** Tries this process has under way at the peer. */
  readonly inFlight: number
}

/**
 * committed: its answer goes to the client. rejected: it answered, but with something that `retry.on` or a
 * target's `on` names, or with an error before any content. connect_failed: no byte of the request was sent.
 * reset: the connection broke after that. timed_out: no first byte in time. cancelled: the gateway gave it up.
 */
export type Outcome = 'committed' | 'rejected' | 'connect_failed' | 'timed_out' | 'reset' | 'cancelled'

/** One try at one peer, told when its first committing byte or event is there, or it has failed. */
export interface Attempt {
  readonly upstream: string
  readonly peer: Peer
  /** 1 for the first try. */
  readonly number: number
  readonly outcome: Outcome
  readonly status: number | undefined
  /** From the start of the try to the response's head. */
  readonly headersMs: number | undefined
  /** To the first event with content; undefined for bodies that are no stream. */
  readonly firstEventMs: number | undefined
  readonly retryAfterMs: number | undefined
  /** To the last byte of the answer; undefined until it has come whole. */
  readonly endedMs: number | undefined
}
