/**
 * What follows a failed try: another at the same upstream, the next target, or
 * nothing. Decides only; the pipeline acts on it.
 */
import { backoffMs, type Failure, isNamed, isSafeToRepeat, leadsToNextTarget, mayReject } from '../upstream/retry.ts'
import type { LiveAttempt } from './attempt.ts'
import type { LiveExchange } from './exchange.ts'

/** What follows. A retry comes after `pauseMs`. */
export type FollowUp = { readonly next: 'retry'; readonly pauseMs: number } | { readonly next: 'next_target' | 'none' }

const NEXT_TARGET: FollowUp = { next: 'next_target' }
const NONE: FollowUp = { next: 'none' }

/** How a stream may fail after its head. */
const OUTCOMES = ['reset', 'timed_out'] as const
const NOT_SENT: Failure = { outcome: 'connect_failed', status: undefined }

/** Decides once what follows a failed try. Spends the retry budget. */
export function followUp(exchange: LiveExchange, attempt: LiveAttempt, failure: Failure): FollowUp {
  if (exchange.bodyConsumed || exchange.clientGone || exchange.ended) return NONE
  const { retry, budget, places } = attempt.plan.upstream
  const { method } = exchange.accepted
  const goesOn = hasNextTarget(exchange, failure) && isSafeToRepeat(method, failure, retry.nonIdempotent)
  // A peer that was sent the key knows a repeated request from a second one; the next target does not.
  const isSafe = isSafeToRepeat(method, failure, retry.nonIdempotent || retry.idempotencyKey)
  if (
    isSafe &&
    exchange.tries < retry.attempts &&
    isNamed(retry.on, failure) &&
    places.retries < places.limits.retries
  ) {
    const asked = hasUntriedPeer(exchange, attempt) ? undefined : attempt.retryAfterMs
    const pauseMs = pauseBefore(exchange, attempt, failure, asked)
    // Nobody is kept waiting for a peer that is busy while there is somewhere else to go.
    const isBearable = pauseMs !== undefined && (asked === undefined || !goesOn)
    if (isBearable && (failure.outcome === 'connect_failed' || budget.spend())) return { next: 'retry', pauseMs }
  }
  return goesOn ? NEXT_TARGET : NONE
}

/** Whether the opening of a stream is worth holding back, because another try could follow it. */
export function mayFollow({ exchange, plan: { upstream } }: LiveAttempt): boolean {
  if (exchange.bodyConsumed || exchange.clientGone) return false
  if (exchange.targetIndex + 1 < (exchange.targets?.length ?? 0)) return true
  const { retry } = upstream
  if (exchange.tries >= retry.attempts) return false
  if (mayReject(retry.on)) return true
  const isRepeatable = retry.nonIdempotent || retry.idempotencyKey
  return OUTCOMES.some(outcome => {
    const failure: Failure = { outcome, status: undefined, inStream: isModelStream(exchange) }
    return isNamed(retry.on, failure) && isSafeToRepeat(exchange.accepted.method, failure, isRepeatable)
  })
}

/** Whether a stream of events is known to bring nothing but what a model says: repeating a lost one costs money and does no harm. */
export function isModelStream({ dialect }: LiveExchange): boolean {
  return dialect !== 'http'
}

/** Whether an exchange goes on to its next target rather than wait for a place at this one. */
export function spillsOver(exchange: LiveExchange): boolean {
  return hasNextTarget(exchange, NOT_SENT)
}

function hasNextTarget(exchange: LiveExchange, failure: Failure): boolean {
  const { targets, targetIndex, target } = exchange
  return targetIndex + 1 < (targets?.length ?? 0) && leadsToNextTarget(target?.on, failure)
}

function hasUntriedPeer({ attempts }: LiveExchange, { plan: { upstream } }: LiveAttempt): boolean {
  return upstream.peers.some(peer => !attempts.some(attempt => attempt.peer === peer))
}

/** The pause before a retry, in ms; undefined when it would be longer than the exchange, or than the operator lets it be. */
function pauseBefore(
  exchange: LiveExchange,
  attempt: LiveAttempt,
  { outcome }: Failure,
  askedMs: number | undefined
): number | undefined {
  const { services, tries, deadlineMs } = exchange
  const { retry, random } = attempt.plan.upstream
  // Nothing was sent to the one, and the other has not failed.
  if (outcome === 'connect_failed' && hasUntriedPeer(exchange, attempt)) return 0
  if (askedMs !== undefined && askedMs > retry.maxRetryAfterMs) return undefined
  const pauseMs = (askedMs ?? 0) + backoffMs(retry, tries - 1, random())
  return services.clock.monotonic() + pauseMs < deadlineMs ? pauseMs : undefined
}
