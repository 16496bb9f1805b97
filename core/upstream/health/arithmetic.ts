/** The arithmetic of leaving peers out and letting them back in, as Envoy has it. Pure: knows neither peers nor clocks. */

/**
 * How long a peer is left out, in ms: longer each time in a row, up to `maxMs`, but never shorter than `baseMs`
 * (Envoy, `base_ejection_time` and `max_ejection_time`).
 * @param times how often in a row, this time included.
 */
export function ejectionMs(baseMs: number, maxMs: number, times: number): number {
  return Math.min(baseMs * times, Math.max(baseMs, maxMs))
}

/**
 * How many of `peers` may be left out at once for their answers. One of several always may, or a limit in percent
 * would never hold for the few peers that an upstream of models has; the only one may at 100 %.
 * @param share of all, 0 to 1 and above.
 */
export function allowedEjections(peers: number, share: number): number {
  if (share >= 1) return peers
  return peers === 1 ? 0 : Math.max(1, Math.floor(peers * share))
}

/** The rate below which a peer is an outlier: so many standard deviations under the mean (Envoy, `success_rate_stdev_factor`). */
export function successRateThreshold(rates: readonly number[], factor: number): number {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length
  return mean - factor * Math.sqrt(variance)
}

/**
 * Part of its weight that a peer has which warms up: from `minWeight` to 1 within the window
 * (Envoy, `slow_start_config`: max(minWeight, (elapsed ÷ window)^(1 ÷ aggression))).
 */
export function warmth(
  elapsedMs: number,
  {
    window,
    minWeight,
    aggression
  }: { readonly window: number; readonly minWeight: number; readonly aggression: number }
): number {
  if (elapsedMs >= window) return 1
  return Math.min(1, Math.max(minWeight, (Math.max(0, elapsedMs) / window) ** (1 / aggression)))
}
