/** Finds the API key in the headers of a request. Pure: judges the form only, not whether the key is known. */
import type { HeadersView } from 'tacit-gateway/plugin'

/** Keys longer than this are never looked up. Those of the known providers have at most some 200 characters. */
export const MAX_KEY_LENGTH = 512

/** What a request presents: a key, or why there is none. */
export type Presented =
  | { readonly key: string }
  | { readonly refusal: 'missing_api_key' | 'ambiguous_api_key' | 'unknown_api_key' }

const MISSING: Presented = { refusal: 'missing_api_key' }
const AMBIGUOUS: Presented = { refusal: 'ambiguous_api_key' }
const TOO_LONG: Presented = { refusal: 'unknown_api_key' }

/** A header that may carry a key, and the scheme that stands before it; '' when the value is the key. Both in lower case. */
export interface KeyHeader {
  readonly name: string
  readonly scheme: string
}

/** Looks in all of `places`. A second key, or a second line of one header, makes the request ambiguous. */
export function presentedKey(headers: HeadersView, places: readonly KeyHeader[]): Presented {
  let key: string | undefined
  for (const { name, scheme } of places) {
    const value = headers.get(name)
    if (value === undefined) continue
    // A proxy before or behind this one might read the other line.
    if (headers.getAll(name).length > 1) return AMBIGUOUS
    const found = keyIn(value, scheme)
    if (found === undefined) continue
    if (key !== undefined) return AMBIGUOUS
    key = found
  }
  if (key === undefined) return MISSING
  return key.length > MAX_KEY_LENGTH ? TOO_LONG : { key }
}

/** The key in one header value (RFC 9110, 11.4: the scheme in any case, then spaces); undefined when it holds none. */
export function keyIn(value: string, scheme: string): string | undefined {
  if (scheme === '') return value.trim() || undefined
  if (value.charCodeAt(scheme.length) !== 0x20) return undefined
  if (value.slice(0, scheme.length).toLowerCase() !== scheme) return undefined
  return value.slice(scheme.length).trim() || undefined
}
