/**
 * A body while it is collected. Each piece costs an object of a hundred bytes
 * and more, whatever its size, so that a client which sends a byte at a time
 * could have a hundred times as much kept as it sent: many pieces are put
 * together as they come. Pure.
 */

/** Pieces that are kept apart at most before they are put together. */
const MANY = 512

/** Pieces of one body, in order. */
export class Pieces {
  readonly #merged: Buffer[] = []
  #recent: Buffer[] = []

  /** Adds the next piece. */
  add(piece: Buffer): void {
    if (this.#recent.push(piece) < MANY) return
    this.#merged.push(Buffer.concat(this.#recent))
    this.#recent = []
  }

  /** Objects that are kept. */
  get count(): number {
    return this.#merged.length + this.#recent.length
  }

  /** All of them as one; the only piece itself, where there is one. */
  whole(): Buffer {
    const [only] = this.#recent
    if (only !== undefined && this.count === 1) return only
    return Buffer.concat([...this.#merged, ...this.#recent])
  }
}
