/** "Did you mean …?" for words that operators and plugin authors mistype. Pure. */

/**
 * The candidate that takes the fewest slips of the finger to get to from `word`:
 * a letter too many, too few, wrong, or swapped with its neighbour (optimal string
 * alignment distance). The first of several that are equally near.
 * @returns undefined when none is within a third of the word's length.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = tooFar(word)
  for (const candidate of candidates) {
    const distance = slipsBelow(bestDistance, word, candidate)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/**
 * The candidates that may have been meant, the nearest first: those within the distance of {@link nearest}, then those
 * that begin with what was typed. It takes some microseconds for each candidate of a similar length.
 * @param most how many at most.
 */
export function nearestOf(word: string, candidates: readonly string[], most: number): readonly string[] {
  const limit = tooFar(word)
  const near: { readonly candidate: string; readonly distance: number }[] = []
  for (const candidate of candidates) {
    const distance = slipsBelow(limit, word, candidate)
    if (distance < limit) near.push({ candidate, distance })
    else if (word.length >= 3 && candidate.startsWith(word)) near.push({ candidate, distance: limit })
  }
  near.sort((first, second) => first.distance - second.distance)
  return near.slice(0, most).map(({ candidate }) => candidate)
}

/** Slips at which a word is another one. */
function tooFar(word: string): number {
  return Math.floor(Math.max(word.length, 3) / 3) + 1
}

/** The slips between two words; infinite where their lengths alone say that they are as many as `limit`. */
function slipsBelow(limit: number, from: string, to: string): number {
  return Math.abs(from.length - to.length) >= limit ? Number.POSITIVE_INFINITY : slips(from, to)
}

function slips(from: string, to: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current: number[] = [row]
    for (let column = 1; column <= to.length; column++) {
      const cost = from[row - 1] === to[column - 1] ? 0 : 1
      let distance = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + cost)
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) distance = Math.min(distance, at(beforeLast, column - 2) + 1)
      current.push(distance)
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
