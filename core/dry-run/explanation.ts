/**
 * What a dry run says of one request: plain data, for `tacit explain`, `tacit test` and the admin page. Holds no secret
 * of the configuration and no content. Types only.
 */
import type { Dialect } from '../dialects/index.ts'
import type { EndReason, Facts, Outcome } from '../plugin.ts'
import type { Alarm } from '../within.ts'

/** A request that is run dry. */
export interface DryRequest {
  readonly method: string
  /** Path and query, as a client would send it. */
  readonly target: string
  /** Lines in order; a `host` is added where none is given. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array
  /** Address that the request comes from. Default: 192.0.2.1, which belongs to nobody (RFC 5737). */
  readonly clientIp?: string
}

/** What a peer is taken to answer: with a status, or by failing in one of the ways that a try can fail. */
export interface AssumedAnswer {
  readonly outcome: 'answers' | 'connect_failed' | 'timed_out' | 'reset'
  /** Default: 200. */
  readonly status?: number
  /** Default: `content-type: application/json`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default: `{}`, or an error of the dialect for a status of 400 or more. */
  readonly body?: string
  /** Time that passes on the clock of the dry run until the answer's head. Default: 0. */
  readonly afterMs?: number
}

/** How a dry run is set up. */
export interface DryOptions {
  /** Wall-clock time at which it begins, in ms since the epoch; it stands still but for what answers take. */
  readonly at: number
  /** Of the dice: the same seed gives the same numbers. Default: 1. */
  readonly seed?: number
  /** By `upstream/peer`, by `peer`, or `*` for all. Whoever is not named answers 200. */
  readonly answers?: Readonly<Record<string, AssumedAnswer>>
  /** Limits how long is waited in real time for a plugin that does not go on. Default: the event loop's timer. */
  readonly alarm?: Alarm
}

/** A phase, and who acts in it, in order. */
export interface ExplainedPhase {
  /** On the way in, for each try at an upstream, on the way out, or after the end. */
  readonly way: 'in' | 'try' | 'out' | 'end'
  readonly phase: string
  /** Of a try. */
  readonly upstream: string | undefined
  /** Names of instances, such as `rate-limit#2`. */
  readonly plugins: readonly string[]
}

/** Something that was decided in a call. */
export interface ExplainedDecision {
  readonly name: string
  readonly facts: Facts
}

/** One call of one plugin, in the order in which they were made. */
export interface ExplainedCall {
  readonly phase: string
  readonly plugin: string
  /** Number of the try; undefined for what is called once. */
  readonly attempt: number | undefined
  readonly outcome: 'went_on' | 'refused' | 'answered' | 'failed'
  /** Of a refusal; of a failure, the code of the error. */
  readonly reason: string | undefined
  readonly decisions: readonly ExplainedDecision[]
  /** What it changed: names of headers, `body`, `method`, `target`, `status`. */
  readonly changed: readonly string[]
}

/** A place where the exchange might go, in order of preference. */
export interface ExplainedTarget {
  readonly upstream: string
  readonly model: string | undefined
  readonly chosen: boolean
  /** Why it has the answer, or has not. */
  readonly why: string
}

/** A peer that a try did not go to. */
export interface ExplainedPeer {
  readonly peer: string
  readonly why: string
  /** What the balancer says besides. */
  readonly facts: Facts
}

/** One try. */
export interface ExplainedAttempt {
  readonly number: number
  readonly upstream: string
  readonly peer: string
  /** Scheme, host and port. */
  readonly origin: string
  readonly outcome: Outcome
  readonly status: number | undefined
  /** What would be sent; undefined when a plugin stopped it. */
  readonly request: ExplainedMessage | undefined
  readonly others: readonly ExplainedPeer[]
}

/** The head of what would be sent to a peer. */
export interface ExplainedMessage {
  readonly method: string
  readonly target: string
  /** In the order of sending; secrets replaced. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly bodyBytes: number
}

/** What the client would get. */
export interface ExplainedResponse {
  readonly status: number
  readonly source: 'upstream' | 'gateway' | 'none'
  /** Of a refusal. */
  readonly reason: string | undefined
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly bodyBytes: number
}

/** Everything that is known of one request that was run dry. */
export interface Explanation {
  readonly method: string
  readonly target: string
  /** Undefined when no route matches. */
  readonly route: string | undefined
  readonly dialect: Dialect | undefined
  readonly consumer: string | undefined
  readonly credential: string | undefined
  readonly model: string | undefined
  readonly phases: readonly ExplainedPhase[]
  readonly calls: readonly ExplainedCall[]
  readonly targets: readonly ExplainedTarget[]
  readonly attempts: readonly ExplainedAttempt[]
  readonly response: ExplainedResponse
  /** How the exchange ended; undefined when it never began. */
  readonly end: EndReason | undefined
}
