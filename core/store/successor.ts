/**
 * How a process that takes over learns what the one before it still counts, while
 * both do: from rows that were read twice, what changed between them is added to
 * counters that have changed here as well. Knows nothing of where rows are kept.
 */
import { type Bounds, type Counter, settleNew } from './counters.ts'
import type { KeptCounter } from './limit-journal.ts'

/** A counter as a row has it, and as an earlier one had it. */
export interface Told {
  readonly kept: KeptCounter
  readonly theirs: Counter
  /** Undefined for one that had no row. */
  readonly before: Counter | undefined
}

/**
 * Adds what they counted since. What they gave back comes back where units carry no time: of a bucket or a sliding
 * window nobody knows whether it was theirs any more.
 * @param ours Goes on from what they had before.
 */
export function addTheirs(ours: Counter, { kept, theirs, before }: Told, nowMs: number): void {
  const bounds = boundsOf(kept)
  const credit = (theirs.credit ?? 0) - (before?.credit ?? 0)
  if (credit !== 0) ours.topUp?.(bounds, credit, nowMs)
  const units = theirs.used(bounds, nowMs) - (before?.used(bounds, nowMs) ?? 0)
  if (units > 0) settleNew(ours, bounds, units, nowMs)
  else if (units < 0 && /^(fixed|calendar|total)$/.test(kept.algorithm)) {
    ours.settle(bounds, ours.charge(bounds, 0, nowMs), -units, 0, nowMs)
  }
}

/** Whether nothing was counted here since: then it may as well be as they have it. */
export function isAsBefore(ours: Counter, { kept, before }: Told, nowMs: number): boolean {
  const bounds = boundsOf(kept)
  const isUsedAlike = ours.used(bounds, nowMs) === (before?.used(bounds, nowMs) ?? 0)
  return isUsedAlike && (ours.credit ?? 0) === (before?.credit ?? 0)
}

/** A bucket's row tells how fast it leaks. */
function boundsOf({ algorithm, window, state }: KeptCounter): Bounds {
  const [, , limit = 0] = state
  return { limit: algorithm === 'gcra' ? limit : 0, windowMs: window }
}
