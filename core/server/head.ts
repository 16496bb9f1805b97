/**
 * One strict pass over the head of a request, before anything else looks at it.
 * The HTTP parser under us lets through what two servers may read differently:
 * repeated fields of which each keeps another, look-alikes of the fields that
 * frame a body, hosts that are none. A message is refused here unless it has one
 * reading. Knows nothing of routes, sockets or plugins.
 */
import type { CoreReason } from '../errors.ts'
import { isAuthority } from './authority.ts'
import { checkTarget } from './path.ts'

/** What one pass over the raw head found. */
export interface RequestHead {
  /**
   * Flat `[name, value, name, value…]`, names in lower case, in the order of arrival. Fields of the connection
   * ({@link isHopByHop}) are left out; `host` and `content-length` are in.
   */
  readonly headers: string[]
  /** The Host field as it was sent, and valid. */
  readonly host: string
  /** Bytes of the body; undefined when none was announced or it is chunked. */
  readonly contentLength: number | undefined
  /** Whether a body comes in chunks. */
  readonly chunked: boolean
  /** Whether the client waits for a 100 before it sends the body. */
  readonly expectContinue: boolean
  /** The Content-Type field as it was sent, and well-formed. */
  readonly contentType: string | undefined
  /** Lower-case names that `Connection` lists besides those that are never passed on anyway; not to be passed on either. */
  readonly nominated: readonly string[] | undefined
}

/** More fields than this are refused. Node stops listing fields at a limit of its own, beyond which it would frame by what we cannot see. */
export const MAX_HEADER_FIELDS = 100

// What a field is to this pass. All but the first two may occur once.
const HOP = 1
const CONNECTION = 2
const HOST = 1 << 2
const CONTENT_LENGTH = 1 << 3
const TRANSFER_ENCODING = 1 << 4
const EXPECT = 1 << 5
const CONTENT_ENCODING = 1 << 6
const CONTENT_TYPE = 1 << 7
const OTHER_SINGLE = 8

/** Fields of the connection and not of the message (RFC 9110, 7.6.1), in requests and responses. */
const HOP_BY_HOP = [
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'http2-settings'
] as const

/** Fields that say who is calling, or what the body is: two of them, and each reader may take the other one. */
const SINGLE = [
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'content-range',
  'range',
  'origin',
  'idempotency-key'
] as const

const KINDS = new Map<string, number>([
  ['connection', CONNECTION],
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['expect', EXPECT],
  ['content-encoding', CONTENT_ENCODING],
  ['content-type', CONTENT_TYPE],
  ...HOP_BY_HOP.map((name): [string, number] => [name, HOP]),
  ...SINGLE.map((name, index): [string, number] => [name, 1 << (OTHER_SINGLE + index)])
])

/** Named by a Connection field, these still arrive: they belong to the message, and no client may take them from it. */
const NEVER_NOMINATED = new Set(['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding'])

/** Whether a field, named in lower case, belongs to one connection and is never passed on, in either direction. */
export function isHopByHop(name: string): boolean {
  const kind = KINDS.get(name)
  return kind !== undefined && (kind === HOP || kind === CONNECTION || kind === TRANSFER_ENCODING)
}

/** Methods that are never served: TRACE shows credentials to whoever asks, CONNECT makes a tunnel. */
function isRefusedMethod(method: string): boolean {
  return method === 'TRACE' || method === 'CONNECT'
}

// Character classes, one bit each; everything outside the table is in none.
const TOKEN = 1
const UPPER = 2
const UNUSUAL = 4
const CLASSES = new Uint8Array(256)
for (const character of "!#$%&'*+.^_`|~") CLASSES[character.charCodeAt(0)] = TOKEN | UNUSUAL
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789-') CLASSES[character.charCodeAt(0)] = TOKEN
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') CLASSES[character.charCodeAt(0)] = TOKEN | UPPER

/**
 * Reads the head of a request and refuses it unless it has exactly one reading.
 *
 * @param httpVersion as the parser gives it, such as `1.1`.
 * @param rawHeaders names and values as they arrived, alternating, without white space around values.
 * @returns the head, or the reason why the request is refused. After a refusal the connection is to be
 * closed, since where the next request begins is not certain.
 */
