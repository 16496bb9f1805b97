/** Bytes of one thing that comes in several chunks: kept until it is whole, at most so many. Pure. */

/** Longest thing that is put together: pictures come as one of some MiB. As long as the longest event of a stream. */
export const MAX_PIECE_BYTES = 16 * 1024 * 1024

/** Collects what belongs together. Each byte is copied once. */
export class Pieces {
  readonly #maxBytes: number
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** How much is kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** Keeps a view of more. @returns false when it is too much; what was kept is let go of then. */
  add(bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true
    this.#bytes += bytes.length
    if (this.#bytes > this.#maxBytes) {
      this.#pieces = []
      return false
    }
    this.#pieces.push(bytes)
    return true
  }

  /** Takes everything out, as one. */
  take(): Buffer {
    const [first] = this.#pieces
    const whole = first !== undefined && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#bytes = 0
    return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength)
  }
}
