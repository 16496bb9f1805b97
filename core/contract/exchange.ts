/**
 * What a plugin sees of one exchange: the exchange itself, how it may be
 * answered, how it ended. Types only.
 */
import type { Dialect } from '../dialects/index.ts'
import type { EndReason } from './end-reasons.ts'
import type { Key } from './keys.ts'
import type { GoodFor } from './proof.ts'
import type { Attempt, Target } from './upstreams.ts'

export type { TokenUsage } from './usage.ts'

/** One request and its response, from first byte to access record. */
export interface Exchange {
  /** Unique; sent to both sides as `x-tacit-request-id`. */
  readonly id: string
  /** `id` of the matched route. */
  readonly route: string
  /** What the bodies are written in; `http` where nothing is known of them. */
  readonly dialect: Dialect
  /** When the request's head was complete. */
  readonly receivedAt: number
  /** Aborts when the client has left or the deadline has passed (not while a drain goes on). */
  readonly signal: AbortSignal

  /**
   * In `requestFilter` only: where to go, in order of preference. All within one dialect.
   * @throws GatewayError `TACIT_TARGET_UNDECLARED` for an upstream that set-up did not declare,
   * `TACIT_PHASE_WRONG` in any other phase.
   */
  routeTo(targets: readonly Target[]): void
  /**
   * Where it may go as things stand, in order of preference: what `routeTo` was told last, else the route's upstream.
   * Empty while a plugin that is yet to come has the choice.
   */
  readonly destinations: readonly Target[]
  /** Where the current attempt goes. */
  readonly target: Target | undefined

  get<Value>(key: Key<Value>): Value | undefined
  /** @throws GatewayError `TACIT_KEY_MISSING`: list the key in `requires`. */
  need<Value>(key: Key<Value>): Value
  set<Value>(key: Key<Value>, value: Value): void

  /**
   * Notes a decision for `tacit explain` and traces. Words and numbers only. A balancer notes `peer`, with the `peer`
   * it chose, and, where {@link isExplained}, for each of the others `not_chosen`, with that `peer` and `why`.
   */
  decide(name: string, facts: Facts): void
  /** Whether somebody reads what {@link decide} notes: ask before working out what only an explanation needs. */
  readonly isExplained: boolean
  /**
   * Writes one of the definition's `events` to the log. Fields that its schema does not name are left out.
   * @throws GatewayError `TACIT_EVENT_UNKNOWN` for an event that the definition does not list.
   */
  log(event: string, facts: Facts): void
}

/** Words that the configuration or the code knows, and numbers. Never content. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>

/** How an exchange ended. */
export interface End {
  readonly reason: EndReason
  /** Status that the client was sent; 0 when it was sent none. */
  readonly status: number
  readonly durationMs: number
}

declare const refused: unique symbol
/** Made by `host.refuse`; core writes it in the client's dialect, with the reason as code. */
export interface Refusal {
  readonly [refused]: true
}

/** A success made by the gateway itself, such as a list of models. */
export interface Answer {
  /** 200 to 399. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>
}

/** Who is calling: a customer, a team, a service. */
export interface Consumer {
  readonly id: string
  readonly group: string | undefined
  readonly labels: Readonly<Record<string, string>>
}

/** What proved who is calling. */
export interface Credential {
  /** Name in records and in the names of counters. Not secret. */
  readonly id: string
  /** Words that plugins of your own give a meaning to. */
  readonly scopes: readonly string[]
  /** Names and values of the operator's own. */
  readonly labels?: Readonly<Record<string, string>>
  /** Undefined: for everything. */
  readonly goodFor?: GoodFor | undefined
}

/** Everything known about an exchange that has ended. Holds no content and no error text. */
export interface AccessFacts {
  readonly end: End
  /** An HTTP method that Node knows (RFC 9110, 9). */
  readonly method: string
  /** Who made the response. */
  readonly source: 'upstream' | 'gateway' | 'none'
  /** Reason of the refusal, if there was one. */
  readonly reason: string | undefined
  /** From the head of the request to the first byte of the response. */
  readonly firstByteMs: number | undefined
  /** The part of the time to the first byte that was not spent waiting for an upstream or for the client's body. */
  readonly overheadMs: number
  /** Bodies only; heads are not counted. */
  readonly requestBytes: number
  readonly responseBytes: number
  readonly attempts: readonly Attempt[]
  readonly error: { readonly code: string; readonly origin: 'client' | 'upstream' | 'plugin' | 'gateway' } | undefined
}
