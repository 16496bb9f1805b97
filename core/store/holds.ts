/**
 * What is kept for each exchange while it lives. Not a `Map`: V8 chains the tables that a Map outgrows, and it outgrows
 * one with every few dozen exchanges that come and go. One such table in the old generation keeps alive all that was
 * ever added after it, until the next full collection, and every short one has to carry that along: it doubled what a
 * request costs. Knows nothing of what is kept.
 */

/** Values by the objects that they belong to, as many as there are. */
export class Holds<Owner extends object, Value> {
  readonly #values = new WeakMap<Owner, Value>()
  #size = 0

  /** How many owners have a value. */
  get size(): number {
    return this.#size
  }

  get(owner: Owner): Value | undefined {
    return this.#values.get(owner)
  }

  set(owner: Owner, value: Value): void {
    if (!this.#values.has(owner)) this.#size++
    this.#values.set(owner, value)
  }

  /** Takes a value out. @returns it; undefined where there is none. */
  take(owner: Owner): Value | undefined {
    const value = this.#values.get(owner)
    if (this.#values.delete(owner)) this.#size--
    return value
  }
}
