/**
 * What each header field is to the reading of a request's head: one that frames
 * the body, one that belongs to the connection, a claim, or nothing special.
 */
import { type Believed, CLAIMS, familyClaim } from './claims.ts'
import { UNUSUAL } from './syntax.ts'

/** What a field may be. Fields of which a message has one at most have a bit of their own, from `host` on. */
export const KIND = {
  /** Passed on as it is. */
  plain: 0,
  /** Never passed on. */
  dropped: 1,
  /** A claim that is passed on if the peer is trusted. */
  believed: 2,
  connection: 3,
  forwardedFor: 4,
  forwardedProto: 5,
  forwardedHost: 6,
  forwardedPort: 7,
  via: 8,
  /** Not a field that is known, but one that a server may take for it. */
  lookAlike: 9,
  host: 1 << 4,
  contentLength: 1 << 5,
  transferEncoding: 1 << 6,
  expect: 1 << 7,
  contentEncoding: 1 << 8,
  contentType: 1 << 9
} as const

const FIRST_OTHER_SINGLE = 10

/** Fields of the connection and not of the message (RFC 9110, 7.6.1), in requests and responses. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings'
])

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
]

const KINDS = new Map<string, number>()
for (const name of HOP_BY_HOP) KINDS.set(name, KIND.dropped)
for (const [name, believed] of CLAIMS) KINDS.set(name, kindOfClaim(believed))
for (const [index, name] of SINGLE.entries()) KINDS.set(name, 1 << (FIRST_OTHER_SINGLE + index))
KINDS.set('connection', KIND.connection)
KINDS.set('x-forwarded-for', KIND.forwardedFor)
KINDS.set('x-forwarded-proto', KIND.forwardedProto)
KINDS.set('x-forwarded-host', KIND.forwardedHost)
KINDS.set('x-forwarded-port', KIND.forwardedPort)
KINDS.set('via', KIND.via)
KINDS.set('host', KIND.host)
KINDS.set('content-length', KIND.contentLength)
KINDS.set('transfer-encoding', KIND.transferEncoding)
KINDS.set('expect', KIND.expect)
KINDS.set('content-encoding', KIND.contentEncoding)
KINDS.set('content-type', KIND.contentType)

function kindOfClaim(believed: Believed | undefined): number {
  if (believed === undefined) return KIND.plain
  return believed === 'never' ? KIND.dropped : KIND.believed
}

/** Whether a field, named in lower case, belongs to one connection and is never passed on, in either direction. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name)
}

/** What a field is, by its name in lower case and the traits of the name. */
export function kindOf(name: string, traits: number): number {
  const kind = KINDS.get(name) ?? kindOfClaim(familyClaim(name))
  return kind === KIND.plain && (traits & UNUSUAL) !== 0 ? kindByWords(name) : kind
}

/**
 * Names such as `content_length` or `Transfer--Encoding`: servers that turn fields into variables do not tell
 * them from the ones they look like. A claim in such a name is one all the same; anything else that this pass
 * knows is refused.
 */
function kindByWords(name: string): number {
  const words = name.split(/[^a-z0-9]+/).filter(word => word !== '')
  const meant = words.join('-')
  const kind = KINDS.get(meant) ?? kindOfClaim(familyClaim(meant))
  if (kind === KIND.plain) return KIND.plain
  return HOP_BY_HOP.has(meant) || kind >= KIND.host ? KIND.lookAlike : KIND.dropped
}
