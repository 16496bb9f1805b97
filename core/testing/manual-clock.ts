/** A clock that stands still until it is moved. */
import type { Clock } from '../clock.ts'

/** Wall-clock and monotonic time by hand. */
export class ManualClock implements Clock {
  #now: number
  #monotonic = 0
  readonly #listeners = new Set<() => void>()

  /** @param startAt Wall-clock time to begin with, in ms since the epoch; monotonic time begins at 0. */
  constructor(startAt = Date.UTC(2026, 0, 1)) {
    this.#now = startAt
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** Lets `ms` pass on both clocks, in one step. What is due by then happens before it returns. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('time only passes forwards')
    this.#now += ms
    this.#monotonic += ms
    for (const listener of [...this.#listeners]) listener()
  }

  onMove(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
