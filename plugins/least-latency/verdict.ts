/**
 * What the outcome of a try says about its peer's speed. Pure.
 *
 * A balancer that only looks at speed is drawn to servers that fail quickly, so
 * anything that is no proper answer must count as slow, or at least not as fast.
 */
import type { Attempt } from 'tacit-gateway/plugin'

/**
 * answered: its latency counts as it is. failed: the peer, or the way to it, did not do its work. unclear: says
 * nothing about the peer's speed, except that it is no faster than it looked.
 */
export type Verdict = 'answered' | 'failed' | 'unclear'

/** Refusals that are about the gateway's account at the peer, or about the peer, rather than about the client's request. */
const PEER_STATUSES: readonly number[] = [401, 403, 404, 408, 429]

/** So many unclear tries in a row are a failure: clients do not all err, or leave, at one peer only. */
export const UNCLEAR_IN_ROW = 5

/** Judges one try. */
export function verdictOf({ outcome, status = 0 }: Pick<Attempt, 'outcome' | 'status'>): Verdict {
  // The client left or the deadline came: how long the answer would have taken was never seen.
  if (outcome === 'cancelled') return 'unclear'
  if (outcome !== 'committed' || status >= 500 || PEER_STATUSES.includes(status)) return 'failed'
  return status >= 400 ? 'unclear' : 'answered'
}

/** What a failure counts as, in ms: at least `leastMs`, doubled each time up to eight times that, and no less than it took. */
export function penaltyMs(leastMs: number, estimateMs: number, elapsedMs: number, retryAfterMs = 0): number {
  const backedOff = Math.max(leastMs, 2 * estimateMs, retryAfterMs)
  return Math.max(Math.min(backedOff, 8 * leastMs), elapsedMs)
}
