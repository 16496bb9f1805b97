/** When a webhook that did not take an event is tried again. Pure. */

/** The longest pause after the first try, in ms. */
export const FIRST_PAUSE_MS = 1_000
/** The longest pause of all, in ms. */
export const LONGEST_PAUSE_MS = 3_600_000

/**
 * The pause before the next try, in ms: doubled with each, at most an hour, and half of it by chance, so that what
 * failed together does not come back together.
 * @param attempts tries that have failed, 1 at least.
 * @param random uniform in [0, 1).
 */
export function pauseMs(attempts: number, random: () => number): number {
  const most = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 30), LONGEST_PAUSE_MS)
  return most / 2 + (random() * most) / 2
}