export function readHead(
  method: string,
  target: string,
  httpVersion: string,
  rawHeaders: readonly string[]
): RequestHead | CoreReason {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'http_version'
  if (isRefusedMethod(method)) return 'method_not_known'
  const badTarget = checkTarget(method, target)
  if (badTarget !== undefined) return badTarget
  const { length } = rawHeaders
  if (length > MAX_HEADER_FIELDS * 2) return 'headers_too_large'

  const headers: string[] = []
  let seen = 0
  let host = ''
  let contentLength: number | undefined
  let contentType: string | undefined
  let nominated: string[] | undefined

  for (let index = 0; index < length; index += 2) {
    let name = rawHeaders[index] ?? ''
    const value = rawHeaders[index + 1] ?? ''
    const traits = nameTraits(name)
    if (traits === 0 || !isFieldValue(value)) return 'invalid_header'
    if ((traits & UPPER) !== 0) name = name.toLowerCase()
    const kind = KINDS.get(name)
    if (kind === undefined) {
      if ((traits & UNUSUAL) !== 0 && resemblesKnown(name)) return 'invalid_header'
      headers.push(name, value)
      continue
    }
    if (kind === HOP) continue
    if (kind === CONNECTION) {
      const listed = readConnection(value, nominated)
      if (listed === null) return 'invalid_header'
      nominated = listed
      continue
    }
    if ((seen & kind) !== 0) return repeatedReason(kind)
    seen |= kind
    switch (kind) {
      case HOST:
        if (!isAuthority(value)) return 'invalid_host'
        host = value
        break
      case CONTENT_LENGTH:
        contentLength = readContentLength(value)
        if (contentLength === -1) return 'ambiguous_framing'
        if (contentLength === Number.POSITIVE_INFINITY) return 'body_too_large'
        break
      case TRANSFER_ENCODING:
        if (!equalsIgnoringCase(value, 'chunked') || httpVersion === '1.0') return 'ambiguous_framing'
        continue
      case EXPECT:
        if (!equalsIgnoringCase(value, '100-continue')) return 'expectation_failed'
        continue
      case CONTENT_ENCODING:
        // `identity` says nothing (RFC 9110, 8.4.1), so it is not passed on either.
        if (!equalsIgnoringCase(value, 'identity')) return 'encoded_body'
        continue
      case CONTENT_TYPE:
        if (!isMediaType(value)) return 'invalid_header'
        contentType = value
        break
    }
    headers.push(name, value)
  }

  if (host === '') return 'invalid_host'
  const chunked = (seen & TRANSFER_ENCODING) !== 0
  const hasBody = chunked || (contentLength !== undefined && contentLength > 0)
  if (chunked && contentLength !== undefined) return 'ambiguous_framing'
  // A body has no meaning with these (RFC 9110, 9.3.1 and 9.3.2), and a server behind us that does not read it
  // would take it for the next request.
  if (hasBody && (method === 'GET' || method === 'HEAD')) return 'ambiguous_framing'
  const expectContinue = hasBody && (seen & EXPECT) !== 0 && httpVersion === '1.1'
  return { headers, host, contentLength, chunked, expectContinue, contentType, nominated }
}

/** The classes of a name's characters, or 0 when it is no token (RFC 9110, 5.6.2). Hyphens that join nothing count as unusual. */
function nameTraits(name: string): number {
  let traits = 0
  let previous = 0x2d
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index)
    const traitsOfCode = CLASSES[code] ?? 0
    if ((traitsOfCode & TOKEN) === 0) return 0
    if (code === 0x2d && previous === 0x2d) traits |= UNUSUAL
    traits |= traitsOfCode
    previous = code
  }
  return previous === 0x2d && traits !== 0 ? traits | UNUSUAL : traits
}

/** Visible characters, spaces, tabs and bytes above ASCII (RFC 9110, 5.5). */
function isFieldValue(value: string): boolean {
  const { length } = value
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return false
  }
  return true
}

