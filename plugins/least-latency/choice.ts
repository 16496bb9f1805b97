/**
 * The arithmetic of choosing between peers: of two that are drawn by weight, the
 * clearly cheaper one wins (Mitzenmacher, "The Power of Two Choices in
 * Randomized Load Balancing", 2001). Pure: chance is handed in.
 */

/** What a choice looks at. */
export interface Candidate {
  /** Whole number, 0 or more. */
  readonly weight: number
  /** Tries under way. */
  readonly inFlight: number
}

/**
 * What a try is taken to cost at a peer of which nothing is known but that one is already under way. Longer than any
 * real latency, so that a new peer gets one try, and the next only when the first has shown how it does.
 */
const UNMEASURED_MS = 600_000

/** A peer must cost less than this part of another's to be preferred; within it, latencies are noise, and weights decide. */
const CLEARLY_CHEAPER = 0.8

/**
 * What a try costs that joins those under way: the latency in ms, times the root of how many there would be. Weight is
 * capacity: a peer of weight 3 is taken to carry three tries as another carries one. The root (Envoy's
 * `active_request_bias` of 0.5) is there because servers of models work on many tries at once, and because what load has
 * cost so far is in the latency already: counted whole, four tries under way would make a quick peer look as bad as one
 * that takes five times as long. A peer that was never measured costs nothing while it is idle.
 */
export function costMs(latencyMs: number | undefined, { inFlight, weight }: Candidate): number {
  if (latencyMs === undefined && inFlight === 0) return 0
  return (latencyMs ?? UNMEASURED_MS) * Math.sqrt(1 + inFlight / Math.max(weight, 1))
}

/** Whether a peer of cost `otherMs` should be taken instead of the one that was drawn first. */
export function isClearlyCheaper(otherMs: number, firstMs: number): boolean {
  return otherMs < firstMs * CLEARLY_CHEAPER
}
