/**
 * Keeps some connections to a peer open ahead of requests, so that these do not
 * wait for one. Asks a peer that cannot be reached ever less often. Knows nothing
 * of what connections carry.
 */
import type { Clock } from '../../clock.ts'
import { Timer, type TimerWheel } from '../../timers.ts'

/** Pauses before a lost connection is replaced, in ms: after one that had been open, and after one that never was, doubling up to the last. */
const AGAIN_MS = 100
const FAILED_MS = 500
const LONGEST_MS = 30_000

/** What a warmer looks after. */
export interface WarmPool {
  /** Connections that exist. */
  readonly size: number
  /** Opens one more. */
  open(): void
}

/** Keeps connections open. */
export class Warmer extends Timer {
  readonly #wanted: number
  readonly #pool: WarmPool
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  #failures = 0
  #isStopped = false

  /** @param wanted connections at the least. */
  constructor(wanted: number, pool: WarmPool, clock: Clock, wheel: TimerWheel) {
    super()
    this.#wanted = wanted
    this.#pool = pool
    this.#clock = clock
    this.#wheel = wheel
  }

  /** Begins. */
  begin(): void {
    this.expire()
  }

  expire(): void {
    if (this.#isStopped) return
    for (let missing = this.#wanted - this.#pool.size; missing > 0; missing--) this.#pool.open()
  }

  /** A connection is there. */
  opened(): void {
    this.#failures = 0
  }

  /** A connection is gone. */
  lost(wasOpen: boolean): void {
    if (this.#isStopped || this.scheduled || this.#pool.size >= this.#wanted) return
    const pauseMs = wasOpen ? AGAIN_MS : Math.min(LONGEST_MS, FAILED_MS * 2 ** this.#failures)
    if (!wasOpen) this.#failures++
    this.#wheel.schedule(this, this.#clock.monotonic() + pauseMs)
  }

  /** Opens no more. */
  stop(): void {
    this.#isStopped = true
    this.#wheel.cancel(this)
  }
}
