/**
 * Cuts a stream that is one JSON array into its entries, as Gemini streams without `alt=sse`
 * (https://ai.google.dev/api/generate-content). Finds where entries end; whether they are JSON is for a parser to say.
 * Pure.
 */
import { MAX_PIECE_BYTES, Pieces } from './pieces.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const ARRAY_OPEN = 0x5b
const ARRAY_CLOSE = 0x5d
const OBJECT_OPEN = 0x7b
const OBJECT_CLOSE = 0x7d

/** One per stream. A body that is no array is one entry. Each byte is looked at once. */
export class JsonArrayCutter {
  readonly #entry: Pieces
  /** Brackets that are open, the array's own included. */
  #depth = 0
  #isArray = false
  #isBegun = false
  #isInString = false
  #isEscaped = false

  constructor(maxEntryBytes = MAX_PIECE_BYTES) {
    this.#entry = new Pieces(maxEntryBytes)
  }

  /**
   * Calls `each` with the bytes of every entry that became whole.
   * @returns false when an entry that is not whole yet is too long already: nothing more can be cut then.
   */
  push(chunk: Uint8Array, each: (entry: Buffer) => void): boolean {
    let from = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      if (this.#isInString) this.#stepInString(byte)
      else if (!this.#isBegun) {
        if (isSpace(byte) || (byte === 0xef && at === 0) || byte === 0xbb || byte === 0xbf) from = at + 1
        else {
          this.#isBegun = true
          this.#isArray = byte === ARRAY_OPEN
          if (this.#isArray) from = at + 1
          this.#open(byte)
        }
      } else if (this.#isArray && this.#depth === 1 && (byte === COMMA || byte === ARRAY_CLOSE)) {
        if (!this.#entry.add(chunk.subarray(from, at))) return false
        from = at + 1
        this.#tell(each)
        if (byte === ARRAY_CLOSE) this.#depth = 0
      } else this.#open(byte)
    }
    return this.#entry.add(chunk.subarray(from))
  }

  /** Takes out what the end of the stream left: the one entry of a body that is no array, or half an entry. */
  takeRest(each: (entry: Buffer) => void): void {
    this.#tell(each)
  }

  #stepInString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === BACKSLASH) this.#isEscaped = true
    else if (byte === QUOTE) this.#isInString = false
  }

  #open(byte: number): void {
    if (byte === QUOTE) this.#isInString = true
    else if (byte === OBJECT_OPEN || byte === ARRAY_OPEN) this.#depth++
    else if (byte === OBJECT_CLOSE || byte === ARRAY_CLOSE) this.#depth--
  }

  #tell(each: (entry: Buffer) => void): void {
    const entry = this.#entry.take()
    if (!entry.every(isSpace)) each(entry)
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
