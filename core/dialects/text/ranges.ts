/**
 * Finds where strings that were visited stand in the bytes of a body, so that
 * they can be replaced and all other bytes stay as they were. One pass that
 * loops rather than recurses. Pure.
 */
import { isUtf8 } from 'node:buffer'
import type { Path } from './walk.ts'

/** What a string is to be replaced by. */
export interface TextEdit {
  /** As {@link TextPlace.path} told it. */
  readonly path: Path
  /** Whether the name of the member is meant, not its value. */
  readonly isName?: boolean
  /** The new text, plain: it is escaped as JSON needs. */
  readonly text: string
}

/** A range of bytes and what takes its place, as `RequestBody.splice` takes it. */
export interface RangeEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * The ranges of the strings that are to be replaced, ascending, for a body that JSON.parse has taken.
 *
 * @returns undefined where what was visited is not what others may read: an object has a name twice (parsers differ in
 * which one they believe, JSON.parse in none but the last), the bytes are not UTF-8 (RFC 8259, 8.1), or a place holds no
 * string. Whoever must see everything asks also without edits, and refuses the body then.
 */
export function rangesOf(bytes: Uint8Array, edits: readonly TextEdit[]): readonly RangeEdit[] | undefined {
  if (!isUtf8(bytes)) return undefined
  const ranges: RangeEdit[] = []
  const isSound = new RangeScan(bytes, targetsOf(edits), ranges).run()
  return isSound && ranges.length === edits.length ? ranges : undefined
}

/** A JSON text with the edits made; undefined as for {@link rangesOf}. For events, whose data is a string. */
export function withEdits(json: string, edits: readonly TextEdit[]): string | undefined {
  const bytes = Buffer.from(json)
  const ranges = rangesOf(bytes, edits)
  if (ranges === undefined) return undefined
  let text = ''
  let at = 0
  for (const { start, end, text: replacement } of ranges) {
    text += bytes.toString('utf8', at, start) + replacement
    at = end
  }
  return text + bytes.toString('utf8', at)
}

/** What is to be done at a place, and below it. */
interface Target {
  value?: string
  name?: string
  readonly inner: Map<string | number, Target>
}

function targetsOf(edits: readonly TextEdit[]): Target {
  const root: Target = { inner: new Map() }
  for (const { path, isName, text } of edits) {
    let target = root
    for (const step of path) {
      const known = target.inner.get(step)
      const next = known ?? { inner: new Map() }
      if (known === undefined) target.inner.set(step, next)
      target = next
    }
    if (isName === true) target.name = text
    else target.value = text
  }
  return root
}

/** An object or an array that is open. */
interface Level {
  /** Names so far; undefined in an array. */
  readonly names: Set<string> | undefined
  /** Number of the entry that comes next. */
  index: number
  readonly target: Target | undefined
  /** What is to be done with the value of the name that was read last. */
  member: Target | undefined
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const ARRAY_OPEN = 0x5b
const ARRAY_CLOSE = 0x5d
const OBJECT_OPEN = 0x7b
const OBJECT_CLOSE = 0x7d

class RangeScan {
  readonly #bytes: Buffer
  readonly #root: Target
  readonly #ranges: RangeEdit[]
  readonly #levels: Level[] = []
  /** The innermost level. */
  #level: Level | undefined
  #isName = false

  constructor(bytes: Uint8Array, root: Target, ranges: RangeEdit[]) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#root = root
    this.#ranges = ranges
  }

  /** @returns false when an object has a name twice. */
  run(): boolean {
    const bytes = this.#bytes
    for (let at = 0; at < bytes.length; at++) {
      switch (bytes[at]) {
        case QUOTE: {
          const end = endOfString(bytes, at)
          if (!this.#isName) this.#value(at, end)
          else if (!this.#name(at, end)) return false
          at = end - 1
          break
        }
        case OBJECT_OPEN:
          this.#open(new Set())
          this.#isName = true
          break
        case ARRAY_OPEN:
          this.#open(undefined)
          break
        case OBJECT_CLOSE:
        case ARRAY_CLOSE:
          this.#levels.pop()
          this.#level = this.#levels.at(-1)
          this.#isName = false
          break
        case COMMA:
          if (this.#level !== undefined) this.#level.index++
          this.#isName = this.#level?.names !== undefined
          break
        case COLON:
          this.#isName = false
          break
        default:
      }
    }
    return true
  }

  #open(names: Set<string> | undefined): void {
    this.#level = { names, index: 0, target: this.#target(), member: undefined }
    this.#levels.push(this.#level)
  }

  /** What is to be done with the value that comes now. */
  #target(): Target | undefined {
    const level = this.#level
    if (level === undefined) return this.#root
    return level.names === undefined ? level.target?.inner.get(level.index) : level.member
  }

  #name(start: number, end: number): boolean {
    const level = this.#level
    if (level?.names === undefined) return true
    const name = this.#textOf(start, end)
    if (level.names.has(name)) return false
    level.names.add(name)
    level.member = level.target?.inner.get(name)
    if (level.member?.name !== undefined) this.#replace(start, end, level.member.name)
    return true
  }

  #value(start: number, end: number): void {
    const target = this.#target()
    if (target?.value !== undefined) this.#replace(start, end, target.value)
  }

  #replace(start: number, end: number, text: string): void {
    this.#ranges.push({ start, end, text: JSON.stringify(text) })
  }

  #textOf(start: number, end: number): string {
    const text = this.#bytes.toString('utf8', start + 1, end - 1)
    return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text
  }
}

/** Behind the closing quote of the string that begins at `start`; the end of the bytes where there is none. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at + 1
  }
  return bytes.length
}
