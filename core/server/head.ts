/**
 * One strict pass over the head of a request, before anything else looks at it.
 * The HTTP parser under us lets through what two servers may read differently:
 * repeated fields of which each keeps another, look-alikes of the fields that
 * frame a body, hosts that are none. A message is refused here unless it has one
 * reading. Knows nothing of routes, sockets or plugins.
 */
import type { CoreReason } from '../errors.ts'
import { isAuthority } from './authority.ts'
import { isHopByHop, KIND, kindOf } from './field-kinds.ts'
import { checkTarget } from './path.ts'
import { equalsIgnoringCase, isFieldValue, isMediaType, nameTraits, readContentLength, UPPER } from './syntax.ts'

/** What one pass over the raw head found. */
export interface RequestHead {
  /**
   * Flat `[name, value, name, value…]`, names in lower case, in the order of arrival. `host` and `content-length`
   * are in; fields of the connection ({@link isHopByHop}), claims that are not believed, and the fields that have
   * a property of their own below are left out.
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
  /** The Content-Type field as it was sent, and well-formed. Also in `headers`. */
  readonly contentType: string | undefined
  /** Lower-case names that `Connection` lists besides those that are never passed on anyway; not to be passed on either. */
  readonly nominated: readonly string[] | undefined
  /** Each with its repetitions joined in order; undefined from a peer that is not trusted. */
  readonly forwardedFor: string | undefined
  readonly forwardedProto: string | undefined
  readonly forwardedHost: string | undefined
  readonly forwardedPort: string | undefined
  /** From anybody, its repetitions joined in order. */
  readonly via: string | undefined
}

/** More fields than this are refused. Node stops listing fields at a limit of its own, beyond which it would frame by what we cannot see. */
export const MAX_HEADER_FIELDS = 100

/** Named by a Connection field, these are passed on all the same: no client may take them from a message. */
const NEVER_NOMINATED = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'via',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port'
])

/** Methods that are never served: TRACE shows credentials to whoever asks, CONNECT makes a tunnel. */
function isRefusedMethod(method: string): boolean {
  return method === 'TRACE' || method === 'CONNECT'
}

/**
 * Reads the head of a request and refuses it unless it has exactly one reading.
 *
 * @param httpVersion as the parser gives it, such as `1.1`.
 * @param rawHeaders names and values as they arrived, alternating, without white space around values.
 * @param peerTrusted whether whoever sent this is believed about whom it was sent for.
 * @returns the head, or the reason why the request is refused. After a refusal the connection is to be
 * closed, since where the next request begins is not certain.
 */
export function readHead(
  method: string,
  target: string,
  httpVersion: string,
  rawHeaders: readonly string[],
  peerTrusted = false
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
  let forwardedFor: string | undefined
  let forwardedProto: string | undefined
  let forwardedHost: string | undefined
  let forwardedPort: string | undefined
  let via: string | undefined

  for (let index = 0; index < length; index += 2) {
    let name = rawHeaders[index] ?? ''
    const value = rawHeaders[index + 1] ?? ''
    const traits = nameTraits(name)
    if (traits === 0 || !isFieldValue(value)) return 'invalid_header'
    if ((traits & UPPER) !== 0) name = name.toLowerCase()
    const kind = kindOf(name, traits)
    if (kind === KIND.plain) {
      headers.push(name, value)
      continue
    }
    if (kind === KIND.lookAlike) return 'invalid_header'
    if (kind < KIND.host) {
      switch (kind) {
        case KIND.connection: {
          const listed = readConnection(value, nominated)
          if (listed === null) return 'invalid_header'
          nominated = listed
          break
        }
        case KIND.via:
          via = joined(via, value)
          break
        case KIND.dropped:
          break
        default:
          if (!peerTrusted) break
          if (kind === KIND.forwardedFor) forwardedFor = joined(forwardedFor, value)
          else if (kind === KIND.forwardedProto) forwardedProto = joined(forwardedProto, value)
          else if (kind === KIND.forwardedHost) forwardedHost = joined(forwardedHost, value)
          else if (kind === KIND.forwardedPort) forwardedPort = joined(forwardedPort, value)
          else headers.push(name, value)
      }
      continue
    }
    if ((seen & kind) !== 0) return repeatedReason(kind)
    seen |= kind
    switch (kind) {
      case KIND.host:
        if (!isAuthority(value)) return 'invalid_host'
        host = value
        break
      case KIND.contentLength:
        contentLength = readContentLength(value)
        if (contentLength === -1) return 'ambiguous_framing'
        if (contentLength === Number.POSITIVE_INFINITY) return 'body_too_large'
        break
      case KIND.transferEncoding:
        if (!equalsIgnoringCase(value, 'chunked') || httpVersion === '1.0') return 'ambiguous_framing'
        continue
      case KIND.expect:
        if (!equalsIgnoringCase(value, '100-continue')) return 'expectation_failed'
        continue
      case KIND.contentEncoding:
        // `identity` says nothing (RFC 9110, 8.4.1), so it is not passed on either.
        if (!equalsIgnoringCase(value, 'identity')) return 'encoded_body'
        continue
      case KIND.contentType:
        if (!isMediaType(value)) return 'invalid_header'
        contentType = value
        break
    }
    headers.push(name, value)
  }

  if (host === '') return 'invalid_host'
  const chunked = (seen & KIND.transferEncoding) !== 0
  const hasBody = chunked || (contentLength !== undefined && contentLength > 0)
  if (chunked && contentLength !== undefined) return 'ambiguous_framing'
  // A body has no meaning with these (RFC 9110, 9.3.1 and 9.3.2), and a server behind us that does not read it
  // would take it for the next request.
  if (hasBody && (method === 'GET' || method === 'HEAD')) return 'ambiguous_framing'
  const expectContinue = hasBody && (seen & KIND.expect) !== 0 && httpVersion === '1.1'
  return {
    headers,
    host,
    contentLength,
    chunked,
    expectContinue,
    contentType,
    nominated,
    forwardedFor,
    forwardedProto,
    forwardedHost,
    forwardedPort,
    via
  }
}

function joined(earlier: string | undefined, value: string): string {
  return earlier === undefined ? value : `${earlier}, ${value}`
}

function repeatedReason(kind: number): CoreReason {
  switch (kind) {
    case KIND.host:
      return 'invalid_host'
    case KIND.contentLength:
    case KIND.transferEncoding:
      return 'ambiguous_framing'
    case KIND.expect:
      return 'expectation_failed'
    case KIND.contentEncoding:
      return 'encoded_body'
    default:
      return 'invalid_header'
  }
}

/** Adds what a Connection field lists (RFC 9110, 7.6.1) to what earlier ones did; null when it is malformed, or names more fields than a message may have. */
function readConnection(value: string, earlier: string[] | undefined): string[] | undefined | null {
  if (value === 'keep-alive' || value === 'close') return earlier
  let listed = earlier
  const parts = value.split(',', MAX_HEADER_FIELDS + 1)
  if (parts.length > MAX_HEADER_FIELDS) return null
  for (const part of parts) {
    const option = part.trim().toLowerCase()
    if (option === '' || option === 'close' || option === 'keep-alive') continue
    if (nameTraits(option) === 0) return null
    if (isHopByHop(option) || NEVER_NOMINATED.has(option)) continue
    if (listed === undefined) listed = [option]
    else if (!listed.includes(option)) listed.push(option)
    if (listed.length > MAX_HEADER_FIELDS) return null
  }
  return listed
}
