/** Cuts a stream into lines, one JSON value each, as Ollama streams (https://github.com/ollama/ollama/blob/main/docs/api.md). Pure. */
import { MAX_PIECE_BYTES, Pieces } from './pieces.ts'

const LF = 0x0a

/** One per stream. Empty lines are left out. Each byte is looked at once. */
export class LineCutter {
  readonly #line: Pieces

  constructor(maxLineBytes = MAX_PIECE_BYTES) {
    this.#line = new Pieces(maxLineBytes)
  }

  /**
   * Calls `each` with the bytes of every line that became whole, without its end.
   * @returns false when a line that is not whole yet is too long already: nothing more can be cut then.
   */
  push(chunk: Uint8Array, each: (line: Buffer) => void): boolean {
    let from = 0
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      if (!this.#line.add(chunk.subarray(from, at))) return false
      from = at + 1
      this.#tell(each)
    }
    return this.#line.add(chunk.subarray(from))
  }

  /** Takes out a last line that has no end. */
  takeRest(each: (line: Buffer) => void): void {
    this.#tell(each)
  }

  #tell(each: (line: Buffer) => void): void {
    const line = this.#line.take()
    // A CR before the LF is space to a JSON parser, and alone it is an empty line.
    if (line.length > 1 || (line.length === 1 && line[0] !== 0x0d)) each(line)
  }
}
