/** The counter of windows that follow one another. Pure; takes its place beside `counters.ts`. */
import { type Bounds, type Counter, type Kept, wholeMs } from './counters.ts'

/** Units since the window began. Around its edge twice the limit may be used in a short time. */
export class FixedWindow implements Counter {
  readonly #offsetMs: number
  #window = -1
  #windowMs = 1
  #used = 0
  #credit = 0

  /** @param offsetMs Added to times to find where windows begin: with the epoch's, a day begins at midnight UTC. */
  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs
  }

  waitMs(bounds: Bounds, amount: number, nowMs: number): number {
    this.#turn(bounds, nowMs)
    if (this.#used + amount <= bounds.limit + this.#credit) return 0
    return amount > bounds.limit ? Number.POSITIVE_INFINITY : wholeMs(this.leftMs(nowMs))
  }

  charge(bounds: Bounds, amount: number, nowMs: number): number {
    this.#turn(bounds, nowMs)
    this.#used += amount
    return this.#window
  }

  undo(_mark: number, amount: number): void {
    this.#used -= amount
  }

  settle(bounds: Bounds, mark: number, held: number, actual: number, nowMs: number): void {
    this.#turn(bounds, nowMs)
    if (actual > held || mark === this.#window) this.#used += actual - held
  }

  remaining(bounds: Bounds, nowMs: number): number {
    this.#turn(bounds, nowMs)
    return Math.max(Math.floor(bounds.limit + this.#credit - this.#used), 0)
  }

  used(bounds: Bounds, nowMs: number): number {
    this.#turn(bounds, nowMs)
    return this.#used
  }

  get credit(): number {
    return this.#credit
  }

  topUp(bounds: Bounds, amount: number, nowMs: number): void {
    this.#turn(bounds, nowMs)
    this.#credit += amount
  }

  leftMs(nowMs: number): number {
    return (this.#window + 1) * this.#windowMs - this.#offsetMs - nowMs
  }

  resetMs(bounds: Bounds, nowMs: number): number {
    this.#turn(bounds, nowMs)
    return this.#used > 0 ? wholeMs(this.leftMs(nowMs)) : 0
  }

  isIdle(nowMs: number): boolean {
    const isUnused = this.#used <= 0 && this.#credit === 0
    return isUnused || Math.floor((nowMs + this.#offsetMs) / this.#windowMs) > this.#window
  }

  keep(_nowMs: number, _offsetMs: number, backs: ReadonlyMap<number, number> | undefined): Kept {
    const used = Math.max(this.#used - (backs?.get(this.#window) ?? 0), 0)
    return {
      untilAt: (this.#window + 1) * this.#windowMs,
      state: [this.#window, this.#windowMs, used, this.#credit]
    }
  }

  restore([window = -1, windowMs = 1, used = 0, credit = 0]: readonly number[]): void {
    this.#window = window
    this.#windowMs = windowMs
    this.#used = used
    this.#credit = credit
  }

  #turn({ windowMs }: Bounds, nowMs: number): void {
    this.#windowMs = windowMs
    const window = Math.floor((nowMs + this.#offsetMs) / windowMs)
    if (window <= this.#window) return
    this.#window = window
    this.#used = 0
    this.#credit = 0
  }
}
