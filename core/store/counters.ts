/**
 * The arithmetic of limits: buckets and sliding windows, which charge a claim when it
 * is admitted and correct the charge when its true amount is known. Pure: time
 * is an argument, in monotonic ms, and never falls. Knows nothing of names,
 * exchanges, or of where counters are kept.
 *
 * All of them keep one promise: counted at the time of its admission, and with
 * what is known of its amount, no claim is admitted over the limit. What an
 * amount turns out larger than its claim is charged when that becomes known.
 */
import { LowWaterMarks } from './low-water-marks.ts'

/** How much may be used in which time, as a counter sees it. */
export interface Bounds {
  /** Units that may be used in `windowMs`, or at once. */
  readonly limit: number
  readonly windowMs: number
  /** Of a bucket: units that it holds; the limit, if not given. */
  readonly burst?: number | undefined
  /** Of a window that has no length: monotonic ms at which it ends. */
  readonly endsMs?: number | undefined
}

/** What a counter leaves to the next process. */
export interface Kept {
  /** Wall-clock ms from which on it counts for nothing; Infinity for never. */
  readonly untilAt: number
  readonly state: readonly number[]
}

/** One counter. Calls come in the order of their times. */
export interface Counter {
  /** How long until `amount` fits, in ms; 0 if it fits now, Infinity if time alone will not help. */
  waitMs(bounds: Bounds, amount: number, nowMs: number): number
  /** Charges `amount`, whether it fits or not. @returns a mark, for {@link settle} and {@link undo}. */
  charge(bounds: Bounds, amount: number, nowMs: number): number
  /** Takes the last charge back, as if it had not been; no time has passed since. */
  undo(mark: number, amount: number): void
  /** Corrects a charge: `actual` units were used and not `held`. */
  settle(bounds: Bounds, mark: number, held: number, actual: number, nowMs: number): void
  /** Gives back units of a charge that is yet to be settled; undefined where {@link settle} does that, however often. */
  giveBack?(bounds: Bounds, mark: number, amount: number, nowMs: number): void
  /** Units that fit now; 0 at least. */
  remaining(bounds: Bounds, nowMs: number): number
  /** How long what is charged now counts at least, in ms: until the window ends; undefined where it has no end of its own. */
  leftMs?(nowMs: number): number
  /** How long until all of the limit fits, in ms, if nothing more is charged. */
  resetMs(bounds: Bounds, nowMs: number): number
  /** Units that count as used now, those that are held included; whole, rounded up. */
  used(bounds: Bounds, nowMs: number): number
  /** Whether nothing would change if the counter were forgotten. */
  isIdle(nowMs: number): boolean
  /** Units that were topped up; undefined where that cannot be. */
  readonly credit?: number
  /**
   * What outlives the process, as numbers; undefined where nothing does. @param offsetMs What makes wall-clock time of
   * `nowMs`. @param backs Units held that are given back when the process ends, by the marks of their charges.
   */
  keep?(nowMs: number, offsetMs: number, backs: ReadonlyMap<number, number> | undefined): Kept
  /** Goes on from what was kept by another process, which may be from a clock that has been set since. */
  restore?(state: readonly number[], nowMs: number, offsetMs: number): void
  /** Lets `amount` more be used; less, if it is negative. */
  topUp?(bounds: Bounds, amount: number, nowMs: number): void
}

/** What a level may be over its limit, as a share of it: errors of rounding, over millions of claims. */
const ROUNDING = 1e-9

/**
 * A bucket that leaks evenly: `limit` units at once, and as many in each
 * window. This is the continuous-state leaky bucket of ITU-T I.371, which
 * decides as the generic cell rate algorithm does.
 *
 * Giving back is the delicate part: what was held and not used may have leaked
 * since, and then made no room that somebody else did not get. If `back` units
 * of a charge had never been there, the level would be lower by them, but by no
 * more than the lowest level since the charge: from there on the bucket without
 * them would have been empty. So the lowest levels are kept for as long as
 * somebody may give back (Skorokhod's reflection, in the terms of queues).
 */
export class LeakyBucket implements Counter {
  #level = 0
  #atMs = 0
  /** What the bucket leaks, as told by the last limit. */
  #limit = 0
  #windowMs = 1
  readonly #lowest = new LowWaterMarks()

