/**
 * How OpenAI and Anthropic tell their callers of limits: in headers of their own, which their SDKs and the tools around
 * them read. And which headers of an upstream tell of limits that are not the caller's. Pure: the instant is an argument.
 */
import type { Dialect } from '../facts.ts'
import type { LimitStanding, LimitUnit } from './fields.ts'

/** Whether a header, in lower case, tells of a limit: behind a gateway, of the account that it has there. */
export function tellsOfLimits(name: string): boolean {
  return (
    name.startsWith('x-ratelimit-') ||
    name.startsWith('anthropic-ratelimit-') ||
    name === 'ratelimit' ||
    name.startsWith('ratelimit-')
  )
}

/**
 * The headers that a dialect tells limits in, beside the standard ones; none for dialects that have none. Of several
 * limits on the same, the one of which the smallest share is left is told.
 * @param now ms since the epoch, for who tells instants.
 */
export function limitHeaders(
  dialect: Dialect,
  standings: readonly LimitStanding[],
  now: number
): readonly (readonly [name: string, value: string])[] {
  if (dialect === 'anthropic-messages') return anthropicHeaders(standings, now)
  return dialect.startsWith('openai-') ? openaiHeaders(standings) : []
}

/** https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers */
function openaiHeaders(standings: readonly LimitStanding[]): readonly (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = []
  for (const unit of ['requests', 'tokens'] as const) {
    const standing = tightest(standings, unit)
    if (standing === undefined) continue
    headers.push(
      [`x-ratelimit-limit-${unit}`, whole(standing.policy.limit)],
      [`x-ratelimit-remaining-${unit}`, whole(standing.remaining)]
    )
    if (isTime(standing.resetMs)) headers.push([`x-ratelimit-reset-${unit}`, goDuration(standing.resetMs)])
  }
  return headers
}

const ANTHROPIC_WORDS = [
  ['requests', 'requests'],
  ['tokens', 'tokens'],
  ['inputTokens', 'input-tokens'],
  ['outputTokens', 'output-tokens']
] as const

/** https://docs.claude.com/en/api/rate-limits#response-headers: instants as in RFC 3339. */
function anthropicHeaders(standings: readonly LimitStanding[], now: number): readonly (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = []
  for (const [unit, word] of ANTHROPIC_WORDS) {
    const standing = tightest(standings, unit)
    if (standing === undefined) continue
    headers.push(
      [`anthropic-ratelimit-${word}-limit`, whole(standing.policy.limit)],
      [`anthropic-ratelimit-${word}-remaining`, whole(standing.remaining)]
    )
    if (isTime(standing.resetMs)) headers.push([`anthropic-ratelimit-${word}-reset`, instant(now + standing.resetMs)])
  }
  return headers
}

function tightest(standings: readonly LimitStanding[], unit: LimitUnit): LimitStanding | undefined {
  let found: LimitStanding | undefined
  for (const standing of standings) {
    if (standing.policy.unit !== unit) continue
    if (found === undefined || isTighter(standing, found)) found = standing
  }
  return found
}

/** Whether a smaller part of it is left. */
function isTighter(one: LimitStanding, other: LimitStanding): boolean {
  return one.remaining * other.policy.limit < other.remaining * one.policy.limit
}

function whole(value: number): string {
  return String(Math.max(Math.floor(value), 0))
}

/** More than that is no time that anybody waits for: a century, in ms. */
const CENTURY_MS = 100 * 365.25 * 86_400_000

function isTime(ms: number): boolean {
  return ms <= CENTURY_MS
}

/** Rounded up to whole seconds: a client that comes then is not too early. */
function instant(at: number): string {
  return new Date(Math.ceil(at / 1000) * 1000).toJSON().replace('.000Z', 'Z')
}

/** A duration as Go writes it, which OpenAI does: `0s`, `12ms`, `1.5s`, `6m0s`, `1h0m0s`. */
export function goDuration(ms: number): string {
  const total = Math.ceil(Math.max(ms, 0))
  if (total === 0) return '0s'
  if (total < 1000) return `${total}ms`
  const hours = Math.floor(total / 3_600_000)
  const minutes = Math.floor(total / 60_000) % 60
  const seconds = `${(total % 60_000) / 1000}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
