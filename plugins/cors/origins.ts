/**
 * Which origins are allowed. An origin is a scheme, a host and a port as
 * browsers serialise them (RFC 6454, 6.2; Fetch, 3.2): lower case, no default
 * port, no path. Pure.
 */

/** The allowed origins, ready to be asked. */
export interface Origins {
  /** Every origin is allowed. */
  readonly any: boolean
  /** Whether the value of an `Origin` header is allowed. */
  allows(origin: string): boolean
}

/** What `*` may stand for: one or more labels of a host name. */
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/

/** Origins that are not of the web, such as `tauri://localhost` or `chrome-extension://abcdefgh`. */
const APP_ORIGIN = /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(?::\d+)?$/

/**
 * Checks what an operator wrote: `*`, origins such as `https://app.example.com`, or all hosts below a domain, such as
 * `https://*.example.com`, which does not allow `https://example.com` itself.
 * @throws Error with a sentence for the operator.
 */
export function compileOrigins(entries: readonly string[]): Origins {
  if (entries.includes('*')) return { any: true, allows: () => true }
  const exact = new Set<string>()
  const below: { readonly start: string; readonly end: string }[] = []
  for (const entry of entries) {
    const star = entry.indexOf('*')
    // Only the first label may be a wildcard: what stands for it is a host below the domain then, and nothing else.
    if (!isOrigin(entry.replace('://*.', '://any.'))) throw new Error(unsound(entry))
    if (star < 0) exact.add(entry)
    else below.push({ start: entry.slice(0, star), end: entry.slice(star + 1) })
  }
  const isBelow = (origin: string): boolean =>
    below.some(
      ({ start, end }) =>
        origin.startsWith(start) && origin.endsWith(end) && LABELS.test(origin.slice(start.length, -end.length))
    )
  return { any: false, allows: origin => exact.has(origin) || isBelow(origin) }
}

function isOrigin(text: string): boolean {
  if (text.includes('*')) return false
  const { protocol, origin } = URL.parse(text) ?? {}
  return protocol === 'https:' || protocol === 'http:' ? origin === text : APP_ORIGIN.test(text)
}

function unsound(entry: string): string {
  return (
    `\`origins\` lists "${entry}", which no browser sends: write a scheme, a host in lower case and a port that is not ` +
    'the default one, with no path and no slash at the end, such as `https://app.example.com` or `https://*.example.com`.'
  )
}
