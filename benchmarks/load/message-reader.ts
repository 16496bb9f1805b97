/**
 * Splits the bytes of a connection into HTTP/1.1 messages, with just enough of RFC 9112 to measure: Content-Length and
 * chunked bodies of peers that are known to be well-behaved. It validates nothing and must never face a network. Pure.
 */

/** What a {@link MessageReader} tells. */
export interface MessageEvents {
  /** Start line and header lines, without the empty line that ends them. */
  head(head: string): void
  /** A piece of the body, framing removed. Valid during the call only: the memory may be reused after it. */
  body(bytes: Buffer): void
  end(): void
}

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding: *chunked/i
const EMPTY = Buffer.alloc(0)

/** Where the next byte belongs. */
type Place = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer'

/** Reads one message after another, however their bytes are cut. */
export class MessageReader {
  readonly #events: MessageEvents
  #place: Place = 'head'
  /** Bytes still to come of the body or of the current chunk, line ending included. */
  #left = 0
  /** The start of a line or head that is not complete yet; a copy. */
  #rest: Buffer = EMPTY

  constructor(events: MessageEvents) {
    this.#events = events
  }

  /** @throws Error for a chunk size that is none, since nothing after it could be read. */
  push(bytes: Buffer): void {
    const input = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    this.#rest = EMPTY
    let at = 0
    while (at < input.length) {
      const next = this.#step(input, at)
      if (next === at) {
        this.#rest = Buffer.from(input.subarray(at))
        return
      }
      at = next
    }
  }

  /** Reads what it can from `at` on. @returns where to go on; `at` itself when more bytes are needed. */
  #step(input: Buffer, at: number): number {
    switch (this.#place) {
      case 'head':
        return this.#head(input, at)
      case 'length':
      case 'chunk':
        return this.#body(input, at)
      case 'chunk-end':
        if (input.length - at < 2) return at
        this.#place = 'chunk-size'
        return at + 2
      case 'chunk-size':
        return this.#chunkSize(input, at)
      case 'trailer':
        return this.#trailer(input, at)
    }
  }

  #head(input: Buffer, at: number): number {
    const end = input.indexOf('\r\n\r\n', at, 'latin1')
    if (end < 0) return at
    const head = input.toString('latin1', at, end)
    this.#events.head(head)
    const length = CONTENT_LENGTH.exec(head)
    if (length !== null && length[1] !== '0') {
      this.#left = Number(length[1])
      this.#place = 'length'
    } else if (length === null && CHUNKED.test(head)) {
      this.#place = 'chunk-size'
    } else {
      this.#events.end()
    }
    return end + 4
  }

  #body(input: Buffer, at: number): number {
    const end = Math.min(input.length, at + this.#left)
    this.#left -= end - at
    this.#events.body(input.subarray(at, end))
    if (this.#left > 0) return end
    if (this.#place === 'chunk') {
      this.#place = 'chunk-end'
    } else {
      this.#place = 'head'
      this.#events.end()
    }
    return end
  }

  #chunkSize(input: Buffer, at: number): number {
    const end = input.indexOf('\r\n', at, 'latin1')
    if (end < 0) return at
    const size = Number.parseInt(input.toString('latin1', at, end), 16)
    if (Number.isNaN(size)) throw new Error('the peer sent a chunk without a size')
    this.#left = size
    this.#place = size === 0 ? 'trailer' : 'chunk'
    return end + 2
  }

  #trailer(input: Buffer, at: number): number {
    const end = input.indexOf('\r\n', at, 'latin1')
    if (end < 0) return at
    if (end === at) {
      this.#place = 'head'
      this.#events.end()
    }
    return end + 2
  }
}
