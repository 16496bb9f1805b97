/**
 * Answers how low a level has been since a given moment, where the level may
 * also be lowered in hindsight. Pure; moments are told by counting them.
 */

/** More moments than this are not told apart. */
const MAX_MARKS = 64

/**
 * The lowest level since each moment that somebody may still ask about, as a
 * row of marks, each lower than all that came after it. A level has to be noted
 * only where it begins to rise, and where it is asked about.
 */
export class LowWaterMarks {
  #moment = 0
  #open = 0
  /** Of each mark, the last moment that was opened before it. Rising, as the levels are. */
  readonly #moments: number[] = []
  readonly #levels: number[] = []

  /** How many marks are kept. */
  get size(): number {
    return this.#levels.length
  }

  /** Notes a level that begins to rise now. */
  note(level: number): void {
    const levels = this.#levels
    while (levels.length > 0 && (levels[levels.length - 1] ?? 0) >= level) {
      levels.pop()
      this.#moments.pop()
    }
    levels.push(level)
    this.#moments.push(this.#moment)
    if (levels.length > MAX_MARKS) this.#merge()
  }

  /** Notes the level, and begins a moment that somebody will ask about and then {@link close}. @returns the moment. */
  open(level: number): number {
    this.note(level)
    this.#open++
    return ++this.#moment
  }

  /**
   * Lowers the level from `moment` on, by `amount` or by the lowest it was since, whichever is less.
   * @param level What it is now. @returns by how much it is lower now.
   */
  lower(moment: number, amount: number, level: number): number {
    this.note(level)
    const levels = this.#levels
    let first = this.#moments.length - 1
    while (first > 0 && (this.#moments[first - 1] ?? 0) >= moment) first--
    const lowest = levels[first] ?? 0
    const taken = Math.max(Math.min(amount, lowest), 0)
    for (let index = first; index < levels.length; index++) levels[index] = (levels[index] ?? 0) - taken
    // Marks before the moment that are no longer the lowest from there on.
    let kept = first
    while (kept > 0 && (levels[kept - 1] ?? 0) >= lowest - taken) kept--
    levels.splice(kept, first - kept)
    this.#moments.splice(kept, first - kept)
    return taken
  }

  /** One moment less that somebody may ask about. */
  close(): void {
    if (--this.#open > 0) return
    this.#levels.length = 0
    this.#moments.length = 0
  }

  /** Drops the mark that is least above the one before, whose level then stands for its moments too: lower than it was. */
  #merge(): void {
    const levels = this.#levels
    let least = 1
    let difference = Number.POSITIVE_INFINITY
    for (let index = 1; index < levels.length; index++) {
      const above = (levels[index] ?? 0) - (levels[index - 1] ?? 0)
      if (above >= difference) continue
      least = index
      difference = above
    }
    levels.splice(least, 1)
    this.#moments.splice(least - 1, 1)
  }
}
