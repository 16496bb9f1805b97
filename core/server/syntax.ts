/**
 * The grammar of header fields: names, values, and the few values that are read
 * here. Knows nothing of what any field means to the gateway.
 */

// Character classes, one bit each; everything outside the table is in none.
const TOKEN = 1
/** Set in {@link nameTraits} for a name with upper-case letters. */
export const UPPER = 2
/** Set in {@link nameTraits} for a name with more than letters, digits and single hyphens between them. */
export const UNUSUAL = 4
const CLASSES = new Uint8Array(256)
for (const character of "!#$%&'*+.^_`|~") CLASSES[character.charCodeAt(0)] = TOKEN | UNUSUAL
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789-') CLASSES[character.charCodeAt(0)] = TOKEN
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') CLASSES[character.charCodeAt(0)] = TOKEN | UPPER

/** {@link UPPER}, {@link UNUSUAL} or more for a token (RFC 9110, 5.6.2); 0 for a name that is none. */
export function nameTraits(name: string): number {
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

/** Whether a value has only visible characters, spaces, tabs and bytes above ASCII (RFC 9110, 5.5). */
export function isFieldValue(value: string): boolean {
  const { length } = value
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return false
  }
  return true
}

/** The bytes that a Content-Length announces in digits without needless zeros; -1 for anything else, infinite beyond 15 digits. */
export function readContentLength(value: string): number {
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

/** Whether a value is `expected`, which is in lower-case ASCII; letters beyond ASCII equal none in it. */
export function equalsIgnoringCase(value: string, expected: string): boolean {
  if (value.length !== expected.length) return false
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code
    if (lower !== expected.charCodeAt(index)) return false
  }
  return true
}

/** Whether a value is a media type, `type/subtype *( OWS ";" OWS name=value )` (RFC 9110, 8.3.1), with tokens or quoted strings as values. */
export function isMediaType(value: string): boolean {
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
