/** What may be asked of counters, wherever they are kept. Pure. */
import { GatewayError } from '../errors.ts'
import type { Claim, CounterName, Limit } from '../plugin.ts'

/** Most claims of one call. */
export const MAX_CLAIMS = 32
/** Longest name of a counter, in UTF-16 units. */
const MAX_NAME_LENGTH = 512
/** Longest window that has a length, in ms: ten years. Times of longer ones would not be exact. */
const MAX_WINDOW_MS = 10 * 366 * 86_400_000

/** @throws GatewayError `TACIT_CLAIM_INVALID` where one of them cannot be counted, or there are too many. */
export function checkClaims(claims: readonly Claim[]): void {
  if (claims.length > MAX_CLAIMS) throw invalid(`At most ${MAX_CLAIMS} claims are decided at once.`)
  for (const claim of claims) {
    checkLimit(claim)
    if (claim.final === true && claim.algorithm === 'concurrency') throw invalid('What is in use cannot be final.')
    if (!isAmount(claim.amount)) throw invalid('A claim needs an amount that is whole, and from 0 to 2^53 - 1.')
  }
}

/** @throws GatewayError `TACIT_CLAIM_INVALID` for a counter that cannot be, or a limit out of range. */
export function checkLimit(limit: Limit): void {
  checkCounter(limit)
  if (!isAmount(limit.limit) || (limit.burst !== undefined && !(isAmount(limit.burst) && limit.burst > 0))) {
    throw invalid('A claim needs a limit that is whole, and from 0 to 2^53 - 1; a burst likewise, from 1.')
  }
}

/** @throws GatewayError `TACIT_CLAIM_INVALID` for a counter that cannot be. */
export function checkCounter({ counter, algorithm, windowMs = 0, startsAt, endsAt }: CounterName): void {
  if (counter === '' || counter.length > MAX_NAME_LENGTH) {
    throw invalid(`A counter needs a name of 1 to ${MAX_NAME_LENGTH} characters.`)
  }
  if (algorithm === 'calendar') {
    if (isAmount(startsAt) && isAmount(endsAt) && endsAt > startsAt) return
    throw invalid('A calendar window needs `startsAt` and a later `endsAt`, in whole ms since the epoch.')
  }
  if (algorithm === 'total' || algorithm === 'concurrency') return
  if (isAmount(windowMs) && windowMs > 0 && windowMs <= MAX_WINDOW_MS) return
  throw invalid('A claim needs a window of whole ms, from 1 to ten years.')
}

/** @throws GatewayError `TACIT_CLAIM_INVALID` for a counter that cannot be topped up, or an amount out of range. */
export function checkTopUp(counter: CounterName, amount: number): void {
  checkCounter(counter)
  if (!Number.isSafeInteger(amount)) throw invalid('A top-up is a whole number, from -(2^53 - 1) to 2^53 - 1.')
  if (/^(fixed|calendar|total)$/.test(counter.algorithm)) return
  throw invalid('Only counters of fixed windows, calendar windows and totals can be topped up.')
}

/** @throws GatewayError `TACIT_CLAIM_INVALID` for a counter that cannot be reset. */
export function checkReset(counter: CounterName): void {
  checkCounter(counter)
  if (counter.algorithm === 'concurrency') throw invalid('What is in use cannot be reset.')
}

/** What tells windows of one name and algorithm apart: the length, or where the window begins. */
export function windowOf({ algorithm, windowMs = 0, startsAt = 0 }: CounterName): number {
  if (algorithm === 'calendar') return startsAt
  return algorithm === 'total' || algorithm === 'concurrency' ? 0 : windowMs
}

/** Whose a counter is: the first two parts of its name. */
export function ownerOf(counter: string): string {
  const end = counter.indexOf('/', counter.indexOf('/') + 1)
  return end === -1 ? counter : counter.slice(0, end)
}

/** What was used of what was held: whole, in range, and what was held where it is no number. */
export function settledAmount(actual: number | undefined, held: number): number {
  if (actual === undefined || Number.isNaN(actual)) return held
  return Math.min(Math.max(Math.ceil(actual), 0), Number.MAX_SAFE_INTEGER)
}

function isAmount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0
}

function invalid(sentence: string): GatewayError {
  return new GatewayError('TACIT_CLAIM_INVALID', sentence)
}
