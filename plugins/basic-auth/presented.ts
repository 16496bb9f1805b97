/** Reads `Basic` credentials (RFC 7617). Pure: judges the form only. */
import type { HeadersView } from 'tacit-gateway/plugin'

/** What a request presents: name and password as they were sent, apart by the first colon. */
export type PresentedBasic = { readonly pair: string } | 'missing' | 'ambiguous' | 'malformed'

const SCHEME = 'basic '
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
/** Longest pair that is looked up, in bytes. */
const MAX_LENGTH = 512
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Looks into one header. */
export function presentedBasic(headers: HeadersView, name: string): PresentedBasic {
  const value = headers.get(name)
  if (value === undefined) return 'missing'
  if (headers.getAll(name).length > 1) return 'ambiguous'
  if (value.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return 'missing'
  const text = value.slice(SCHEME.length).trim()
  if (!BASE64.test(text)) return 'malformed'
  const bytes = Buffer.from(text, 'base64')
  // One way to write each pair: two texts for one password would be two chances to be remembered.
  if (bytes.length > MAX_LENGTH || bytes.toString('base64') !== text) return 'malformed'
  try {
    const pair = UTF8.decode(bytes)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 7617, 2 forbids them.
    return pair.includes(':') && !/[\0-\x1f\x7f]/.test(pair) ? { pair } : 'malformed'
  } catch {
    return 'malformed'
  }
}
