/**
 * Which early hints (RFC 8297) of an upstream are passed on. Hints may be left
 * out at will, so whatever is unusual is: Node checks links with an expression
 * whose time doubles with each parameter of a bad one, and throws. Pure.
 */

/** Hints of one exchange that are passed on. Nothing bounds how many an upstream sends, or makes a client take them. */
export const MAX_HINTS = 4

/** Characters of the links in one hint. */
const MAX_LENGTH = 8_192

const QUOTE = 0x22
const COMMA = 0x2c
const SEMICOLON = 0x3b
const LESS = 0x3c
const EQUALS = 0x3d
const GREATER = 0x3e

/**
 * The links of a `Link` field (RFC 8288, 3), one by one.
 * @returns undefined when one of them is not of the plain form `<uri>; name; name=value; name="value"`, with values
 * without white space, or they are too long.
 */
export function plainLinks(field: string | readonly string[]): string[] | undefined {
  const text = typeof field === 'string' ? field : field.join(', ')
  if (text.length > MAX_LENGTH) return undefined
  const links: string[] = []
  let at = skipSpace(text, 0)
  while (at < text.length) {
    const end = linkEnd(text, at)
    if (end < 0) return undefined
    links.push(text.slice(at, end))
    at = skipSpace(text, end)
    if (at === text.length) break
    if (text.charCodeAt(at) !== COMMA) return undefined
    at = skipSpace(text, at + 1)
  }
  return links.length === 0 ? undefined : links
}

/** Where the link that begins at `start` ends; -1 when there is none. */
function linkEnd(text: string, start: number): number {
  if (text.charCodeAt(start) !== LESS) return -1
  let end = start + 1
  while (isVisible(text.charCodeAt(end)) && text.charCodeAt(end) !== GREATER) end++
  if (text.charCodeAt(end) !== GREATER) return -1
  end++
  for (;;) {
    const semicolon = skipSpace(text, end)
    if (text.charCodeAt(semicolon) !== SEMICOLON) return end
    end = parameterEnd(text, skipSpace(text, semicolon + 1))
    if (end < 0) return -1
  }
}

function parameterEnd(text: string, start: number): number {
  const nameEnd = wordEnd(text, start)
  if (nameEnd === start) return -1
  if (text.charCodeAt(nameEnd) !== EQUALS) return nameEnd
  const isQuoted = text.charCodeAt(nameEnd + 1) === QUOTE
  const valueStart = isQuoted ? nameEnd + 2 : nameEnd + 1
  const valueEnd = wordEnd(text, valueStart, isQuoted)
  if (!isQuoted) return valueEnd
  return text.charCodeAt(valueEnd) === QUOTE ? valueEnd + 1 : -1
}

/** Where visible characters end that do not separate anything. */
function wordEnd(text: string, start: number, isQuoted = false): number {
  let at = start
  for (; ; at++) {
    const code = text.charCodeAt(at)
    if (!isVisible(code) || code === QUOTE || code === SEMICOLON) return at
    if (!isQuoted && (code === COMMA || code === EQUALS || code === LESS)) return at
  }
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09) at++
  return at
}

function isVisible(code: number): boolean {
  return code > 0x20 && code < 0x7f
}
