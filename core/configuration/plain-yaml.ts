/**
 * Reads the plain part of YAML in one pass: blocks, lists, brackets, and values that stand on one line. That is what files
 * with ten thousand consumers are written in, and the parser of all of YAML takes ten times as long for them. Anything
 * else (anchors, tags, texts over several lines, whatever is wrong) it leaves to that parser, which also tells what is
 * wrong. What both can read, they read alike. Pure.
 */
import { Document, Pair, Scalar, type ScalarTag, YAMLMap, YAMLSeq } from 'yaml'

/** What plain YAML is made of. */
export type PlainNode = Scalar | YAMLMap | YAMLSeq

/** Deeper ones, and longer keys, are the full parser's to refuse. */
const MAX_DEPTH = 60
const MAX_KEY_LENGTH = 1000

/** What a value or a key can begin with without meaning more. A minus counts where {@link AFTER_MINUS} follows. */
const BEGINS_PLAIN = /[A-Za-z0-9_./$+~(^;=\\\u00a1-\u167f]/
const AFTER_MINUS = /[A-Za-z0-9.]/
/** Values that begin otherwise are texts. */
const BEGINS_OTHER_THAN_TEXT = /[-+.0-9~nNtTfF]/
const BLOCK_KEY = /[A-Za-z0-9_./][A-Za-z0-9_./+$*-]*/y
/** Up to where a value in brackets reaches: a comma, a bracket, a colon that ends a key, a comment, the line's end. */
const FLOW_END = /[,[\]{}\n]|:(?=[ \n,[\]{}]|$)| #/g
const SIMPLE_ESCAPES = /^(?:[^\\]|\\["\\/bfnrt])*$/

/** Numbers, truths and nothing, as the core schema of YAML 1.2 writes them. */
const TYPED: readonly ScalarTag[] = new Document(null, { version: '1.2', schema: 'core' }).schema.tags.filter(
  (tag): tag is ScalarTag => tag.collection === undefined && tag.default === true && tag.test !== undefined
)

/** The text holds more than plain YAML, or something is wrong with it. */
class NotPlain extends Error {}

/**
 * Reads a text as plain YAML.
 * @param text without control characters other than line breaks, tabs and carriage returns.
 * @returns the nodes with their ranges, as the full parser makes them; undefined where that parser must be asked.
 */
export function readPlain(text: string): PlainNode | undefined {
  if (text.includes('\t') || text.includes('\r')) return undefined
  try {
    return new PlainReader(text).document()
  } catch (error) {
    if (error instanceof NotPlain) return undefined
    throw error
  }
}

class PlainReader {
  readonly #text: string
  #at = 0
  /** Column of the content that comes next, where that is the first of its line; -1 at the end. */
  #column = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): PlainNode {
    this.#toContent(0)
    if (this.#column === 0 && this.#text.startsWith('---', this.#at)) {
      this.#at += 3
      this.#nextLine()
    }
    const root = this.#block()
    if (this.#column !== -1) throw new NotPlain()
    return root
  }

  /** What begins at the first content of a line, or after the dash of a list, in the column that is known. */
  #block(): PlainNode {
    if (++this.#depth > MAX_DEPTH) throw new NotPlain()
    const isBracket = this.#char() === '{' || this.#char() === '['
    const node = this.#isDash() ? this.#list() : isBracket ? this.#lastOfLine(this.#column - 1) : this.#map()
    this.#depth--
    return node
  }

  #list(): YAMLSeq {
    const list = new YAMLSeq<PlainNode>()
    const start = this.#at
    const column = this.#column
    while (this.#column === column && this.#isDash()) {
      const dash = this.#at++
      this.#skipSpaces()
      if (this.#isLineOver()) {
        this.#nextLine()
        if (this.#column <= column) throw new NotPlain()
        list.items.push(this.#block())
      } else if (this.#isDash() || this.#isKey()) {
        this.#column = column + this.#at - dash
        list.items.push(this.#block())
      } else {
        list.items.push(this.#lastOfLine(column))
      }
    }
    list.range = [start, this.#at, this.#at]
    return list
  }

  #map(): YAMLMap {
    const map = new YAMLMap<Scalar, PlainNode>()
    const start = this.#at
    const column = this.#column
    while (this.#column === column && !this.#isDash()) {
      const key = this.#key()
      if (this.#char() !== ':') throw new NotPlain()
      const afterColon = ++this.#at
      this.#skipSpaces()
      if (!this.#isLineOver()) {
        if (this.#at === afterColon) throw new NotPlain()
        map.items.push(new Pair<Scalar, PlainNode>(key, this.#lastOfLine(column)))
        continue
      }
      this.#nextLine()
      const hasValue = this.#column > column || (this.#column === column && this.#isDash())
      const value = hasValue ? this.#block() : scalar(null, '', afterColon, afterColon)
      map.items.push(new Pair<Scalar, PlainNode>(key, value))
    }
    map.range = [start, this.#at, this.#at]
    return map
  }

  /** A value with nothing behind it but a comment. @param column of the block that it stands in. */
  #lastOfLine(column: number): PlainNode {
    const node = this.#value(column) ?? this.#plainLine()
    this.#nextLine()
    return node
  }

  /** A value in quotes or brackets. */
  #value(column: number): PlainNode | undefined {
    switch (this.#char()) {
      case '"':
      case "'":
        return this.#quoted()
      case '{':
        return this.#flowMap(column)
      case '[':
        return this.#flowList(column)
      default:
        return undefined
    }
  }

  #key(): Scalar {
    if (this.#char() === '"' || this.#char() === "'") return this.#quoted()
    BLOCK_KEY.lastIndex = this.#at
    const source = BLOCK_KEY.exec(this.#text)?.[0]
    if (source === undefined || source.length > MAX_KEY_LENGTH) throw new NotPlain()
    return this.#plain(this.#at, this.#at + source.length)
  }

  #isKey(): boolean {
    const start = this.#at
    const char = this.#char()
    if (char !== '"' && char !== "'") {
      BLOCK_KEY.lastIndex = start
      if (!BLOCK_KEY.test(this.#text)) return false
      return isKeyEnd(this.#text, BLOCK_KEY.lastIndex)
    }
    this.#quoted()
    const isKey = isKeyEnd(this.#text, this.#at)
    this.#at = start
    return isKey
  }

  #plainLine(): Scalar {
    const lineEnd = this.#text.indexOf('\n', this.#at)
    let end = lineEnd === -1 ? this.#text.length : lineEnd
    const line = this.#text.slice(this.#at, end)
    const comment = line.indexOf(' #')
    if (comment !== -1) end = this.#at + comment
    const source = (comment === -1 ? line : line.slice(0, comment)).trimEnd()
    if (source.endsWith(':') || source.includes(': ')) throw new NotPlain()
    return this.#plain(this.#at, this.#at + source.length)
  }

  #flowMap(column: number): YAMLMap {
    const map = new YAMLMap<Scalar, PlainNode>()
    const start = this.#openBracket(column)
    while (this.#char() !== '}') {
      const isQuoted = this.#char() === '"' || this.#char() === "'"
      const key = isQuoted ? this.#quoted() : this.#flowPlain()
      // Only behind quotes may a value follow its colon without a space.
      if (this.#char() !== ':' || !(isQuoted || isKeyEnd(this.#text, this.#at))) throw new NotPlain()
      this.#at++
      this.#toFlowContent(column)
      map.items.push(new Pair<Scalar, PlainNode>(key, this.#value(column) ?? this.#flowPlain()))
      this.#separator('}', column)
    }
    map.flow = true
    map.range = this.#closeBracket(start)
    return map
  }

  #flowList(column: number): YAMLSeq {
    const list = new YAMLSeq<PlainNode>()
    const start = this.#openBracket(column)
    while (this.#char() !== ']') {
      list.items.push(this.#value(column) ?? this.#flowPlain())
      this.#separator(']', column)
    }
    list.flow = true
    list.range = this.#closeBracket(start)
    return list
  }

  #openBracket(column: number): number {
    if (++this.#depth > MAX_DEPTH) throw new NotPlain()
    const start = this.#at++
    this.#toFlowContent(column)
    return start
  }

  #closeBracket(start: number): [number, number, number] {
    this.#depth--
    this.#at++
    return [start, this.#at, this.#at]
  }

  /** After one part in brackets: a comma, unless they close. */
  #separator(close: '}' | ']', column: number): void {
    this.#toFlowContent(column)
    if (this.#char() === close) return
    if (this.#char() !== ',') throw new NotPlain()
    this.#at++
    this.#toFlowContent(column)
  }

  #flowPlain(): Scalar {
    FLOW_END.lastIndex = this.#at
    const end = FLOW_END.exec(this.#text)?.index ?? this.#text.length
    const source = this.#text.slice(this.#at, end).trimEnd()
    if (source.length > MAX_KEY_LENGTH) throw new NotPlain()
    return this.#plain(this.#at, this.#at + source.length)
  }

  #plain(start: number, end: number): Scalar {
    const source = this.#text.slice(start, end)
    const [first = '', second = ''] = source
    const isPlain = first === '-' ? AFTER_MINUS.test(second) : BEGINS_PLAIN.test(first)
    if (!isPlain) throw new NotPlain()
    this.#at = end
    return scalar(typed(source, first), source, start, end)
  }

  #quoted(): Scalar {
    const start = this.#at
    const quote = this.#char()
    let end = start
    do {
      // Two single quotes are one within.
      end = this.#text.indexOf(quote, end + (end > start && quote === "'" ? 2 : 1))
      if (end === -1) throw new NotPlain()
    } while (quote === "'" ? this.#text[end + 1] === quote : isEscaped(this.#text, end))
    const inside = this.#text.slice(start + 1, end)
    if (inside.includes('\n')) throw new NotPlain()
    this.#at = end + 1
    return scalar(unquote(quote, inside), inside, start, this.#at)
  }

  /** Goes on to the first content of a later line, when nothing but a comment is left of this one. */
  #nextLine(): void {
    this.#skipSpaces()
    if (!this.#isLineOver() || this.#isGluedComment()) throw new NotPlain()
    const lineEnd = this.#text.indexOf('\n', this.#at)
    this.#toContent(lineEnd === -1 ? this.#text.length : lineEnd + 1)
    const isMarker = this.#column === 0 && /^(?:---|\.\.\.)/.test(this.#text.slice(this.#at, this.#at + 3))
    if (isMarker) throw new NotPlain()
  }

  /** Looks for content from the beginning of a line on, beyond empty lines and comments. */
  #toContent(lineStart: number): void {
    let start = lineStart
    for (;;) {
      this.#at = start
      this.#skipSpaces()
      if (this.#at === this.#text.length) break
      if (!this.#isLineOver()) {
        this.#column = this.#at - start
        return
      }
      const lineEnd = this.#text.indexOf('\n', this.#at)
      if (lineEnd === -1) break
      start = lineEnd + 1
    }
    this.#at = this.#text.length
    this.#column = -1
  }

  /** Skips spaces, line breaks and comments in brackets, whose lines stand deeper than the block around them. */
  #toFlowContent(column: number): void {
    for (;;) {
      this.#skipSpaces()
      if (this.#at === this.#text.length) throw new NotPlain()
      if (!this.#isLineOver()) return
      if (this.#isGluedComment()) throw new NotPlain()
      const lineEnd = this.#text.indexOf('\n', this.#at)
      if (lineEnd === -1) throw new NotPlain()
      this.#at = lineEnd + 1
      this.#skipSpaces()
      const isDeeper = this.#at - lineEnd - 1 > column
      if (!isDeeper && this.#char() !== '\n') throw new NotPlain()
    }
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === 0x20) this.#at++
  }

  #char(): string {
    return this.#text[this.#at] ?? ''
  }

  #isLineOver(): boolean {
    const char = this.#char()
    return char === '\n' || char === '' || char === '#'
  }

  /** A comment has a space before it. */
  #isGluedComment(): boolean {
    return this.#char() === '#' && this.#text[this.#at - 1] !== ' '
  }

  #isDash(): boolean {
    if (this.#char() !== '-') return false
    const next = this.#text[this.#at + 1]
    return next === ' ' || next === '\n' || next === undefined
  }
}

function scalar(value: unknown, source: string, start: number, end: number): Scalar {
  const node = new Scalar(value)
  node.source = source
  node.range = [start, end, end]
  return node
}

function typed(source: string, first: string): unknown {
  if (!BEGINS_OTHER_THAN_TEXT.test(first)) return source
  const tag = TYPED.find(({ test }) => test?.test(source))
  const value: unknown = tag?.resolve(source, () => {}, {})
  if (value instanceof Scalar) return value.value
  return tag === undefined ? source : value
}

function isKeyEnd(text: string, at: number): boolean {
  if (text[at] !== ':') return false
  const next = text[at + 1]
  return next === ' ' || next === '\n' || next === undefined
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

function unquote(quote: string, inside: string): string {
  if (quote === "'") return inside.replaceAll("''", "'")
  if (!inside.includes('\\')) return inside
  if (!SIMPLE_ESCAPES.test(inside)) throw new NotPlain()
  const value: unknown = JSON.parse(`"${inside}"`)
  if (typeof value !== 'string') throw new NotPlain()
  return value
}
