/**
 * Where the gateway reads the time. Everything that depends on time takes a
 * {@link Clock}, so that it can be run under one that is moved by hand.
 */

/** Wall-clock time for stamps, monotonic time for durations and deadlines. */
export interface Clock {
  /** Milliseconds since the Unix epoch, whole. May jump in either direction when the machine's clock is set. */
  now(): number
  /** Milliseconds since some fixed moment, with fractions. Never falls. */
  monotonic(): number
  /**
   * Only on clocks that are moved by hand: calls `listener` after each move.
   * What would otherwise poll such a clock listens to it instead.
   * @returns how to stop listening.
   */
  onMove?(listener: () => void): () => void
}

/** The machine's own clocks. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now()
})
