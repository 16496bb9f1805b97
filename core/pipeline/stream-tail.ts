/**
 * The end of a stream, in which a provider may say that it failed although
 * everything before went well. Keeps the last few bytes, since the event that
 * matters may have come in any number of pieces. Pure.
 */
import { type Dialect, factsOf } from '../dialects/index.ts'
import type { SseEvent } from '../plugin.ts'
import { EventCutter } from './sse.ts'

/** What is kept at least, where there is as much: no error event is longer. */
const TAIL_BYTES = 8 * 1024
/** Pieces that are kept apart before they are put together. */
const MANY = 64

/** The end of one stream. */
export class StreamTail {
  #pieces: Buffer[] = []
  #bytes = 0

  /** Adds what has come. */
  add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#bytes += piece.length
    const [first] = this.#pieces
    if (first !== undefined && this.#bytes - first.length >= TAIL_BYTES) {
      this.#pieces.shift()
      this.#bytes -= first.length
    } else if (this.#pieces.length > MANY) {
      const end = Buffer.concat(this.#pieces).subarray(-TAIL_BYTES)
      this.#pieces = [end]
      this.#bytes = end.length
    }
  }

  /** Whether one of the last events is an error, in the words of this dialect. */
  holdsError(dialect: Dialect): boolean {
    const { streamError } = factsOf(dialect)
    let isFailed = false
    const look = ({ type, data }: SseEvent) => {
      isFailed ||= data !== '' && streamError(type, data) !== undefined
    }
    const cutter = new EventCutter()
    cutter.push(Buffer.concat(this.#pieces), look)
    const rest = cutter.takeRest()
    if (rest !== undefined) look(rest)
    return isFailed
  }
}
