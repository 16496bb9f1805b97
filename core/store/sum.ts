/** The counter of what is used between two instants, or ever. Pure; takes its place beside `counters.ts`. */
import { type Bounds, type Counter, type Kept, wholeMs } from './counters.ts'

/** For how long a window that has ended is remembered, in ms: a clock may be set back, by a time zone at most. */
const REMEMBERED_MS = 86_400_000

/**
 * Units that were ever counted. With {@link Bounds.endsMs} they stand for one window, whose successor is another
 * counter: so a clock that is set forward and back finds each window as it was left.
 */
export class Sum implements Counter {
  #used = 0
  #credit = 0
  #endsMs = Number.POSITIVE_INFINITY

  waitMs({ limit, endsMs }: Bounds, amount: number, nowMs: number): number {
    this.#endsMs = endsMs ?? Number.POSITIVE_INFINITY
    if (this.#used + amount <= limit + this.#credit) return 0
    return amount > limit ? Number.POSITIVE_INFINITY : wholeMs(this.#endsMs - nowMs)
  }

  charge(_bounds: Bounds, amount: number): number {
    this.#used += amount
    return 0
  }

  undo(_mark: number, amount: number): void {
    this.#used -= amount
  }

  settle(_bounds: Bounds, _mark: number, held: number, actual: number): void {
    this.#used += actual - held
  }

  remaining({ limit }: Bounds): number {
    return Math.max(limit + this.#credit - this.#used, 0)
  }

  resetMs({ endsMs = Number.POSITIVE_INFINITY }: Bounds, nowMs: number): number {
    return this.#used > 0 ? wholeMs(endsMs - nowMs) : 0
  }

  used(): number {
    return this.#used
  }

  isIdle(nowMs: number): boolean {
    return (this.#used <= 0 && this.#credit === 0) || nowMs > this.#endsMs + REMEMBERED_MS
  }

  keep(_nowMs: number, offsetMs: number, backs: ReadonlyMap<number, number> | undefined): Kept {
    const endsAt = this.#endsMs + offsetMs
    const used = Math.max(this.#used - (backs?.get(0) ?? 0), 0)
    const untilAt = used === 0 && this.#credit === 0 ? 0 : endsAt + REMEMBERED_MS
    return { untilAt, state: [used, this.#credit, Number.isFinite(endsAt) ? endsAt : -1] }
  }

  restore([used = 0, credit = 0, endsAt = -1]: readonly number[], _nowMs: number, offsetMs: number): void {
    this.#used = used
    this.#credit = credit
    this.#endsMs = endsAt < 0 ? Number.POSITIVE_INFINITY : endsAt - offsetMs
  }

  get credit(): number {
    return this.#credit
  }

  topUp({ endsMs = Number.POSITIVE_INFINITY }: Bounds, amount: number): void {
    this.#endsMs = endsMs
    this.#credit += amount
  }
}
