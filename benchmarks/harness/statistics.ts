/** Medians, spreads and the judgement whether a figure is steady enough to print. Pure: knows nothing of what was measured. */

/** What several rounds of one measurement came to. All fields share the unit of the values. */
export interface Spread {
  readonly median: number
  /** Smallest value. */
  readonly low: number
  /** Largest value. */
  readonly high: number
  /** Difference between the third and the first quartile, as a share of the median; 0 for a single value. */
  readonly unsteadiness: number
  readonly rounds: number
}

/** A figure whose middle half is wider than this share of its median is not printed as a number. */
export const UNSTEADY_ABOVE = 0.25

/**
 * The value below which the given share of the values lies, with linear interpolation between neighbours.
 * @param share 0 to 1
 * @returns NaN for no values
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const position = share * (sorted.length - 1)
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}

/** The middle value. NaN for no values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Sums up the rounds of one measurement. */
export function spreadOf(values: readonly number[]): Spread {
  const middle = median(values)
  return {
    median: middle,
    low: values.length === 0 ? Number.NaN : Math.min(...values),
    high: values.length === 0 ? Number.NaN : Math.max(...values),
    unsteadiness: (quantile(values, 0.75) - quantile(values, 0.25)) / Math.abs(middle),
    rounds: values.length
  }
}

/**
 * One ratio per round, so that what slows a whole round down falls out of it.
 * @throws RangeError when the rounds do not pair up.
 */
export function ratiosOf(numerators: readonly number[], denominators: readonly number[]): number[] {
  if (numerators.length !== denominators.length) throw new RangeError('every round needs both values')
  return numerators.map((value, round) => value / (denominators[round] ?? Number.NaN))
}

/** Whether the rounds disagree so much that their median says nothing. */
export function isUnsteady(spread: Spread): boolean {
  return !(spread.unsteadiness <= UNSTEADY_ABOVE)
}
