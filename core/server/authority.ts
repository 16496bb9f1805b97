/**
 * The value of the Host field: whether it is one, and the name in it. Knows
 * nothing of routes.
 */
import { isIPv6 } from 'node:net'

/** Characters of a registered name (RFC 3986, 3.2.2) but for escapes and for `,` and `;`, which make lists elsewhere. */
const NAME = new Uint8Array(128)
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+=") {
  NAME[character.charCodeAt(0)] = 1
}

const COLON = 0x3a
const DOT = 0x2e
const LONGEST_NAME = 253

/**
 * Whether this is `uri-host [ ":" port ]` (RFC 9112, 3.2): a name, an IPv4 address or an IPv6 literal in
 * brackets, and a port from 1 to 65535. Nothing empty, no user, no path, no list, no zone.
 */
export function isAuthority(value: string): boolean {
  if (value.charCodeAt(0) === 0x5b) return isLiteral(value)
  const { length } = value
  // A dot needs a character before it: the name may end in one, but not begin with one or hold two together.
  let dotAllowed = false
  let end = 0
  for (; end < length; end++) {
    const code = value.charCodeAt(end)
    if (code === COLON) break
    if (code >= 128 || NAME[code] !== 1) return false
    if (code === DOT && !dotAllowed) return false
    dotAllowed = code !== DOT
  }
  if (end === 0 || end > LONGEST_NAME + 1) return false
  return end === length || isPort(value, end + 1)
}

function isLiteral(value: string): boolean {
  const close = value.indexOf(']')
  if (close === -1) return false
  const address = value.slice(1, close)
  if (address.includes('%') || !isIPv6(address)) return false
  return close + 1 === value.length || (value.charCodeAt(close + 1) === COLON && isPort(value, close + 2))
}

function isPort(value: string, start: number): boolean {
  const { length } = value
  if (length === start || length - start > 5) return false
  let port = 0
  for (let index = start; index < length; index++) {
    const digit = value.charCodeAt(index) - 0x30
    if (digit < 0 || digit > 9) return false
    port = port * 10 + digit
  }
  return port > 0 && port < 65_536
}

/**
 * The name or address in an authority, as routes compare it: lower case, without port and without the dot
 * of the root, so that `ADMIN.example.com.:8080` is no other host than `admin.example.com`.
 *
 * @param authority what {@link isAuthority} accepted.
 */
export function hostName(authority: string): string {
  let end = authority.length
  if (authority.charCodeAt(0) === 0x5b) {
    end = authority.indexOf(']') + 1
  } else {
    const colon = authority.indexOf(':')
    if (colon !== -1) end = colon
    if (authority.charCodeAt(end - 1) === DOT) end--
  }
  return (end === authority.length ? authority : authority.slice(0, end)).toLowerCase()
}
