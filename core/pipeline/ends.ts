/** How an exchange ended, in the words of records and refusals. Pure. */
import type { CoreReason, Refused } from '../errors.ts'
import type { EndReason } from '../plugin.ts'
import type { LiveAttempt } from './attempt.ts'

/** Why an exchange ended that core refused or broke off. */
export function endReasonFor({ reason }: Refused): EndReason {
  switch (reason) {
    case 'deadline_exceeded':
      return 'deadline'
    case 'shutting_down':
      return 'shutdown'
    case 'plugin_failed':
      return 'plugin_failed'
    case 'upstream_cut':
    case 'response_too_large':
      return 'upstream_cut'
    default:
      return 'refused'
  }
}

/** What the client is told when no try was committed. */
export function reasonFor({ outcome, failureCode }: Pick<LiveAttempt, 'outcome' | 'failureCode'>): CoreReason {
  if (failureCode === 'NO_FREE_CONNECTION') return 'upstream_busy'
  return outcome === 'timed_out' ? 'upstream_timeout' : 'upstream_failed'
}
