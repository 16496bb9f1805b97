/** Judges the claims of a token whose signature is good (RFC 7519, 4.1), and reads from them who calls. Pure. */

/** Claims, as they were signed. */
export type Claims = Readonly<Record<string, unknown>>

/** What claims are held against. */
export interface ClaimRules {
  readonly issuer: string
  readonly audience: readonly string[]
  /** By how much clocks may differ, in ms. */
  readonly leewayMs: number
}

/** Why claims do not count. */
export type ClaimFault = 'expired' | 'not_yet' | 'no_expiry' | 'wrong_issuer' | 'wrong_audience' | 'wrong_type'

/** Which claims say what. */
export interface ClaimNames {
  readonly consumer: string
  readonly group: string | undefined
  readonly scopes: string | undefined
  readonly models: string | undefined
  /** By label. */
  readonly labels: Readonly<Record<string, string>>
}

/** What claims say of who calls. */
export interface Identity {
  readonly consumer: string
  readonly group: string | undefined
  readonly scopes: readonly string[]
  /** Undefined: every one. */
  readonly models: readonly string[] | undefined
  readonly labels: Readonly<Record<string, string>>
}

/** Longest name of a consumer that is read. */
const MAX_NAME_LENGTH = 256
/** Labels are words, for they end up in rules and metrics. */
const WORD = /^[A-Za-z0-9._:@/+-]{1,128}$/

/** Why these claims do not count at that moment, in ms since the epoch; undefined when they do. */
export function claimFault(
  claims: Claims,
  { issuer, audience, leewayMs }: ClaimRules,
  at: number
): ClaimFault | undefined {
  const { exp, nbf, iat, iss, aud } = claims
  if (exp === undefined) return 'no_expiry'
  if (!isInstant(exp) || !isInstant(nbf ?? 0) || !isInstant(iat ?? 0)) return 'wrong_type'
  if (at >= exp * 1000 + leewayMs) return 'expired'
  if (Math.max(Number(nbf ?? 0), Number(iat ?? 0)) * 1000 > at + leewayMs) return 'not_yet'
  if (iss !== issuer) return 'wrong_issuer'
  const heard: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return heard.some(name => typeof name === 'string' && audience.includes(name)) ? undefined : 'wrong_audience'
}

/** Until when claims count, in ms since the epoch; those without an end do not count at all. */
export function endOf({ exp }: Claims, leewayMs: number): number {
  return typeof exp === 'number' ? exp * 1000 + leewayMs : 0
}

/** Who calls; undefined where the claims name nobody, or say something that cannot be read. */
export function identityOf(claims: Claims, names: ClaimNames): Identity | undefined {
  const consumer = claimAt(claims, names.consumer)
  if (typeof consumer !== 'string' || consumer === '' || consumer.length > MAX_NAME_LENGTH) return undefined
  const group = names.group === undefined ? undefined : claimAt(claims, names.group)
  const scopes = names.scopes === undefined ? [] : wordsOf(claimAt(claims, names.scopes))
  // A token that says nothing of models where it should is good for none.
  const models = names.models === undefined ? undefined : (wordsOf(claimAt(claims, names.models)) ?? [])
  if (scopes === undefined || !(group === undefined || typeof group === 'string')) return undefined
  const labels: Record<string, string> = {}
  for (const [label, claim] of Object.entries(names.labels)) {
    const value = claimAt(claims, claim)
    if (typeof value === 'string' && WORD.test(value)) labels[label] = value
  }
  return { consumer, group, scopes, models, labels }
}

/** The claim of that name; else, with dots, the member of a member. Only what an object itself has. */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, part))
      return undefined
    value = Reflect.get(value, part)
  }
  return value
}

/** A list of words, or words in one text (RFC 8693, 4.2); empty where there is nothing, undefined for anything else. */
function wordsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return []
  if (typeof value === 'string') return value.split(' ').filter(word => word !== '')
  return Array.isArray(value) && value.every(word => typeof word === 'string') ? value : undefined
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
