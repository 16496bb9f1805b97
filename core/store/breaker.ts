/**
 * Decides whether something that keeps failing is tried at all, so that nobody
 * waits for what will not answer. Pure but for the clock. Knows nothing of what
 * is tried.
 */
import type { Clock } from '../clock.ts'

/** Settings of a {@link Breaker}. */
export interface BreakerOptions {
  /** Failures one after the other until it opens; 1 or more. */
  readonly failures: number
  /** How long it stays open, in ms. After that one try is let through at a time. */
  readonly pauseMs: number
}

/**
 * A circuit breaker (Nygard, "Release It!"): closed while tries succeed, open for
 * a while after a row of failures, then half open: one try decides.
 */
export class Breaker {
  readonly #clock: Clock
  readonly #failures: number
  readonly #pauseMs: number
  #row = 0
  /** Monotonic ms from which on another try is let through. */
  #closedFromMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, { failures, pauseMs }: BreakerOptions) {
    this.#clock = clock
    this.#failures = failures
    this.#pauseMs = pauseMs
  }

  /** Whether tries are being held back, or only one is let through. */
  get isOpen(): boolean {
    return this.#row >= this.#failures
  }

  /** Whether a try may be made now. Whoever is let through must say how it went. */
  admits(): boolean {
    if (!this.isOpen) return true
    const nowMs = this.#clock.monotonic()
    if (nowMs < this.#closedFromMs) return false
    // Held back again at once: while this try is under way there is no other, and if nobody tells how it went the next.
    this.#closedFromMs = nowMs + this.#pauseMs
    return true
  }

  /** A try has succeeded. */
  succeeded(): void {
    this.#row = 0
  }

  /** A try has failed. */
  failed(): void {
    this.#row++
    if (this.isOpen) this.#closedFromMs = this.#clock.monotonic() + this.#pauseMs
  }
}
