/** Lines and columns of a text, looked up only when somebody asks. Pure. */

/** Where an offset is, as editors count: both from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** The lines of one text. */
export class Lines {
  readonly #text: string
  #starts: readonly number[] | undefined

  constructor(text: string) {
    this.#text = text
  }

  /** Line and column of an offset; one past the end is the end. */
  position(offset: number): Position {
    const starts = this.#offsets()
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: Math.min(offset, this.#text.length) - (starts[low] ?? 0) + 1 }
  }

  /** Offsets where a line begins and ends; its line break is not part of it. */
  span(line: number): { readonly start: number; readonly end: number } {
    const starts = this.#offsets()
    const start = starts[line - 1] ?? this.#text.length
    const next = starts[line]
    let end = next === undefined ? this.#text.length : next - 1
    if (end > start && this.#text[end - 1] === '\r') end--
    return { start, end }
  }

  #offsets(): readonly number[] {
    if (this.#starts !== undefined) return this.#starts
    const starts = [0]
    for (let at = this.#text.indexOf('\n'); at !== -1; at = this.#text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#starts = starts
    return starts
  }
}
