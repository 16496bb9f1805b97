/**
 * The end of a stream, in which a provider may say that it failed although
 * everything before went well. Keeps the last few bytes, since the event that
 * matters may have come in any number of pieces. Pure.
 */
import { type Dialect, factsOf } from '../dialects/index.ts'
import type { SseEvent } from '../plugin.ts'
import { EventCutter } from './sse.ts'

/** What is kept, where there is as much: no error event is longer. */
const TAIL_BYTES = 8 * 1024
/** What most streams need that have only begun. */
const FIRST_BYTES = 512
/** Stands for what is not kept of a line: behind it, an end of line does not look like the end of an event. */
const CUT = Buffer.from(':')

/**
 * The end of one stream, in storage of its own that is written round and round. Pieces that were kept themselves would
 * be some forty objects for each stream, and all of them would be carried through each collection of young objects.
 */
export class StreamTail {
  #ring = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** Where the next byte goes; all of the ring is in use once it has been full. */
  #next = 0
  #isFull = false

  /** Adds what has come. */
  add(piece: Buffer): void {
    const { length } = piece
    if (!this.#isFull && this.#next + length > this.#ring.length) this.#grow(this.#next + length)
    const ring = this.#ring
    const from = Math.max(0, length - ring.length)
    const head = Math.min(length - from, ring.length - this.#next)
    piece.copy(ring, this.#next, from, from + head)
    const rest = length - from - head
    if (rest > 0) piece.copy(ring, 0, from + head)
    this.#next += head + rest
    if (this.#next < TAIL_BYTES) return
    this.#next -= TAIL_BYTES
    this.#isFull = true
  }

  /** Whether one of the last events is an error, in the words of this dialect. */
  holdsError(dialect: Dialect): boolean {
    const { streamError } = factsOf(dialect)
    let isFailed = false
    let isCut = this.#isFull
    const look = ({ type, data }: SseEvent) => {
      // Where the first event begins is not known: what is left of it may read like another.
      if (!isCut) isFailed ||= data !== '' && streamError(type, data) !== undefined
      isCut = false
    }
    const cutter = new EventCutter()
    cutter.push(this.#kept(), look)
    const rest = cutter.takeRest()
    if (rest !== undefined) look(rest)
    return isFailed
  }

  /** In the order in which it came. */
  #kept(): Buffer {
    const end = this.#ring.subarray(0, this.#next)
    return this.#isFull ? Buffer.concat([CUT, this.#ring.subarray(this.#next), end]) : end
  }

  #grow(bytes: number): void {
    let capacity = this.#ring.length
    while (capacity < bytes && capacity < TAIL_BYTES) capacity *= 2
    if (capacity === this.#ring.length) return
    const ring = Buffer.allocUnsafeSlow(capacity)
    this.#ring.copy(ring, 0, 0, this.#next)
    this.#ring = ring
  }
}
