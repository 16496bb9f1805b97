/**
 * Units of a counter in memory that were set aside at once, for another process
 * to give out. Until it has told how many it used they count as taken; those
 * it used count from then on, which is later than they were used: so no window
 * and no bucket ever has more than its limit. Knows nothing of who has them.
 */
import { type Bounds, type Counter, settleNew } from './counters.ts'
import type { Slot } from './slots.ts'

/** Units that were set aside. */
export class LocalBlock {
  readonly units: number
  /** How long they may be used, in ms. */
  readonly usableMs: number
  readonly #slot: Slot
  readonly #bounds: Bounds
  readonly #counter: Counter
  /** Of the window in which they may be used, where windows have marks. */
  readonly #begun: number
  /** Of what was used, once that is told; undefined where it counts for nothing. */
  #mark: number | undefined
  #isReleased = false
  #isOver = false

  /** Sets units aside, whether they fit or not. */
  constructor(slot: Slot, bounds: Bounds, units: number, usableMs: number, nowMs: number) {
    this.units = units
    this.usableMs = usableMs
    this.#slot = slot
    this.#bounds = bounds
    this.#counter = slot.counter
    this.#begun = markOf(slot.counter, bounds, nowMs)
    slot.open++
    slot.setAside(units, bounds)
  }

  /** So many of them were used, and none of them will be. What is more than they were is charged as well. */
  release(used: number, nowMs: number): void {
    if (this.#isReleased) return
    this.#isReleased = true
    const isForgotten = this.#slot.counter !== this.#counter
    this.#slot.setAside(-this.units, this.#bounds, isForgotten)
    if (isForgotten) return
    // What was used in a window that is over counts for nothing in the next.
    const isLate = this.#slot.algorithm === 'fixed' && this.#begun !== markOf(this.#counter, this.#bounds, nowMs)
    if (!isLate) this.#mark = this.#counter.charge(this.#bounds, used, nowMs)
  }

  /** What was used came to something else. @param back Units that were not used after all. @param extra Units that were used beyond. */
  correct(back: number, extra: number, nowMs: number): void {
    if (!this.#isReleased || this.#isOver) return
    const { counter } = this.#slot
    if (extra > 0) settleNew(counter, this.#bounds, extra, nowMs)
    if (back > 0 && this.#mark !== undefined && counter === this.#counter) {
      if (counter.giveBack === undefined) counter.settle(this.#bounds, this.#mark, back, 0, nowMs)
      else counter.giveBack(this.#bounds, this.#mark, back, nowMs)
    }
    this.#slot.changed()
  }

  /** Nothing of it will be corrected any more. What was not told to be used counts as used. */
  end(nowMs: number): void {
    if (this.#isOver) return
    this.release(this.units, nowMs)
    this.#isOver = true
    this.#slot.open--
    if (this.#mark !== undefined) this.#counter.settle(this.#bounds, this.#mark, 0, 0, nowMs)
    this.#slot.changed()
  }
}

/** What charges are marked with now. */
function markOf(counter: Counter, bounds: Bounds, nowMs: number): number {
  const mark = counter.charge(bounds, 0, nowMs)
  counter.undo(mark, 0)
  return mark
}
