/**
 * Finds a few top-level members of a JSON object in its bytes, and checks the
 * grammar of the whole on the way (RFC 8259), without building any of it. Pure.
 *
 * A name that was asked for is refused when it stands there twice, or in other
 * letters: parsers differ in which of two they believe, some take `Model` for
 * `model` (Go's encoding/json), and the gateway and the upstream must read the
 * same. So is one in needless escapes, which whoever edits the bytes would not find.
 * For the same reason bytes that are not UTF-8 are refused (RFC 8259, 8.1):
 * what stands for them differs.
 */
import { isUtf8 } from 'node:buffer'
import { coreRefusal, type Refused } from '../errors.ts'

/** Nesting beyond this is refused: no API needs it, and recursive parsers behind us may not survive it. */
const MAX_DEPTH = 256

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const OBJECT_OPEN = 0x7b
const OBJECT_CLOSE = 0x7d
const ARRAY_OPEN = 0x5b
const ARRAY_CLOSE = 0x5d
const COMMA = 0x2c
const COLON = 0x3a

/** A scalar found in a body. */
export type Scalar = string | number | boolean

/**
 * Values of the wanted top-level members, in the order of `names`. Undefined
 * where a member is absent, null, an object or an array, or where the body is
 * no object. A number beyond the range of a double is infinite, as `JSON.parse` reads it.
 * @throws Refused 400 `invalid_json` when the bytes are not JSON, nest deeper than 256, or hold a wanted name twice,
 * in other letters or in needless escapes.
 */
export function scanTopLevel(bytes: Uint8Array, names: readonly string[]): (Scalar | undefined)[] {
  return new Scanner(bytes).members(names)
}

