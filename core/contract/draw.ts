/** Drawing by weight, as balancers do. Pure: chance is handed in. */

/** What can be drawn. */
export interface Weighted {
  /** 0 or more. */
  readonly weight: number
}

/**
 * Draws one of `candidates`, each with the chance of its weight; never `except`. Weight 0 is never drawn while any
 * candidate, `except` included, has another weight.
 * @param random uniform in [0, 1); asked once.
 * @returns undefined where there is nothing to draw.
 */
export function drawByWeight<Candidate extends Weighted>(
  candidates: readonly Candidate[],
  random: () => number,
  except?: Candidate
): Candidate | undefined {
  let total = 0
  for (const candidate of candidates) total += candidate.weight
  const equal = total === 0
  if (equal) total = candidates.length
  if (except !== undefined) total -= equal ? 1 : except.weight

  let left = random() * total
  let drawn: Candidate | undefined
  for (const candidate of candidates) {
    const share = equal ? 1 : candidate.weight
    if (share === 0 || candidate === except) continue
    drawn = candidate
    left -= share
    if (left < 0) break
  }
  return drawn
}
