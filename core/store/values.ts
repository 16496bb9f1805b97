/**
 * Small values with a life, in the memory of this process: `host.store` where no
 * shared store is configured. Lives are monotonic, so setting the machine's clock
 * neither shortens nor lengthens one. Knows nothing of what values mean.
 */
import type { Clock } from '../clock.ts'
import type { Store } from '../plugin.ts'
import { Sweeper } from './sweeper.ts'
import { checkLife, checkValue, NOT_WHOLE, storeRefused } from './value-bounds.ts'

/** Settings of {@link LocalStore}. */
export interface LocalStoreOptions {
  /** Values that are kept at once. For one more, the one that was written longest ago is forgotten. Default 100,000. */
  readonly maxValues?: number
}

/** Values that are looked at with each write, whether their life is over. */
const SWEEP = 3

interface Entry {
  readonly value: string
  /** Monotonic ms from which on it is gone. */
  readonly endsMs: number
}

/**
 * {@link Store} in memory. A value is gone when its life is over, and at the
 * latest when as many others have been written as there were.
 */
export class LocalStore implements Store {
  readonly #clock: Clock
  readonly #maxValues: number
  readonly #entries = new Map<string, Entry>()
  readonly #sweeper = new Sweeper(this.#entries, ({ endsMs }, nowMs) => endsMs <= nowMs)

  constructor(clock: Clock, { maxValues = 100_000 }: LocalStoreOptions = {}) {
    this.#clock = clock
    this.#maxValues = maxValues
  }

  /** How many values are kept, those included whose life is over but who have not been looked at; for metrics. */
  get size(): number {
    return this.#entries.size
  }

  async get(key: string): Promise<string | undefined> {
    return this.#alive(key, this.#clock.monotonic())?.value
  }

  /** Rejects with GatewayError `TACIT_STORE_REFUSED` for a key or a value that is too long, or a life that is not positive. */
  async set(key: string, value: string, ttlMs: number): Promise<void> {
    const nowMs = this.#clock.monotonic()
    this.#write(key, { value, endsMs: nowMs + checkLife(ttlMs) }, nowMs)
  }

  /**
   * What is not there counts as 0. The life begins with the first increment and is not prolonged by others.
   * Rejects with GatewayError `TACIT_STORE_REFUSED` like {@link set}, for a value that is not a whole number, and
   * for a sum that would not be exact.
   */
  async increment(key: string, by: number, ttlMs: number): Promise<number> {
    const nowMs = this.#clock.monotonic()
    const entry = this.#alive(key, nowMs)
    const sum = Number(entry?.value ?? 0) + by
    if (!Number.isSafeInteger(sum) || entry?.value.trim() === '') throw storeRefused(NOT_WHOLE)
    this.#write(key, { value: `${sum}`, endsMs: entry?.endsMs ?? nowMs + checkLife(ttlMs) }, nowMs)
    return sum
  }

  #alive(key: string, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.endsMs > nowMs) return entry
    this.#entries.delete(key)
    return undefined
  }

  #write(key: string, entry: Entry, nowMs: number): void {
    checkValue(key, entry.value)
    this.#sweeper.step(SWEEP, nowMs)
    // Deleted first, so that it becomes the youngest.
    this.#entries.delete(key)
    if (this.#entries.size >= this.#maxValues) {
      const [oldest] = this.#entries.keys()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    this.#entries.set(key, entry)
  }
}
