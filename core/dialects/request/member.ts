/** Finds where the value of one top-level member stands in the bytes of a JSON object. Pure. */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OBJECT_OPEN = 0x7b
const OBJECT_CLOSE = 0x7d
const ARRAY_OPEN = 0x5b
const ARRAY_CLOSE = 0x5d
const COMMA = 0x2c

/** Where a member is, or could be put: `at` is behind the brace that opens the object. */
export type FoundMember =
  | { readonly kind: 'found'; readonly start: number; readonly end: number }
  | { readonly kind: 'absent'; readonly at: number; readonly isEmpty: boolean }

/**
 * Looks for a member by its plain name.
 *
 * @param bytes JSON that was checked. A name in escapes is not the plain one: whoever checked it refuses those.
 * @returns undefined for what is no object.
 */
export function topLevelMember(bytes: Uint8Array, name: string): FoundMember | undefined {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const open = pastSpace(body, 0)
  if (body[open] !== OBJECT_OPEN) return undefined
  const isEmpty = body[pastSpace(body, open + 1)] === OBJECT_CLOSE
  const quoted = Buffer.from(`"${name}"`)
  // Nearly always the name is nowhere in the body, and a search for it is done in no time.
  if (!body.includes(quoted)) return { kind: 'absent', at: open + 1, isEmpty }
  let depth = 0
  for (let at = open; at < body.length; at++) {
    const byte = body[at]
    if (byte === OBJECT_OPEN || byte === ARRAY_OPEN) depth++
    else if (byte === OBJECT_CLOSE || byte === ARRAY_CLOSE) depth--
    else if (byte === QUOTE) {
      const end = endOfString(body, at)
      const after = pastSpace(body, end)
      if (depth === 1 && body[after] === COLON && body.compare(quoted, 0, quoted.length, at, end) === 0) {
        const start = pastSpace(body, after + 1)
        return { kind: 'found', start, end: beforeSpace(body, endOfValue(body, start)) }
      }
      at = end - 1
    }
  }
  return { kind: 'absent', at: open + 1, isEmpty }
}

function pastSpace(body: Buffer, from: number): number {
  let at = from
  while (isSpace(body[at])) at++
  return at
}

function beforeSpace(body: Buffer, from: number): number {
  let at = from
  while (isSpace(body[at - 1])) at--
  return at
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Behind the quote that closes the string which opens at `from`. */
function endOfString(body: Buffer, from: number): number {
  let at = from + 1
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1
  return at + 1
}

function endOfValue(body: Buffer, start: number): number {
  let depth = 0
  let at = start
  while (at < body.length) {
    const byte = body[at]
    if (byte === QUOTE) {
      at = endOfString(body, at)
      continue
    }
    if (byte === OBJECT_OPEN || byte === ARRAY_OPEN) depth++
    else if (byte === OBJECT_CLOSE || byte === ARRAY_CLOSE) {
      if (depth === 0) break
      depth--
    } else if (byte === COMMA && depth === 0) break
    at++
  }
  return at
}
