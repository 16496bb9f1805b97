/**
 * What is remembered of one peer's latency: a peak-sensitive, exponentially
 * weighted moving average, after Finagle's
 * (com.twitter.finagle.loadbalancer.PeakEwma). A rise is believed at once, a
 * fall only gradually, because a server that has just been slow is likely to be
 * slow again. Pure arithmetic: the time is handed in.
 */

/**
 * How much slower an estimate fades when no sample comes than it gives way to new samples. Finagle lets it fade just
 * as fast; at one request a second that would send every twentieth to a peer that is known to be ten times slower.
 */
const IDLE_FACTOR = 10

/** The latency of one peer, learnt sample by sample. All times in ms; `now` must never fall. */
export class PeakEwma {
  readonly #decayMs: number
  #latencyMs: number | undefined
  #takenAt = 0

  /** @param decayMs Greater than 0: the time after which an old estimate has 1/e (37 %) of its say against a new sample. */
  constructor(decayMs: number) {
    this.#decayMs = decayMs
  }

  /** Learns that an answer took `latencyMs`. */
  observe(latencyMs: number, now: number): void {
    const known = this.#latencyMs
    if (known === undefined || latencyMs >= known) {
      this.#latencyMs = latencyMs
    } else {
      const keep = Math.exp((this.#takenAt - now) / this.#decayMs)
      this.#latencyMs = known * keep + latencyMs * (1 - keep)
    }
    this.#takenAt = now
  }

  /** Learns that it takes `latencyMs` or longer: lifts the estimate to it, and never lowers it. */
  observeAtLeast(latencyMs: number, now: number): void {
    this.#latencyMs = Math.max(latencyMs, this.estimateMs(now) ?? 0)
    this.#takenAt = now
  }

  /** What an answer is expected to take. Falls towards 0 while nothing is learnt; undefined until something was. */
  estimateMs(now: number): number | undefined {
    if (this.#latencyMs === undefined) return undefined
    return this.#latencyMs * Math.exp((this.#takenAt - now) / (this.#decayMs * IDLE_FACTOR))
  }
}
