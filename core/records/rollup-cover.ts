/**
 * Makes any stretch of time out of few cells: months, days and hours of UTC as far as they go, and quarters of an hour for
 * the rest. A day in Berlin is a day of UTC, two hours more and two hours less. Pure.
 */

/** Cells of one length, from the shortest. */
export const GRAINS = ['quarter', 'hour', 'day', 'month'] as const

/** How long a cell is. */
export type Grain = (typeof GRAINS)[number]

/** Length of the shortest cell in ms: every time zone of today is so many of them away from UTC. */
export const QUARTER_MS = 900_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** Cells one after the other, to be added or taken away. */
export interface Stretch {
  readonly grain: Grain
  /** First instants of the first cell, and of the first that does not belong to them. */
  readonly from: number
  readonly to: number
  readonly sign: 1 | -1
}

/** The first instant of the cell that holds an instant. */
export function startOf(grain: Grain, at: number): number {
  if (grain === 'quarter') return Math.floor(at / QUARTER_MS) * QUARTER_MS
  if (grain === 'hour') return Math.floor(at / HOUR_MS) * HOUR_MS
  if (grain === 'day') return Math.floor(at / DAY_MS) * DAY_MS
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}

/**
 * The cells that make up the time between two instants, both on a quarter of an hour.
 * @param grain the longest cells that may be used.
 */
export function cover(from: number, to: number, grain: Grain = 'month', sign: 1 | -1 = 1): readonly Stretch[] {
  if (from >= to) return []
  const finer = GRAINS[GRAINS.indexOf(grain) - 1]
  if (finer === undefined) return [{ grain, from, to, sign }]
  const first = nearest(grain, from)
  const last = nearest(grain, to)
  if (first >= last) return cover(from, to, finer, sign)
  return [...edge(from, first, finer, sign), { grain, from: first, to: last, sign }, ...edge(last, to, finer, sign)]
}

/** What lies between two instants, whichever comes first: taken away where the second one does. */
function edge(from: number, to: number, grain: Grain, sign: 1 | -1): readonly Stretch[] {
  return from <= to ? cover(from, to, grain, sign) : cover(to, from, grain, sign === 1 ? -1 : 1)
}

function nearest(grain: Grain, at: number): number {
  const before = startOf(grain, at)
  if (before === at) return at
  const after = startOf(grain, before + (grain === 'month' ? 32 * DAY_MS : grain === 'day' ? DAY_MS : HOUR_MS))
  return at - before <= after - at ? before : after
}
