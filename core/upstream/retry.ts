/** When a failed attempt may be followed by another at the same upstream, and how many may be in all. Pure but for the clock it is given. */
import type { Clock } from '../clock.ts'
import type { NextTargetOn, Outcome } from '../plugin.ts'

/** Rules of one upstream. */
export interface RetryRule {
  /** Tries in all, the first included. */
  readonly attempts: number
  readonly on: ReadonlySet<NextTargetOn>
  /** The operator accepts that a POST may be carried out twice. */
  readonly nonIdempotent: boolean
  /** The peers tell a repeated request by its `Idempotency-Key`, and carry it out once. */
  readonly idempotencyKey: boolean
  /** Longest pause before the first retry, in ms; twice as long before each further one, up to `maxBackoffMs`. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
  /** Longest pause that a peer may ask for by `retry-after`, in ms. */
  readonly maxRetryAfterMs: number
}

/** What became of a try, as far as a retry depends on it. */
export interface Failure {
  readonly outcome: Outcome
  /** Status of an answer that was rejected, or that its error event names. */
  readonly status: number | undefined
  /** A stream that had begun well failed before any content, of which nobody has seen anything. */
  readonly inStream?: boolean
}

/** RFC 9110, 9.2.2: repeating them changes nothing more. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])

/**
 * Whether repeating is safe. A try that broke off after its first byte was sent
 * may have been received: only idempotent methods are repeated then, unless the
 * operator accepts it. An answer, even a bad one, says what became of the request,
 * and so does the beginning of one.
 */
export function isSafeToRepeat(method: string, failure: Failure, nonIdempotent: boolean): boolean {
  switch (failure.outcome) {
    case 'connect_failed':
    case 'rejected':
      return true
    case 'timed_out':
    case 'reset':
      return nonIdempotent || failure.inStream === true || IDEMPOTENT.has(method)
    default:
      return false
  }
}

/** Whether `on` names this failure: by its outcome, by the status of an answer, or, in a stream, by either. */
export function isNamed(on: ReadonlySet<NextTargetOn>, { outcome, status, inStream }: Failure): boolean {
  if (outcome === 'committed' || outcome === 'cancelled') return false
  if (outcome !== 'rejected') return on.has(outcome)
  return (status !== undefined && on.has(status)) || (inStream === true && on.has('rejected'))
}

/** Whether an answer, once its head is there, may still be followed by a retry: only then a stream's opening is held back. */
export function mayReject(on: ReadonlySet<NextTargetOn>): boolean {
  for (const word of on) if (typeof word === 'number' || word === 'rejected') return true
  return false
}

/** Whether the next target follows. `on` is the target's own list; without one it is connection failures, 429 and 5xx, errors in a stream included. */
export function leadsToNextTarget(on: readonly NextTargetOn[] | undefined, failure: Failure): boolean {
  if (on !== undefined) return isNamed(new Set(on), failure)
  const { outcome, status } = failure
  if (outcome === 'committed' || outcome === 'cancelled') return false
  return outcome !== 'rejected' || status === undefined || status === 429 || status >= 500
}

/**
 * The pause before a retry, in ms, drawn evenly from 0 to an upper end that doubles with each retry: those who failed
 * together do not come back together ("Exponential Backoff And Jitter", full jitter; AWS Architecture Blog, 2015).
 * @param retries that came before at this upstream. @param random in [0, 1).
 */
export function backoffMs({ backoffMs: first, maxBackoffMs }: RetryRule, retries: number, random: number): number {
  return random * Math.min(maxBackoffMs, first * 2 ** retries)
}

const WINDOW_SECONDS = 10

/**
 * Retries allowed as a share of the requests of the last ten seconds, plus a
 * minimum per second, so that an upstream that fails is not met with a multiple
 * of its load (Finagle, "Retry Budgets"; Envoy, `retry_budget`).
 */
export class RetryBudget {
  readonly #clock: Clock
  readonly #share: number
  readonly #minPerSecond: number
  readonly #requests = new Float64Array(WINDOW_SECONDS)
  readonly #retries = new Float64Array(WINDOW_SECONDS)
  #second = 0

  constructor(clock: Clock, share: number, minPerSecond: number) {
    this.#clock = clock
    this.#share = share
    this.#minPerSecond = minPerSecond
  }

  /** A request has come: it earns its share of a retry. */
  earn(): void {
    const slot = this.#slot()
    this.#requests[slot] = (this.#requests[slot] ?? 0) + 1
  }

  /** @returns false when the budget is spent. */
  spend(): boolean {
    const slot = this.#slot()
    const allowed = this.#share * sum(this.#requests) + this.#minPerSecond * WINDOW_SECONDS
    if (sum(this.#retries) + 1 > allowed) return false
    this.#retries[slot] = (this.#retries[slot] ?? 0) + 1
    return true
  }

  /** Index of this second, with the seconds that have passed since the last call emptied. */
  #slot(): number {
    const second = Math.floor(this.#clock.monotonic() / 1000)
    const passed = Math.min(second - this.#second, WINDOW_SECONDS)
    for (let step = 1; step <= passed; step++) {
      const slot = (this.#second + step) % WINDOW_SECONDS
      this.#requests[slot] = 0
      this.#retries[slot] = 0
    }
    if (second > this.#second) this.#second = second
    return this.#second % WINDOW_SECONDS
  }
}

function sum(values: Float64Array): number {
  let total = 0
  for (const value of values) total += value
  return total
}
