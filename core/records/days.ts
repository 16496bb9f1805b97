/** Days as partitions are called by: of UTC, so that nobody's summer time makes one longer. Pure. */

/** Length of a day of UTC in ms; POSIX time knows no leap seconds. */
export const DAY_MS = 86_400_000

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** The day that an instant belongs to, such as `2026-11-21`. @param at ms since the epoch, of years 0 to 9999. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** The first instant of a day in ms since the epoch; undefined for what is no day. */
export function startOfDay(day: string): number | undefined {
  if (!DAY.test(day)) return undefined
  const at = Date.parse(`${day}T00:00:00.000Z`)
  return Number.isNaN(at) || dayOf(at) !== day ? undefined : at
}

/**
 * Whether a whole day is to be gone: as soon as its first row has lived its life, so that no row ever lives longer.
 * @param lifeMs at least a day more than rows shall live at the least.
 */
export function isExpired(day: string, lifeMs: number, now: number): boolean {
  const start = startOfDay(day)
  return start !== undefined && start + lifeMs <= now
}
