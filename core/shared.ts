/** What successive configurations have in common: opened once, closed when none of them uses it any more. */

/** One thing with an end, and how many use it. */
export class Shared<Value> {
  readonly value: Value
  readonly #close: () => Promise<void>
  #users = 0

  /** @param close called once, when the last user has released it. */
  constructor(value: Value, close: () => Promise<void>) {
    this.value = value
    this.#close = close
  }

  /** One user more. */
  use(): this {
    this.#users++
    return this
  }

  /** One user less. The last one waits until it is closed. */
  async release(): Promise<void> {
    if (--this.#users === 0) await this.#close()
  }
}