/**
 * Whether a name is one that this pass knows, but for how its words are joined: `content_length`,
 * `Transfer--Encoding`. Servers that turn fields into variables read both as the same.
 */
function resemblesKnown(name: string): boolean {
  const words = name.split(/[^a-z0-9]+/).filter(word => word !== '')
  return KINDS.has(words.join('-'))
}

function repeatedReason(kind: number): CoreReason {
  switch (kind) {
    case HOST:
      return 'invalid_host'
    case CONTENT_LENGTH:
    case TRANSFER_ENCODING:
      return 'ambiguous_framing'
    case EXPECT:
      return 'expectation_failed'
    case CONTENT_ENCODING:
      return 'encoded_body'
    default:
      return 'invalid_header'
  }
}

/** Digits only, no needless zeros; -1 for anything else, infinite for more than can be counted exactly. */
function readContentLength(value: string): number {
  const { length } = value
  if (length === 0 || (length > 1 && value.charCodeAt(0) === 0x30)) return -1
  let bytes = 0
  for (let index = 0; index < length; index++) {
    const digit = value.charCodeAt(index) - 0x30
    if (digit < 0 || digit > 9) return -1
    bytes = bytes * 10 + digit
  }
  return length > 15 ? Number.POSITIVE_INFINITY : bytes
}

/** `expected` is in lower-case ASCII; anything beyond ASCII in `value` is different. */
function equalsIgnoringCase(value: string, expected: string): boolean {
  if (value.length !== expected.length) return false
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code
    if (lower !== expected.charCodeAt(index)) return false
  }
  return true
}

/** Adds what a Connection field lists (RFC 9110, 7.6.1) to what earlier ones did; null when it is malformed. */
function readConnection(value: string, earlier: string[] | undefined): string[] | undefined | null {
  if (value === 'keep-alive' || value === 'close') return earlier
  let listed = earlier
  for (const part of value.split(',')) {
    const option = part.trim().toLowerCase()
    if (option === '' || option === 'close' || option === 'keep-alive') continue
    if (nameTraits(option) === 0) return null
    if (isHopByHop(option) || NEVER_NOMINATED.has(option)) continue
    if (listed === undefined) listed = [option]
    else if (!listed.includes(option)) listed.push(option)
  }
  return listed
}

/** `type/subtype *( OWS ";" OWS name=value )` (RFC 9110, 8.3.1), with tokens or quoted strings as values. */
function isMediaType(value: string): boolean {
  const slash = tokenEnd(value, 0)
  if (slash === 0 || value.charCodeAt(slash) !== 0x2f) return false
  let position = tokenEnd(value, slash + 1)
  if (position === slash + 1) return false
  const { length } = value
  while (position < length) {
    position = skipSpace(value, position)
    if (value.charCodeAt(position) !== 0x3b) return false
    position = skipSpace(value, position + 1)
    // An empty parameter: `application/json;`, which some clients send.
    if (position === length || value.charCodeAt(position) === 0x3b) continue
    const equals = tokenEnd(value, position)
    if (equals === position || value.charCodeAt(equals) !== 0x3d) return false
    position = value.charCodeAt(equals + 1) === 0x22 ? quotedEnd(value, equals + 1) : tokenEnd(value, equals + 1)
    if (position <= equals + 1) return false
  }
  return true
}

function tokenEnd(value: string, start: number): number {
  let position = start
  while (position < value.length && ((CLASSES[value.charCodeAt(position)] ?? 0) & TOKEN) !== 0) position++
  return position
}

function skipSpace(value: string, start: number): number {
  let position = start
  while (value.charCodeAt(position) === 0x20 || value.charCodeAt(position) === 0x09) position++
  return position
}

/** The position after the closing quote, or -1. */
function quotedEnd(value: string, start: number): number {
  for (let position = start + 1; position < value.length; position++) {
    const code = value.charCodeAt(position)
    if (code === 0x22) return position + 1
    if (code === 0x5c) position++
  }
  return -1
}
