/**
 * A set, in an array, of what comes and goes with traffic. Not a `Set`: V8 chains the tables that a Set
 * outgrows, and one such table in the old generation keeps alive every entry
 * that was ever added after it, until the next full collection.
 */

/** A set with an order that means nothing. */
export class LiveList<Item> implements Iterable<Item> {
  readonly #items: Item[] = []

  get size(): number {
    return this.#items.length
  }

  add(item: Item): void {
    this.#items.push(item)
  }

  /** Searches from the end, where what lives shortly is, and fills the gap with the last. */
  delete(item: Item): void {
    const index = this.#items.lastIndexOf(item)
    if (index < 0) return
    const last = this.#items.pop()
    if (last !== undefined && last !== item) this.#items[index] = last
  }

  /** Those that are there now; what is added or deleted meanwhile changes nothing. */
  [Symbol.iterator](): Iterator<Item> {
    return [...this.#items][Symbol.iterator]()
  }
}
