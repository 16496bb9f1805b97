/**
 * A tree that finds a value by a row of words, one step for each word. Steps
 * hash words that exist already; joining them to one key would make and hash a
 * new string each time. Pure.
 */

/** One place in the tree: what stands there, and where each word leads. */
export class Branch<Value> {
  value: Value | undefined
  #next: Map<string, Branch<Value>> | undefined

  /** Where `word` leads; undefined if nobody has gone there. */
  at(word: string): Branch<Value> | undefined {
    return this.#next?.get(word)
  }

  /** Where `word` leads, from now on. */
  grow(word: string): Branch<Value> {
    this.#next ??= new Map()
    const found = this.#next.get(word)
    if (found !== undefined) return found
    const branch = new Branch<Value>()
    this.#next.set(word, branch)
    return branch
  }

  /** Forgets everything from here on. */
  clear(): void {
    this.value = undefined
    this.#next = undefined
  }
}
