/**
 * The arithmetic of choosing the peer with the fewest tries under way: some are
 * drawn by weight, the least loaded of them wins (Mitzenmacher, "The Power of
 * Two Choices in Randomized Load Balancing", 2001; Envoy, `least_request`). Pure:
 * chance is handed in.
 */

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
  let best = draw(candidates, undefined, random)
  for (let drawn = 1; drawn < choices && best !== undefined; drawn++) {
    const other = draw(candidates, best, random)
    if (other !== undefined && loadOf(other) < loadOf(best)) best = other
  }
  return best
}

function draw<Peer extends Candidate>(
  candidates: readonly Peer[],
  except: Peer | undefined,
  random: () => number
): Peer | undefined {
  let total = 0
  for (const { weight } of candidates) total += weight
  const equal = total === 0
  if (equal) total = candidates.length
  if (except !== undefined) total -= equal ? 1 : except.weight

  let left = random() * total
  let drawn: Peer | undefined
  for (const candidate of candidates) {
    const share = equal ? 1 : candidate.weight
    if (share === 0 || candidate === except) continue
    drawn = candidate
    left -= share
    if (left < 0) break
  }
  return drawn
}
