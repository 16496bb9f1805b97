/** The counter of what is in use at once. Pure; takes its place beside `counters.ts`. */
import type { Bounds, Counter } from './counters.ts'

/** What to say of the wait for somebody else to finish, which nobody knows, in ms. */
const UNKNOWN_WAIT_MS = 1_000

/** Units in use at once; settling frees them, whatever was used of them. */
export class InUse implements Counter {
  #used = 0

  waitMs({ limit }: Bounds, amount: number): number {
    if (this.#used + amount <= limit) return 0
    return amount > limit ? Number.POSITIVE_INFINITY : UNKNOWN_WAIT_MS
  }

  charge(_bounds: Bounds, amount: number): number {
    this.#used += amount
    return 0
  }

  undo(_mark: number, amount: number): void {
    this.#used -= amount
  }

  settle(_bounds: Bounds, _mark: number, held: number): void {
    this.#used -= held
  }

  remaining({ limit }: Bounds): number {
    return Math.max(limit - this.#used, 0)
  }

  resetMs(): number {
    return this.#used > 0 ? UNKNOWN_WAIT_MS : 0
  }

  used(): number {
    return this.#used
  }

  isIdle(): boolean {
    return this.#used <= 0
  }
}
