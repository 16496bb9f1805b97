/**
 * Takes text out of the bytes of an answer: a line, or a section of lines with
 * an empty one behind them. It makes no difference how the bytes are cut into
 * pieces. Knows nothing of what the text means.
 */
import { TransportFault } from './faults.ts'

/** Longest text. */
const MAX_BYTES = 64 * 1024

const CR = 0x0d
const LF = 0x0a

/** Reads one text after another. */
export class TextReader {
  #text = ''
  #previous = LF
  #lineLength = 0

  /**
   * Reads on. @returns where the text ends, or -1 when it goes on behind `to`.
   * @throws TransportFault `RESPONSE_HEAD` for a line end other than CRLF, another control character but the tab, or
   * too long a text.
   */
  read(bytes: Buffer, from: number, to: number, isSection: boolean): number {
    let previous = this.#previous
    let lineLength = this.#lineLength
    for (let index = from; index < to; index++) {
      const byte = bytes[index] ?? 0
      if (previous === CR) {
        if (byte !== LF) throw new TransportFault('RESPONSE_HEAD')
        if (!isSection || lineLength === 0) {
          this.#add(bytes, from, index + 1)
          return index + 1
        }
        lineLength = 0
      } else if (byte >= 0x20 && byte !== 0x7f) lineLength++
      else if (byte === 0x09) lineLength++
      else if (byte !== CR) throw new TransportFault('RESPONSE_HEAD')
      previous = byte
    }
    this.#previous = previous
    this.#lineLength = lineLength
    this.#add(bytes, from, to)
    return -1
  }

  /** What was read so far of a text that is not whole yet, as Latin-1. */
  get begun(): string {
    return this.#text
  }

  /** The whole text: a line without its end, or a section with the ends of all its lines but the empty one. */
  take(): string {
    const text = this.#text.slice(0, -2)
    this.#text = ''
    this.#previous = LF
    this.#lineLength = 0
    return text
  }

  #add(bytes: Buffer, from: number, to: number): void {
    const piece = bytes.toString('latin1', from, to)
    this.#text = this.#text === '' ? piece : this.#text + piece
    if (this.#text.length > MAX_BYTES) throw new TransportFault('RESPONSE_HEAD')
  }
}
