/** Counters with their names, and what was charged to them. Knows nothing of exchanges, or of where a slot is found. */
import type { Claim, CounterName } from '../plugin.ts'
import { settledAmount, windowOf } from './claims.ts'
import { type Bounds, type Counter, type Kept, settleNew } from './counters.ts'
import type { Keepable, KeptCounter } from './limit-journal.ts'

/** How long to wait, in ms, where what is missing is set aside in blocks: they come back within about so long. */
const BLOCKS_MS = 1_000

/** Where counters are kept beyond this process; filled in when there is such a place. */
export interface Keeping {
  journal: { changed(counter: Keepable): void } | undefined
  /** Monotonic ms, and what makes wall-clock time of it. */
  readonly nowMs: () => number
  readonly offsetMs: () => number
}

/** One counter; slots of one name hang together, one for each algorithm and window. */
export class Slot implements Keepable {
  readonly name: string
  readonly algorithm: CounterName['algorithm']
  readonly window: number
  counter: Counter
  /** Charges that have not been settled, and their units. */
  open = 0
  held = 0
  next: Slot | undefined
  /** Units that were set aside in blocks, and the bounds of the last one. */
  #aside = 0
  #asideBounds: Bounds | undefined
  readonly #keeping: Keeping
  /** Units held that are given back when the process ends, by the marks of their charges. */
  #backs: Map<number, number> | undefined

  constructor(named: CounterName, counter: Counter, next: Slot | undefined, keeping: Keeping) {
    this.name = named.counter
    this.algorithm = named.algorithm
    this.window = windowOf(named)
    this.counter = counter
    this.next = next
    this.#keeping = keeping
  }

  /** The counter has changed. */
  changed(): void {
    this.#keeping.journal?.changed(this)
  }

  /** So many more units are held that are given back when the process ends; fewer, if negative. */
  givesBack(mark: number, amount: number): void {
    this.#backs ??= new Map()
    const units = (this.#backs.get(mark) ?? 0) + amount
    if (units > 0) this.#backs.set(mark, units)
    else this.#backs.delete(mark)
  }

  /**
   * So many more units are set aside; fewer, if negative.
   * @param isForgotten Whether it was before the counter began anew.
   */
  setAside(units: number, bounds: Bounds, isForgotten = false): void {
    this.held += units
    if (!isForgotten) this.#aside += units
    this.#asideBounds = this.#aside > 0 ? bounds : undefined
    this.changed()
  }

  /** Begins anew. What is held, or set aside, will find that it did. */
  reset(counter: Counter): void {
    this.counter = counter
    this.#aside = 0
    this.#asideBounds = undefined
    this.changed()
  }

  /** As {@link Counter.waitMs}, with what is set aside. */
  waitMs(bounds: Bounds, amount: number, nowMs: number): number {
    const waitMs = this.counter.waitMs(bounds, amount + this.#aside, nowMs)
    if (this.#aside === 0 || waitMs < Number.POSITIVE_INFINITY) return waitMs
    return this.counter.waitMs(bounds, amount, nowMs) < Number.POSITIVE_INFINITY ? BLOCKS_MS : waitMs
  }

  /** As {@link Counter.remaining}, without what is set aside. */
  remaining(bounds: Bounds, nowMs: number): number {
    return Math.max(this.counter.remaining(bounds, nowMs) - this.#aside, 0)
  }

  /** As {@link Counter.used}, with what is set aside. */
  used(bounds: Bounds, nowMs: number): number {
    return this.counter.used(bounds, nowMs) + this.#aside
  }

  keep(): KeptCounter | undefined {
    const kept = this.#asideBounds === undefined ? this.#kept() : this.#keptWith(this.#asideBounds)
    return kept && { name: this.name, algorithm: this.algorithm, window: this.window, ...kept }
  }

  #kept(): Kept | undefined {
    const { nowMs, offsetMs } = this.#keeping
    return this.counter.keep?.(nowMs(), offsetMs(), this.#backs)
  }

  /** What is set aside is used, as far as those know who come after. */
  #keptWith(bounds: Bounds): Kept | undefined {
    const mark = this.counter.charge(bounds, this.#aside, this.#keeping.nowMs())
    const kept = this.#kept()
    this.counter.undo(mark, this.#aside)
    return kept
  }

  /** Whether this is the counter that is meant, among those of its name. */
  is(named: CounterName): boolean {
    return this.algorithm === named.algorithm && this.window === windowOf(named)
  }

  isIdle(nowMs: number): boolean {
    return this.open === 0 && this.counter.isIdle(nowMs)
  }
}

/** What one claim was charged, and where. */
export class Charge implements Bounds {
  readonly slot: Slot
  readonly limit: number
  readonly windowMs: number
  readonly burst: number | undefined
  readonly endsMs: number | undefined
  readonly amount: number
  /** Whether it is for those who come after to give it back, when nobody can say what was used. */
  readonly isGivenBack: boolean
  /** Whether it is spent at once, and nothing will be settled. */
  readonly isFinal: boolean
  readonly #isCounted: boolean
  readonly #counter: Counter
  readonly #mark: number

  /** @param isCounted false for a claim that does not fit, and refuses nothing: it leaves no trace. */
  constructor(slot: Slot, claim: Claim, isCounted: boolean, endsMs: number | undefined, nowMs: number) {
    this.slot = slot
    this.limit = claim.limit
    this.windowMs = claim.windowMs ?? 0
    this.burst = claim.burst
    this.endsMs = endsMs
    this.amount = isCounted ? claim.amount : 0
    this.isGivenBack = claim.lost === 'give_back'
    this.isFinal = claim.final === true
    this.#isCounted = isCounted
    this.#counter = slot.counter
    this.#mark = slot.counter.charge(this, this.amount, nowMs)
    slot.open++
    slot.held += this.amount
    if (this.isGivenBack && !this.isFinal) slot.givesBack(this.#mark, this.amount)
    slot.changed()
  }

  undo(): void {
    this.#counter.undo(this.#mark, this.amount)
    this.#close()
  }

  settle(actual: number | undefined, nowMs: number): void {
    const used = this.#isCounted ? settledAmount(actual, this.amount) : 0
    this.#counter.settle(this, this.#mark, this.amount, used, nowMs)
    this.#close()
    if (this.slot.counter === this.#counter || used <= this.amount) return
    // The counter was reset meanwhile, and forgot what was held: only what came on top is new to it.
    settleNew(this.slot.counter, this, used - this.amount, nowMs)
  }

  #close(): void {
    const { slot } = this
    slot.open--
    slot.held -= this.amount
    if (this.isGivenBack && !this.isFinal) slot.givesBack(this.#mark, -this.amount)
    slot.changed()
  }
}
