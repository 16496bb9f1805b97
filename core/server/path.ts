/**
 * Refuses targets that two readers could read in two ways. What is routed,
 * judged and sent on is the same string, so nothing here rewrites: a path that a
 * server behind the gateway might normalise into another one is turned away.
 * Knows nothing of routes.
 */
import type { CoreReason } from '../errors.ts'

/** Letters, digits, `-`, `.` and `_`: never need an escape, and mean the same with one (RFC 3986, 6.2.2.2). */
const UNRESERVED = new Uint8Array(128)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._') {
  UNRESERVED[character.charCodeAt(0)] = 1
}

const SLASH = 0x2f
const DOT = 0x2e
const PERCENT = 0x25
const QUESTION = 0x3f
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c
const HASH = 0x23

/** Full-width dot, slash and backslash, which some servers fold into their ASCII forms. */
const FOLDED = new Set([0xff0e, 0xff0f, 0xff3c])

/**
 * Judges the target of a request in one pass. Only the origin form is served (RFC 9112, 3.2.1): this is
 * not a proxy that clients name hosts to, and an absolute URL would be a second place to name one.
 *
 * Refused: dot segments, empty segments, backslashes, fragments, and escapes in the path that are broken,
 * needless, nested, not UTF-8, or stand for a separator, a NUL or a dot. The query may hold any visible ASCII.
 *
 * @returns the reason of the refusal, or undefined when the target has one reading.
 */
export function checkTarget(method: string, target: string): CoreReason | undefined {
  if (target.charCodeAt(0) !== SLASH) {
    return method === 'OPTIONS' && target === '*' ? 'route_not_found' : 'malformed_request'
  }
  const { length } = target
  let segmentStart = 1
  // Dots at the start of a segment that has nothing else yet; -1 once it has.
  let dots = 0
  let position = 1
  for (; position < length; position++) {
    const code = target.charCodeAt(position)
    if (code === SLASH) {
      if (position === segmentStart || dots === 1 || dots === 2) return 'ambiguous_path'
      segmentStart = position + 1
      dots = 0
    } else if (code === DOT) {
      if (dots >= 0) dots++
    } else if (code === PERCENT) {
      if (dots === 1 || dots === 2) return 'ambiguous_path'
      const end = escapeEnd(target, position)
      if (end === -1) return 'ambiguous_path'
      position = end
      dots = -1
    } else if (code === QUESTION) {
      break
    } else if (code === SEMICOLON) {
      // `..;` is a dot segment to servers that take parameters off each segment.
      if (dots === 1 || dots === 2) return 'ambiguous_path'
      dots = -1
    } else if (code === BACKSLASH) {
      return 'ambiguous_path'
    } else if (code <= 0x20 || code >= 0x7f || code === HASH) {
      return 'malformed_request'
    } else {
      dots = -1
    }
  }
  if (dots === 1 || dots === 2) return 'ambiguous_path'
  for (position++; position < length; position++) {
    const code = target.charCodeAt(position)
    if (code <= 0x20 || code >= 0x7f || code === HASH) return 'malformed_request'
  }
  return undefined
}

/** The position of the last character of the escape at `start`, or of the UTF-8 sequence it begins; -1 when it is ambiguous. */
function escapeEnd(target: string, start: number): number {
  const value = escapedByte(target, start)
  if (value === -1) return -1
  if (value >= 0x80) return sequenceEnd(target, start, value)
  if (value === 0 || value === SLASH || value === BACKSLASH || UNRESERVED[value] === 1) return -1
  // An escaped percent sign before two digits is an escape to whoever decodes twice.
  if (value === PERCENT && hexDigit(target, start + 3) !== -1 && hexDigit(target, start + 4) !== -1) return -1
  return start + 2
}

/** A whole, shortest-form UTF-8 sequence (RFC 3629, 4) written in escapes; -1 for anything else. */
function sequenceEnd(target: string, start: number, first: number): number {
  const following = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1
  if (first < 0xc2 || first > 0xf4) return -1
  let codePoint = first & (0x3f >> following)
  let position = start
  for (let index = 0; index < following; index++) {
    position += 3
    const next = escapedByte(target, position)
    if (next === -1 || (next & 0xc0) !== 0x80) return -1
    codePoint = (codePoint << 6) | (next & 0x3f)
  }
  if (following === 2 && (codePoint < 0x800 || (codePoint >= 0xd800 && codePoint <= 0xdfff))) return -1
  if (following === 3 && (codePoint < 0x10000 || codePoint > 0x10ffff)) return -1
  return FOLDED.has(codePoint) ? -1 : position + 2
}

/** The byte that `%XX` at `position` stands for, or -1. */
function escapedByte(target: string, position: number): number {
  if (target.charCodeAt(position) !== PERCENT) return -1
  const high = hexDigit(target, position + 1)
  const low = hexDigit(target, position + 2)
  return high === -1 || low === -1 ? -1 : (high << 4) | low
}

function hexDigit(target: string, position: number): number {
  const code = target.charCodeAt(position)
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  if (code >= 0x41 && code <= 0x46) return code - 0x37
  if (code >= 0x61 && code <= 0x66) return code - 0x57
  return -1
}
