/** Judges hosts, addresses and paths as an operator writes them. Each answer is the clause that says what is wrong. Pure. */
import { isIP, isIPv6 } from 'node:net'

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * The outward form of each kind, for editors, which can look at nothing but a pattern: whatever is sound fits, and
 * much that is not does not. Without look-around, which not every engine knows.
 */
export const FORMS = {
  host: '^(?:\\*\\.)?[a-z0-9_.-]+$|^\\[.+\\]$',
  origin: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s?#\\\\@/]+(?:/[^\\s?#\\\\]*)?$',
  redis: '^rediss?://[^\\s?#\\\\@/]+/?$',
  network: '^[0-9A-Fa-f.:]+(?:/[0-9]{1,3})?$',
  /** A path to match: a `*` only as the whole of its last segment. */
  matchedPath: '^/(?:[^*?#]*/)?(?:\\*|[^*/?#]*)$',
  /** A path to send. */
  sentPath: '^/[^*?#]*$'
} as const

/** A host to match: a name, `*.` and a name, or an address (IPv6 in brackets). Undefined when it is sound. */
export function hostFault(host: string): string | undefined {
  if (host.startsWith('[')) {
    return host.endsWith(']') && isIPv6(host.slice(1, -1)) ? undefined : 'is no IPv6 address in brackets'
  }
  if (isIPv6(host)) return 'is an IPv6 address without brackets'
  if (/[/\s@]|:\/\//.test(host)) return 'holds a scheme, a path or a space'
  if (host.includes(':')) return 'holds a port'
  if (host !== host.toLowerCase()) return 'has capitals'
  if (host.endsWith('.')) return 'ends with a dot'
  const name = host.startsWith('*.') ? host.slice(2) : host
  if (name.includes('*')) return 'has a `*` that does not stand in front'
  if (name.length > 253 || !name.split('.').every(label => LABEL.test(label))) return 'is no host name'
  if (/^[0-9.]+$/.test(name) && isIP(name) === 0) return 'is no address'
  return undefined
}

/** The URL of a peer: `http` or `https`, a host, perhaps a port and a path; nothing else. Undefined when it is sound. */
export function originFault(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return 'does not begin with http:// or https://'
  // As it is written: a URL has lost its dot segments already.
  return serverFault(text, text) ?? pathFault(text.replace(/^https?:\/\/[^/]*/i, ''))
}

/** The address of a Redis: `redis` or `rediss`, a host, perhaps a port; nothing else. Undefined when it is sound. */
export function redisUrlFault(text: string): string | undefined {
  if (!/^rediss?:\/\//.test(text)) return 'does not begin with redis:// or rediss://'
  // Hosts and ports are judged as those of the web are, which knows more of what is wrong with them.
  const fault = serverFault(text, text.replace(/^redis/, 'http'))
  return fault ?? (/^rediss?:\/\/[^/]*\/?$/.test(text) ? undefined : 'holds a path')
}

/** What is wrong with a URL up to its path, for one that may name a server and nothing more. @param webUrl the same with a scheme of the web. */
function serverFault(text: string, webUrl: string): string | undefined {
  if (/[\s\\]/.test(text)) return 'holds a space or a backslash'
  let url: URL
  try {
    url = new URL(webUrl)
  } catch {
    return 'is no URL'
  }
  // As it is written: for a parser of URLs, the host of `https:///a` is `a`.
  const authority = text.split('/')[2] ?? ''
  if (authority === '') return 'names no host'
  if (url.username !== '' || url.password !== '' || authority.includes('@')) return 'holds credentials'
  if (text.includes('?')) return 'holds a query'
  if (text.includes('#')) return 'holds a fragment'
  if (url.port === '0') return 'has the port 0'
  if (/^\.*$/.test(url.hostname)) return 'names no host'
  return undefined
}

/** An address or a CIDR range (RFC 4632, RFC 4291). Undefined when it is sound. */
export function networkFault(text: string): string | undefined {
  const slash = text.indexOf('/')
  const address = slash === -1 ? text : text.slice(0, slash)
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0) return 'is no address'
  if (slash === -1) return undefined
  const bits = text.slice(slash + 1)
  const most = version === 4 ? 32 : 128
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? undefined : `has a prefix that is not from 0 to ${most}`
}

/** Whether a range takes in every address of its kind. */
export function isEverybody(network: string): boolean {
  return /\/0{1,3}$/.test(network)
}

/**
 * A path that requests can have: no query, no fragment, no dot segments, no empty
 * segments, and no escapes that could be read in two ways, for requests with those
 * are refused before a route is looked for. Undefined when it is sound.
 */
export function pathFault(path: string): string | undefined {
  if (path.includes('?')) return 'holds a query'
  if (path.includes('#')) return 'holds a fragment'
  if (path.includes('\\')) return 'holds a backslash'
  if (/[^\x21-\x7e]/.test(path)) return 'holds a character that must be escaped'
  if (path.includes('//')) return 'holds an empty segment'
  if (/\/\.{1,2}(?:[/;]|$)/.test(path)) return 'holds a dot segment'
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return 'holds a broken escape'
  for (const [, digits = ''] of path.matchAll(/%([0-9A-Fa-f]{2})/g)) {
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    if (/[A-Za-z0-9._/\\\0-]/.test(character)) return 'holds an escape that requests are refused for'
  }
  return undefined
}
