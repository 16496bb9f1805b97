/**
 * Where a request came from, and what is said of that to whoever gets it next.
 * Only trusted proxies are believed; what anybody else claims has been left out
 * when the head was read. Pure.
 */
import { isIP } from 'node:net'
import { isAuthority } from './authority.ts'
import { isHopByHop } from './field-kinds.ts'
import type { RequestHead } from './head.ts'
import { plainAddress, type TrustedProxies } from './trusted-proxies.ts'

/**
 * The address of the client: that of the socket, or, behind trusted proxies, the last one of
 * `x-forwarded-for` that none of them has. Entries further left are only what that client claims.
 *
 * @param remoteAddress of the socket; undefined when it is gone already.
 * @param forwardedFor from {@link RequestHead.forwardedFor}.
 * @returns an address without port or brackets; `unknown` when the socket is gone.
 */
export function clientAddress(
  remoteAddress: string | undefined,
  forwardedFor: string | undefined,
  trusted: TrustedProxies
): string {
  let nearest = remoteAddress === undefined ? 'unknown' : plainAddress(remoteAddress)
  if (forwardedFor === undefined || !trusted.trusts(nearest)) return nearest
  let end = forwardedFor.length
  while (end >= 0) {
    const comma = forwardedFor.lastIndexOf(',', end - 1)
    const address = addressOf(forwardedFor.slice(comma + 1, end).trim())
    // An entry that is no address was not written by a proxy that can be believed: what stands left of it neither.
    if (address === undefined) return nearest
    nearest = address
    if (comma <= 0 || !trusted.trusts(nearest)) return nearest
    end = comma
  }
  return nearest
}

/** `192.0.2.7`, `192.0.2.7:1234`, `2001:db8::1`, `[2001:db8::1]:1234` without the port; undefined for anything else. */
function addressOf(entry: string): string | undefined {
  let address = entry
  if (entry.charCodeAt(0) === 0x5b) {
    const close = entry.indexOf(']')
    address = close === -1 ? '' : entry.slice(1, close)
  } else {
    const colon = entry.indexOf(':')
    // One colon: an IPv4 address and a port.
    if (colon !== -1 && entry.indexOf(':', colon + 1) === -1) address = entry.slice(0, colon)
  }
  return isIP(address) === 0 || address.includes('%') ? undefined : plainAddress(address)
}

/** What the gateway itself knows of how a request arrived. */
export interface Arrival {
  /** Address of the socket's other end, in the form of `plainAddress`. */
  readonly peerAddress: string
  /** Whether that peer is a trusted proxy, the same as was told to `readHead`. */
  readonly peerTrusted: boolean
  /** Whether it came over TLS. */
  readonly secure: boolean
  /** As the parser gives it, such as `1.1`. */
  readonly httpVersion: string
  /** Name of this gateway in `Via` fields: a token that no other gateway has. */
  readonly pseudonym: string
  /** Whether the next server is told the client's address. */
  readonly revealClient: boolean
}

/**
 * Adds to the headers for an upstream what they say about the way of the request: `x-forwarded-for`, `-proto`,
 * `-host` and `-port`, and `via` (RFC 9110, 7.6.3). From a trusted proxy these are continued, from anybody else begun.
 */
export function addForwarded(headers: string[], head: RequestHead, arrival: Arrival): void {
  const believed = arrival.peerTrusted
  if (arrival.revealClient) {
    const earlier = believed ? head.forwardedFor : undefined
    headers.push('x-forwarded-for', earlier === undefined ? arrival.peerAddress : `${earlier}, ${arrival.peerAddress}`)
  }
  const protocol = believed ? lastOf(head.forwardedProto) : ''
  headers.push(
    'x-forwarded-proto',
    protocol === 'https' || protocol === 'http' ? protocol : arrival.secure ? 'https' : 'http'
  )
  const host = believed ? lastOf(head.forwardedHost) : ''
  headers.push('x-forwarded-host', isAuthority(host) ? host : head.host)
  const port = believed ? lastOf(head.forwardedPort) : ''
  if (/^[1-9]\d{0,4}$/.test(port)) headers.push('x-forwarded-port', port)
  const step = `${arrival.httpVersion} ${arrival.pseudonym}`
  headers.push('via', head.via === undefined ? step : `${head.via}, ${step}`)
}

/** The last entry of a list: what the nearest proxy wrote. */
function lastOf(list: string | undefined): string {
  return list === undefined ? '' : list.slice(list.lastIndexOf(',') + 1).trim()
}

/** Whether a request has been through the gateway of this name before (RFC 9110, 7.6.3): sent on, it would come back again. */
export function isLoop(via: string | undefined, pseudonym: string): boolean {
  if (via === undefined) return false
  for (let from = via.indexOf(pseudonym); from !== -1; from = via.indexOf(pseudonym, from + 1)) {
    const before = via[from - 1]
    const after = via[from + pseudonym.length]
    if ((before === ' ' || before === '\t') && (after === undefined || ', \t'.includes(after))) return true
  }
  return false
}

/**
 * The headers that go on to an upstream: without `host` and `content-length`, which the next connection writes
 * anew, and without what the client's `Connection` field named. To be called before {@link addForwarded} and
 * before plugins add theirs, so that no client can take those away.
 *
 * @param nominated from {@link RequestHead.nominated}.
 */
export function passedOn(headers: readonly string[], nominated: readonly string[] | undefined): string[] {
  const passed: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (name === 'host' || name === 'content-length') continue
    if (nominated?.includes(name)) continue
    passed.push(name, headers[index + 1] ?? '')
  }
  return passed
}

/**
 * The headers of an upstream's response as they may go to the client: without those of the connection and
 * those that its `connection` names. `content-length` stays.
 *
 * @param headers flat, names in lower case.
 */
export function passedBack(headers: readonly string[]): string[] {
  let nominated: string[] | undefined
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== 'connection') continue
    const options = (headers[index + 1] ?? '').toLowerCase().split(',')
    nominated = [...(nominated ?? []), ...options.map(option => option.trim())]
  }
  const passed: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (isHopByHop(name)) continue
    if (nominated !== undefined && !KEPT_IN_RESPONSES.has(name) && nominated.includes(name)) continue
    passed.push(name, headers[index + 1] ?? '')
  }
  return passed
}

const KEPT_IN_RESPONSES = new Set(['content-length', 'content-type', 'content-encoding', 'set-cookie'])
