/** What a 401 says of how to do better. Pure. */

/** The facts to refuse with, by reason. */
export interface Challenges {
  readonly missing_api_key: Challenge
  readonly unknown_api_key: Challenge
  readonly ambiguous_api_key: Challenge
}

/** One challenge, as `host.refuse` takes it. */
export interface Challenge {
  readonly headers: { readonly 'www-authenticate': string }
}

/**
 * A 401 must carry a challenge (RFC 9110, 11.6.1). For Bearer it says what was wrong (RFC 6750, 3.1), and says nothing
 * when there was no key; keys without a scheme have no registered name, and are called `Key`.
 */
export function challengesOf(scheme: string): Challenges {
  const isBearer = scheme.toLowerCase() === 'bearer'
  const challenge = (error: string): Challenge => ({
    headers: { 'www-authenticate': isBearer ? `Bearer error="${error}"` : scheme || 'Key' }
  })
  return {
    missing_api_key: { headers: { 'www-authenticate': scheme || 'Key' } },
    unknown_api_key: challenge('invalid_token'),
    ambiguous_api_key: challenge('invalid_request')
  }
}
