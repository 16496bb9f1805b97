/**
 * `RateLimit-Policy` and `RateLimit`, as the IETF drafts them (draft-ietf-httpapi-ratelimit-headers-10), written as
 * structured fields (RFC 9651). Knows no provider. Pure.
 */

/** What a limit counts. */
export type LimitUnit = 'requests' | 'inputTokens' | 'outputTokens' | 'tokens' | 'cost' | 'bytes' | 'concurrent'

/** A limit, as clients are told of it. */
export interface LimitPolicy {
  /** Visible ASCII. */
  readonly name: string
  readonly unit: LimitUnit
  /** Units. */
  readonly limit: number
  /** Length of the window; undefined where it has none, or not always the same. */
  readonly windowMs: number | undefined
}

/** A limit with what is always the same of it written already: it stands in every response. */
export interface WrittenPolicy extends LimitPolicy {
  /** Its name, as structured fields have it. */
  readonly label: string
  /** Its item of `RateLimit-Policy`. */
  readonly item: string
}

/** How a limit stands for one caller. */
export interface LimitStanding {
  readonly policy: WrittenPolicy
  /** Units that are left. */
  readonly remaining: number
  /** Until the limit is whole again, or until a request may be tried again; Infinity where time does not help. */
  readonly resetMs: number
}

/** Largest integer of a structured field (RFC 9651, 3.3.1). */
const MOST = 999_999_999_999_999

/** Writes what is always the same of a limit. */
export function writtenPolicy(policy: LimitPolicy): WrittenPolicy {
  const { name, unit, limit, windowMs } = policy
  const label = quoted(name)
  const seconds = windowMs === undefined ? 0 : Math.floor(windowMs / 1000)
  const window = seconds > 0 ? `;w=${integer(seconds)}` : ''
  return { name, unit, limit, windowMs, label, item: `${label};q=${integer(limit)}${unitParameter(unit)}${window}` }
}

/**
 * The value of `RateLimit-Policy`; undefined where there is nothing to tell. Requests, bytes and requests at once have a
 * registered unit (`qu`). Tokens have none, so theirs is a parameter of our own. Money is not told: it is no count.
 */
export function rateLimitPolicy(standings: readonly LimitStanding[]): string | undefined {
  let list: string | undefined
  for (const { policy } of standings) {
    if (isTold(policy)) list = list === undefined ? policy.item : `${list}, ${policy.item}`
  }
  return list
}

/** The value of `RateLimit`; undefined where there is nothing to tell. */
export function rateLimit(standings: readonly LimitStanding[]): string | undefined {
  let list: string | undefined
  for (const standing of standings) {
    if (!isTold(standing.policy)) continue
    const item = standingItem(standing)
    list = list === undefined ? item : `${list}, ${item}`
  }
  return list
}

function standingItem({ policy: { label }, remaining, resetMs }: LimitStanding): string {
  const left = `${label};r=${integer(remaining)}`
  return resetMs === Number.POSITIVE_INFINITY ? left : `${left};t=${integer(Math.ceil(resetMs / 1000))}`
}

function isTold({ unit }: LimitPolicy): boolean {
  return unit !== 'cost'
}

function unitParameter(unit: LimitUnit): string {
  switch (unit) {
    case 'requests':
      return ''
    case 'bytes':
      return ';qu="content-bytes"'
    case 'concurrent':
      return ';qu="concurrent-requests"'
    case 'inputTokens':
      return ';tacit-unit="input-tokens"'
    case 'outputTokens':
      return ';tacit-unit="output-tokens"'
    default:
      return `;tacit-unit="${unit}"`
  }
}

function integer(value: number): number {
  return Math.min(Math.max(Math.floor(value), 0), MOST)
}

/** A string of a structured field holds visible ASCII and spaces (RFC 9651, 3.3.3). */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
