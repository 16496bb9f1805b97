/**
 * The arithmetic of choosing the peer with the fewest tries under way: some are
 * drawn by weight, the least loaded of them wins (Mitzenmacher, "The Power of
 * Two Choices in Randomized Load Balancing", 2001; Envoy, `least_request`). Pure:
 * chance is handed in.
 */
import { drawByWeight } from 'tacit-gateway/plugin'

/** What a choice looks at. */
export interface Candidate {
  /** 0 or more. */
  readonly weight: number
  /** Tries under way. */
  readonly inFlight: number
}

/** Tries under way for each unit of weight: a peer of weight 3 carries three as another carries one. */
export function loadOf({ inFlight, weight }: Candidate): number {
  return weight === 0 ? inFlight : inFlight / weight
}

/**
 * The least loaded of up to `choices` candidates, drawn by weight, each another than the best so far; of equals the one
 * that was drawn first, so that weights decide while nobody has anything to do. Weight 0 is never drawn while any
 * candidate has another weight.
 * @param random uniform in [0, 1); asked once for each draw.
 * @returns undefined for an empty list.
 */
export function leastLoaded<Peer extends Candidate>(
  candidates: readonly Peer[],
  choices: number,
  random: () => number
): Peer | undefined {
  let best = drawByWeight(candidates, random)
  for (let drawn = 1; drawn < choices && best !== undefined; drawn++) {
    const other = drawByWeight(candidates, random, best)
    if (other !== undefined && loadOf(other) < loadOf(best)) best = other
  }
  return best
}
