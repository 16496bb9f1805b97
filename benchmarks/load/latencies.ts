/** Counts durations in buckets of under 2 % width, so that millions of them take no memory. Pure. */

const BUCKETS_PER_DOUBLING = 64
const DOUBLINGS = 26

/** Durations in µs, from 1 µs to about a minute; longer ones count as the longest. */
export class Latencies {
  readonly #counts = new Uint32Array(BUCKETS_PER_DOUBLING * DOUBLINGS)
  #total = 0

  /** How many durations were recorded. */
  get total(): number {
    return this.#total
  }

  /** @param us 0 or more */
  record(us: number): void {
    const bucket = us <= 1 ? 0 : Math.floor(Math.log2(us) * BUCKETS_PER_DOUBLING)
    const index = Math.min(bucket, this.#counts.length - 1)
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#total++
  }

  /**
   * The duration that the given share of all durations does not exceed, in µs, to within a bucket.
   * @param share 0 to 1
   * @returns 0 when nothing was recorded
   */
  quantileUs(share: number): number {
    if (this.#total === 0) return 0
    let left = Math.max(1, Math.ceil(share * this.#total))
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count
      if (left <= 0) return 2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING)
    }
    return 0
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
  }
}
