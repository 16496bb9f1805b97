/** Finds the token in the headers of a request. Pure: judges the form only. */
import type { HeadersView } from 'tacit-gateway/plugin'

/** What a request presents. */
export type PresentedToken = { readonly token: string } | 'missing' | 'ambiguous'

const SCHEME = 'bearer '
/** A JWS has two dots (RFC 7515, 7.1), a JWE four (RFC 7516, 7.1); a key of another plugin has none. */
const DOTTED = /^[^.\s]*(?:\.[^.\s]*){2,4}$/

/**
 * The token after `Bearer` (RFC 6750, 2.1). What has not the form of one is not for this plugin, and so it is missing: a
 * key, say, that another plugin knows.
 */
export function presentedToken(headers: HeadersView, name: string): PresentedToken {
  const value = headers.get(name)
  if (value === undefined) return 'missing'
  // A proxy before or behind this one might read the other line.
  if (headers.getAll(name).length > 1) return 'ambiguous'
  if (value.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return 'missing'
  const token = value.slice(SCHEME.length).trim()
  return DOTTED.test(token) ? { token } : 'missing'
}
