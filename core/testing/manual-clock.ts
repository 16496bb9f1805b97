/** A clock that stands still until it is moved, for tests in which time matters. Knows nothing of what is timed. */
import type { Clock } from '../clock.ts'

/** Wall-clock and monotonic time by hand. Timers that were given this clock fire inside {@link ManualClock.advance}. */
export class ManualClock implements Clock {
  #now: number
  #monotonic: number
  readonly #listeners = new Set<() => void>()

  /** @param startAt Wall-clock time to begin with; monotonic time begins at 0. */
  constructor(startAt = Date.UTC(2026, 0, 1)) {
    this.#now = startAt
    this.#monotonic = 0
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** Lets `ms` pass on both clocks, in steps of `stepMs` as a busy process would see them; one single step, as after a stall, if not given. */
  advance(ms: number, stepMs = ms): void {
    if (!(ms >= 0) || (ms > 0 && !(stepMs > 0))) throw new RangeError('time only passes forwards')
    let left = ms
    do {
      const step = Math.min(left, stepMs)
      left -= step
      this.#now += step
      this.#monotonic += step
      for (const listener of [...this.#listeners]) listener()
    } while (left > 0)
  }

  /** Sets the wall clock, as an administrator or NTP does. Monotonic time does not notice. */
  jump(toAt: number): void {
    this.#now = toAt
    for (const listener of [...this.#listeners]) listener()
  }

  onMove(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** How many listen; 0 once everything that was started is closed. */
  get listeners(): number {
    return this.#listeners.size
  }
}
