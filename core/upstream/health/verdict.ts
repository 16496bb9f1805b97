/** What a try says about the peer that it was made at, as far as its health is concerned. Pure. */
import type { Attempt } from '../../plugin.ts'

/**
 * ok: the peer did its work. failed: it did not. gateway_failed: it did not even get to it, so it failed as well.
 * limited: it asks to be left alone for a while, which is no fault. unclear: nobody can tell.
 */
export type Verdict = 'ok' | 'failed' | 'gateway_failed' | 'limited' | 'unclear'

/**
 * Judges a try as Envoy's outlier detection does: a try without an answer counts as a gateway failure, and every
 * gateway failure as a 5xx. An error event before any content of a stream has no status to go by, and counts as a 5xx.
 */
export function verdictOf({ outcome, status = 0 }: Pick<Attempt, 'outcome' | 'status'>): Verdict {
  switch (outcome) {
    case 'cancelled':
      return 'unclear'
    case 'connect_failed':
    case 'timed_out':
    case 'reset':
      return 'gateway_failed'
    default:
      if (status === 429) return 'limited'
      if (status >= 502 && status <= 504) return 'gateway_failed'
      if (status >= 500 || (outcome === 'rejected' && status < 400)) return 'failed'
      return 'ok'
  }
}
