/** Reads quantiles out of the buckets of a histogram. Pure. */

/**
 * The value below which `share` of the counted values lie, between the bounds of its bucket as if they lay evenly
 * there; as Prometheus does it. What lies beyond the last bound is told as that bound.
 * @param counts how many lie in each bucket alone; one more than `bounds`.
 * @param share from 0 to 1.
 * @returns undefined while nothing was counted.
 */
export function quantile(counts: ArrayLike<number>, bounds: readonly number[], share: number): number | undefined {
  let total = 0
  for (let bucket = 0; bucket <= bounds.length; bucket++) total += counts[bucket] ?? 0
  if (total === 0) return undefined
  const rank = share * total
  let below = 0
  for (let bucket = 0; bucket < bounds.length; bucket++) {
    const here = counts[bucket] ?? 0
    if (here > 0 && below + here >= rank) {
      const from = bounds[bucket - 1] ?? 0
      const to = bounds[bucket] ?? from
      return from + (to - from) * Math.max(0, (rank - below) / here)
    }
    below += here
  }
  return bounds.at(-1)
}