  waitMs(bounds: Bounds, amount: number, nowMs: number): number {
    this.#leak(bounds, nowMs)
    const capacity = bounds.burst ?? bounds.limit
    if (this.#level + amount <= capacity * (1 + ROUNDING)) return 0
    return amount > capacity ? Number.POSITIVE_INFINITY : this.#leakMs(bounds, this.#level + amount - capacity)
  }

  charge(bounds: Bounds, amount: number, nowMs: number): number {
    this.#leak(bounds, nowMs)
    const mark = this.#lowest.open(this.#level)
    this.#level += amount
    return mark
  }

  undo(_mark: number, amount: number): void {
    this.#level = Math.max(this.#level - amount, 0)
    this.#lowest.close()
  }

  settle(bounds: Bounds, mark: number, held: number, actual: number, nowMs: number): void {
    this.#leak(bounds, nowMs)
    if (actual > held) {
      this.#lowest.note(this.#level)
      this.#level += actual - held
    } else if (actual < held) {
      this.#level -= this.#lowest.lower(mark, held - actual, this.#level)
    }
    this.#lowest.close()
  }

  giveBack(bounds: Bounds, mark: number, amount: number, nowMs: number): void {
    this.#leak(bounds, nowMs)
    this.#level -= this.#lowest.lower(mark, amount, this.#level)
  }

  remaining(bounds: Bounds, nowMs: number): number {
    this.#leak(bounds, nowMs)
    return Math.max(Math.floor((bounds.burst ?? bounds.limit) * (1 + ROUNDING) - this.#level), 0)
  }

  used(bounds: Bounds, nowMs: number): number {
    this.#leak(bounds, nowMs)
    return Math.max(Math.ceil(this.#level - bounds.limit * ROUNDING), 0)
  }

  resetMs(bounds: Bounds, nowMs: number): number {
    this.#leak(bounds, nowMs)
    return this.#level > 0 ? this.#leakMs(bounds, this.#level) : 0
  }

  isIdle(nowMs: number): boolean {
    return this.#level - ((nowMs - this.#atMs) * this.#limit) / this.#windowMs <= this.#limit * ROUNDING
  }

  /** What would be given back is charged: a bucket leaks by itself, and its marks end with the process. */
  keep(_nowMs: number, offsetMs: number): Kept {
    const atMs = this.#atMs + offsetMs
    const leaksMs = this.#limit > 0 ? (this.#level * this.#windowMs) / this.#limit : Number.POSITIVE_INFINITY
    const untilAt = this.#level > 0 ? atMs + leaksMs : 0
    return { untilAt, state: [this.#level, atMs, this.#limit, this.#windowMs] }
  }

  restore([level = 0, at = 0, limit = 0, windowMs = 1]: readonly number[], nowMs: number, offsetMs: number): void {
    this.#level = level
    this.#atMs = Math.min(at - offsetMs, nowMs)
    this.#limit = limit
    this.#windowMs = windowMs
  }

  #leak({ limit, windowMs }: Bounds, nowMs: number): void {
    this.#limit = limit
    this.#windowMs = windowMs
    // Multiplied first: after exactly one window, exactly the limit has leaked.
    if (nowMs > this.#atMs) this.#level = Math.max(this.#level - ((nowMs - this.#atMs) * limit) / windowMs, 0)
    this.#atMs = Math.max(nowMs, this.#atMs)
  }

  #leakMs({ limit, windowMs }: Bounds, amount: number): number {
    return limit > 0 ? wholeMs((amount * windowMs) / limit) : Number.POSITIVE_INFINITY
  }
}

/** Parts that a sliding window is divided into. */
export const SLIDING_PARTS = 32

/**
 * Units of the last window, at every moment. Kept as sums of {@link SLIDING_PARTS}
 * parts, of which the oldest counts whole until it has left the window: so any
 * window is held to the limit, and some are longer than they had to be, by at
 * most one part. Two weighted windows, as often used, assume that what was used
 * came evenly; a log of every claim is exact and grows with the limit.
 */
export class SlidingWindow implements Counter {
  /** The part that is being filled, counted since time 0. */
  #part = 0
  #partMs = 1
  #sum = 0
  readonly #sums = new Float64Array(SLIDING_PARTS + 1)
  readonly #offsetMs: number

  /** @param offsetMs Added to times to find where parts begin, so that two processes can agree on it. */
  constructor(offsetMs = 0) {
    this.#offsetMs = offsetMs
  }

  waitMs(bounds: Bounds, amount: number, nowMs: number): number {
    this.#slide(bounds, nowMs)
    if (this.#sum + amount <= bounds.limit) return 0
    if (amount > bounds.limit) return Number.POSITIVE_INFINITY
    let left = this.#sum
    for (let age = SLIDING_PARTS; age >= 0; age--) {
      left -= this.#at(this.#part - age)
      if (left + amount <= bounds.limit) return this.#leavesMs(age, nowMs)
    }
    return bounds.windowMs
  }

  charge(bounds: Bounds, amount: number, nowMs: number): number {
    this.#slide(bounds, nowMs)
    this.#add(this.#part, amount)
    return this.#part
  }

  undo(mark: number, amount: number): void {
    this.#add(mark, -amount)
  }

  settle(bounds: Bounds, mark: number, held: number, actual: number, nowMs: number): void {
    this.#slide(bounds, nowMs)
    if (actual > held) this.#add(this.#part, actual - held)
    // A part that has left the window has taken its units along.
    else if (this.#part - mark <= SLIDING_PARTS) this.#add(mark, actual - held)
  }

  remaining(bounds: Bounds, nowMs: number): number {
    this.#slide(bounds, nowMs)
    return Math.max(Math.floor(bounds.limit - this.#sum), 0)
  }

  used(bounds: Bounds, nowMs: number): number {
    this.#slide(bounds, nowMs)
    return this.#sum
  }

  resetMs(bounds: Bounds, nowMs: number): number {
    this.#slide(bounds, nowMs)
    for (let age = 0; age <= SLIDING_PARTS; age++) {
      if (this.#at(this.#part - age) > 0) return this.#leavesMs(age, nowMs)
    }
    return 0
  }

  isIdle(nowMs: number): boolean {
    return this.#sum <= 0 || Math.floor((nowMs + this.#offsetMs) / this.#partMs) - this.#part > SLIDING_PARTS
  }

  keep(_nowMs: number, _offsetMs: number, backs: ReadonlyMap<number, number> | undefined): Kept {
    const state = [this.#partMs, this.#part]
    for (let age = SLIDING_PARTS; age >= 0; age--) {
      const part = this.#part - age
      state.push(Math.max(this.#at(part) - (backs?.get(part) ?? 0), 0))
    }
    return { untilAt: (this.#part + SLIDING_PARTS + 1) * this.#partMs, state }
  }

  restore([partMs = 1, part = 0, ...units]: readonly number[], nowMs: number): void {
    this.#partMs = partMs
    // A clock that was set back since makes the parts younger, and never lets them begin in the future.
    this.#part = Math.min(part, Math.floor((nowMs + this.#offsetMs) / partMs))
    for (const [at, amount] of units.entries()) this.#add(this.#part - SLIDING_PARTS + at, amount)
  }

  /** Empties the parts that have left since the last look. */
  #slide({ windowMs }: Bounds, nowMs: number): void {
    this.#partMs = windowMs / SLIDING_PARTS
    const part = Math.max(Math.floor((nowMs + this.#offsetMs) / this.#partMs), this.#part)
    const gone = Math.min(part - this.#part, SLIDING_PARTS + 1)
    for (let index = 1; index <= gone; index++) this.#sums[(this.#part + index) % (SLIDING_PARTS + 1)] = 0
    this.#part = part
    // Added up anew, so that errors of rounding leave the window too.
    if (gone > 0) this.#sum = this.#sums.reduce((sum, units) => sum + units, 0)
  }

  #leavesMs(age: number, nowMs: number): number {
    return wholeMs((this.#part - age + SLIDING_PARTS + 1) * this.#partMs - this.#offsetMs - nowMs)
  }

  #at(part: number): number {
    return part < 0 ? 0 : (this.#sums[part % (SLIDING_PARTS + 1)] ?? 0)
  }

  #add(part: number, amount: number): void {
    const index = part % (SLIDING_PARTS + 1)
    this.#sums[index] = (this.#sums[index] ?? 0) + amount
    this.#sum += amount
  }
}

/** Charges what was not held before, and is not corrected later. */
export function settleNew(counter: Counter, bounds: Bounds, amount: number, nowMs: number): void {
  counter.settle(bounds, counter.charge(bounds, 0, nowMs), 0, amount, nowMs)
}

/** Rounded up, and never 0: that means that there is nothing to wait for. */
export function wholeMs(ms: number): number {
  return Math.max(Math.ceil(ms), 1)
}