class Scanner {
  readonly #bytes: Buffer
  /** The same, four bytes at a time, as far as they are aligned in memory. Made when a string is long enough for that. */
  #words: Int32Array | undefined
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  members(names: readonly string[]): (Scalar | undefined)[] {
    const values: (Scalar | undefined)[] = new Array(names.length).fill(undefined)
    if (!isUtf8(this.#bytes)) throw invalid()
    this.#space()
    if (this.#bytes[this.#at] === OBJECT_OPEN) this.#topLevelObject(names, values)
    else this.#skipValue(MAX_DEPTH)
    this.#space()
    if (this.#at !== this.#bytes.length) throw invalid()
    return values
  }

  #topLevelObject(names: readonly string[], values: (Scalar | undefined)[]): void {
    const seen = new Set<number>()
    this.#at++
    this.#space()
    if (this.#take(OBJECT_CLOSE)) return
    do {
      this.#space()
      const nameStart = this.#at
      const name = this.#string()
      const nameBytes = this.#at - nameStart
      const wanted = names.indexOf(name)
      this.#expect(COLON)
      this.#space()
      const start = this.#at
      this.#skipValue(MAX_DEPTH - 1)
      if (wanted < 0) {
        if (names.some(other => isSpelling(name, other))) throw invalid()
      } else {
        if (seen.has(wanted) || isLongerThanNeeded(name, nameBytes)) throw invalid()
        seen.add(wanted)
        values[wanted] = this.#scalar(start, this.#at)
      }
      this.#space()
    } while (this.#take(COMMA))
    this.#expect(OBJECT_CLOSE)
  }

  /** Steps over one value of any kind, nested up to `depth`; loops rather than recurses, so that depth costs no stack. */
  #skipValue(depth: number): void {
    const bytes = this.#bytes
    const closers: number[] = []
    for (;;) {
      this.#space()
      const byte = bytes[this.#at]
      let opened = false
      if (byte === OBJECT_OPEN || byte === ARRAY_OPEN) {
        if (closers.length >= depth) throw invalid()
        this.#at++
        this.#space()
        const closer = byte === OBJECT_OPEN ? OBJECT_CLOSE : ARRAY_CLOSE
        if (!this.#take(closer)) {
          closers.push(closer)
          if (closer === OBJECT_CLOSE) this.#name()
          opened = true
        }
      } else this.#skipScalar(byte)
      if (opened) continue

      for (;;) {
        const closer = closers.at(-1)
        if (closer === undefined) return
        this.#space()
        if (this.#take(COMMA)) {
          if (closer === OBJECT_CLOSE) {
            this.#space()
            this.#name()
          }
          break
        }
        this.#expect(closer)
        closers.pop()
      }
    }
  }

  #name(): void {
    this.#skipString()
    this.#space()
    this.#expect(COLON)
  }

  #skipScalar(byte: number | undefined): void {
    if (byte === QUOTE) this.#skipString()
    else if (byte === 0x74) this.#word('true')
    else if (byte === 0x66) this.#word('false')
    else if (byte === 0x6e) this.#word('null')
    else this.#skipNumber()
  }

  #skipString(): void {
    const bytes = this.#bytes
    if (bytes[this.#at] !== QUOTE) throw invalid()
    let at = this.#at + 1
    for (;;) {
      at = this.#endOfPlain(at)
      const byte = bytes[at++]
      if (byte === QUOTE) break
      if (byte !== BACKSLASH) throw invalid()
      const escaped = bytes[at++]
      if (escaped === LOWER_U) {
        for (const end = at + 4; at < end; at++) if (!isHex(bytes[at])) throw invalid()
      } else if (!isShortEscape(escaped)) throw invalid()
    }
    this.#at = at
  }

  /** Where the run of plain bytes that begins at `at` ends. The loops that nearly all bytes of a body go through. */
  #endOfPlain(at: number): number {
    const bytes = this.#bytes
    const soon = Math.min(at + SHORT_BYTES, bytes.length)
    let end = at
    while (end < soon && PLAIN[bytes[end] ?? 0] === 1) end++
    if (end < soon || end === bytes.length) return end
    this.#words ??= new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2)
    const words = this.#words
    const { byteOffset } = bytes
    while (((byteOffset + end) & 3) !== 0 && PLAIN[bytes[end] ?? 0] === 1) end++
    if (((byteOffset + end) & 3) === 0) {
      const last = (byteOffset + bytes.length) >> 2
      let word = (byteOffset + end) >> 2
      while (word < last && !isSpecial(words[word] ?? 0)) word++
      end = (word << 2) - byteOffset
    }
    while (end < bytes.length && PLAIN[bytes[end] ?? 0] === 1) end++
    return end
  }

  /** Steps over a string and returns what it says. */
  #string(): string {
    const start = this.#at
    this.#skipString()
    const text = this.#bytes.toString('utf8', start + 1, this.#at - 1)
    return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text
  }

  #skipNumber(): void {
    const bytes = this.#bytes
    if (bytes[this.#at] === 0x2d) this.#at++
    if (bytes[this.#at] === 0x30) this.#at++
    else this.#digits()
    if (bytes[this.#at] === 0x2e) {
      this.#at++
      this.#digits()
    }
    if (((bytes[this.#at] ?? 0) | 0x20) === 0x65) {
      this.#at++
      if (bytes[this.#at] === 0x2b || bytes[this.#at] === 0x2d) this.#at++
      this.#digits()
    }
  }

  #digits(): void {
    const start = this.#at
    while (isDigit(this.#bytes[this.#at])) this.#at++
    if (this.#at === start) throw invalid()
  }

  #word(word: string): void {
    for (let index = 0; index < word.length; index++) {
      if (this.#bytes[this.#at + index] !== word.charCodeAt(index)) throw invalid()
    }
    this.#at += word.length
  }

  #scalar(start: number, end: number): Scalar | undefined {
    const first = this.#bytes[start]
    if (first === OBJECT_OPEN || first === ARRAY_OPEN || first === 0x6e) return undefined
    const value: unknown = JSON.parse(this.#bytes.toString('utf8', start, end))
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
  }

  #space(): void {
    const bytes = this.#bytes
    for (;;) {
      const byte = bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  #take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false
    this.#at++
    return true
  }

  #expect(byte: number): void {
    this.#space()
    if (!this.#take(byte)) throw invalid()
  }
}

/** Whether a name is written with escapes that it does not need, by the bytes that it takes with its quotes. */
function isLongerThanNeeded(name: string, bytes: number): boolean {
  // Names in ASCII that need no escape, which is nearly all of them, take a byte for each letter.
  return bytes !== name.length + 2 && bytes !== Buffer.byteLength(JSON.stringify(name))
}

/** Whether a name is another one in other letters: not the same, but the same once case is folded. */
function isSpelling(name: string, other: string): boolean {
  return name.length === other.length && fold(name) === fold(other)
}

/** Upper case first: it also takes the long s (U+017F) and the Kelvin sign (U+212A) for the letters that such parsers see in them. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase()
}

/** 1 for bytes that mean themselves inside a string: neither quote nor backslash nor control character. */
const PLAIN = new Uint8Array(256).fill(1, 0x20)
PLAIN[QUOTE] = 0
PLAIN[BACKSLASH] = 0

/** Runs up to this are looked at byte by byte. */
const SHORT_BYTES = 16
const ONES = 0x01010101
const HIGH_BITS = 0x80808080 | 0

/**
 * Whether one of four bytes may be a quotation mark, a backslash or a control character (Warren, "Hacker's Delight", 6-1).
 * Says so of some others, too; never misses one.
 */
function isSpecial(word: number): boolean {
  const quote = word ^ 0x22222222
  const backslash = word ^ 0x5c5c5c5c
  const found = ((word - 0x20202020) & ~word) | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash)
  return (found & HIGH_BITS) !== 0
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  const lower = byte | 0x20
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66)
}

/** `"`, `\`, `/`, b, f, n, r, t. */
function isShortEscape(byte: number | undefined): boolean {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true
    default:
      return false
  }
}

function invalid(): Refused {
  return coreRefusal('invalid_json')
}
