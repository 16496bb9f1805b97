/** How long somebody waits who has failed so often. Pure. */

/** Failures that cost nothing, and what each further one costs. */
export interface BackOff {
  /** Failures without a wait. */
  readonly free: number
  /** Wait after the first one that is not free, in ms; it doubles with each. */
  readonly baseMs: number
  readonly maxMs: number
}

/** The wait after the last of some failures, in ms; 0 for none. */
export function waitAfter(failures: number, { free, baseMs, maxMs }: BackOff): number {
  const costly = failures - free
  if (costly <= 0) return 0
  // 2 ** 40 times a millisecond is longer than anybody waits.
  return Math.min(maxMs, baseMs * 2 ** Math.min(costly - 1, 40))
}
