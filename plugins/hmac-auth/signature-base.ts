/**
 * Reads HTTP message signatures (RFC 9421) with HMAC-SHA-256, and makes the text
 * that they sign. One signature, and members in the order and the form in which
 * RFC 9421, 4.1 writes them: whatever needs a more obliging reader is refused. Pure.
 */
import type { HeadersView } from 'tacit-gateway/plugin'

/** A signature, as a request presents it. */
export interface PresentedSignature {
  /** Names of what is signed, in order. */
  readonly components: readonly string[]
  /** Component names and parameters as they came: they are signed too. */
  readonly parameters: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly expires: number | undefined
  readonly keyId: string
  readonly nonce: string
  readonly signature: Buffer
}

/** What of a request is signed. */
export interface SignedRequest {
  readonly method: string
  /** Path with query, as received. */
  readonly target: string
  readonly headers: HeadersView
}

const INPUT =
  /^([a-z*][a-z0-9_.*-]{0,63})=(\(((?:"[a-z0-9@-]{1,64}"(?: "[a-z0-9@-]{1,64}"){0,31})?)\)((?:;[a-z]+=(?:\d{1,12}|"[\x20\x21\x23-\x5b\x5d-\x7e]{1,256}"))*))$/
const PARAMETER = /;([a-z]+)=(?:(\d+)|"([^"]*)")/g
const VALUE = /^([a-z*][a-z0-9_.*-]{0,63})=:([A-Za-z0-9+/]+={0,2}):$/
const DERIVED: ReadonlySet<string> = new Set(['@method', '@authority', '@path', '@query', '@request-target'])
const KNOWN_PARAMETERS: ReadonlySet<string> = new Set(['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'])

/** The signature in `signature-input` and `signature`; `malformed` for one that is not written as it must be. */
export function presentedSignature(headers: HeadersView): PresentedSignature | 'missing' | 'malformed' {
  const input = headers.get('signature-input')
  const value = headers.get('signature')
  if (input === undefined && value === undefined) return 'missing'
  if (headers.getAll('signature-input').length !== 1 || headers.getAll('signature').length !== 1) return 'malformed'
  const [, label, parameters = '', list = '', tail = ''] = INPUT.exec(input ?? '') ?? []
  const [, sameLabel, encoded = ''] = VALUE.exec(value ?? '') ?? []
  if (label === undefined || label !== sameLabel) return 'malformed'
  const components = list === '' ? [] : list.split(' ').map(name => name.slice(1, -1))
  if (new Set(components).size !== components.length) return 'malformed'
  if (!components.every(name => !name.startsWith('@') || DERIVED.has(name))) return 'malformed'
  const given = new Map<string, string>()
  for (const [, name = '', number, text] of tail.matchAll(PARAMETER)) {
    if (given.has(name) || !KNOWN_PARAMETERS.has(name)) return 'malformed'
    given.set(name, number ?? text ?? '')
  }
  const { created, expires, keyid, nonce, alg } = Object.fromEntries(given)
  if (created === undefined || keyid === undefined || nonce === undefined) return 'malformed'
  if (alg !== undefined && alg !== 'hmac-sha256') return 'malformed'
  const signature = Buffer.from(encoded, 'base64')
  if (signature.toString('base64') !== encoded) return 'malformed'
  const [createdAt, expiresAt] = [Number(created), expires === undefined ? undefined : Number(expires)]
  if (!Number.isSafeInteger(createdAt) || Number.isNaN(expiresAt)) return 'malformed'
  return { components, parameters, created: createdAt, expires: expiresAt, keyId: keyid, nonce, signature }
}

/**
 * Whether enough is signed: the method, whom it is for, the whole target, and the body if there is one.
 * @param hasBody whether the request has a body that is not empty.
 */
export function coversEnough(components: readonly string[], target: string, hasBody: boolean): boolean {
  const has = (name: string) => components.includes(name)
  const coversTarget = has('@request-target') || (has('@path') && (!target.includes('?') || has('@query')))
  return has('@method') && has('@authority') && coversTarget && (!hasBody || has('content-digest'))
}

/** The text that is signed (RFC 9421, 2.5); undefined when something of it is not there. */
export function signatureBase(
  { components, parameters }: Pick<PresentedSignature, 'components' | 'parameters'>,
  request: SignedRequest
): string | undefined {
  const lines: string[] = []
  for (const name of components) {
    const value = componentOf(name, request)
    if (value === undefined) return undefined
    lines.push(`"${name}": ${value}`)
  }
  return [...lines, `"@signature-params": ${parameters}`].join('\n')
}

function componentOf(name: string, { method, target, headers }: SignedRequest): string | undefined {
  const query = target.indexOf('?')
  switch (name) {
    case '@method':
      return method
    case '@authority':
      return headers.get('host')?.toLowerCase()
    case '@request-target':
      return target
    case '@path':
      return query === -1 ? target : target.slice(0, query)
    case '@query':
      return query === -1 ? '?' : target.slice(query)
    default:
      return headers.get(name)?.trim()
  }
}
