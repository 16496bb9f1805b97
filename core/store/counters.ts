/**
 * The arithmetic of limits: four kinds of counters that charge a claim when it
 * is admitted and correct the charge when its true amount is known. Pure: time
 * is an argument, in monotonic ms, and never falls. Knows nothing of names,
 * exchanges, or of where counters are kept.
 *
 * All of them keep one promise: counted at the time of its admission, and with
 * what is known of its amount, no claim is admitted over the limit. What an
 * amount turns out larger than its claim is charged when that becomes known.
 */
import { LowWaterMarks } from './low-water-marks.ts'

/** How much may be used in which time. */
export interface Limit {
  /** Units that may be used in `windowMs`, or at once. */
  readonly limit: number
  readonly windowMs: number
}

/** One counter. Calls come in the order of their times. */
export interface Counter {
  /** How long until `amount` fits, in ms; 0 if it fits now. */
  waitMs(limit: Limit, amount: number, nowMs: number): number
  /** Charges `amount`, whether it fits or not. @returns a mark, for {@link settle} and {@link undo}. */
  charge(limit: Limit, amount: number, nowMs: number): number
  /** Takes the last charge back, as if it had not been; no time has passed since. */
  undo(mark: number, amount: number): void
  /** Corrects a charge: `actual` units were used and not `held`. */
  settle(limit: Limit, mark: number, held: number, actual: number, nowMs: number): void
  /** Units that fit now; 0 at least. */
  remaining(limit: Limit, nowMs: number): number
  /** How long until all of the limit fits, in ms, if nothing more is charged. */
  resetMs(limit: Limit, nowMs: number): number
  /** Whether nothing would change if the counter were forgotten. */
  isIdle(nowMs: number): boolean
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

  waitMs(limit: Limit, amount: number, nowMs: number): number {
    this.#leak(limit, nowMs)
    if (this.#level + amount <= limit.limit * (1 + ROUNDING)) return 0
    return amount > limit.limit ? limit.windowMs : this.#leakMs(limit, this.#level + amount - limit.limit)
  }

  charge(limit: Limit, amount: number, nowMs: number): number {
    this.#leak(limit, nowMs)
    const mark = this.#lowest.open(this.#level)
    this.#level += amount
    return mark
  }

  undo(_mark: number, amount: number): void {
    this.#level = Math.max(this.#level - amount, 0)
    this.#lowest.close()
  }

  settle(limit: Limit, mark: number, held: number, actual: number, nowMs: number): void {
    this.#leak(limit, nowMs)
    if (actual > held) {
      this.#lowest.note(this.#level)
      this.#level += actual - held
    } else if (actual < held) {
      this.#level -= this.#lowest.lower(mark, held - actual, this.#level)
    }
    this.#lowest.close()
  }

  remaining(limit: Limit, nowMs: number): number {
    this.#leak(limit, nowMs)
    return Math.max(Math.floor(limit.limit * (1 + ROUNDING) - this.#level), 0)
  }

  resetMs(limit: Limit, nowMs: number): number {
    this.#leak(limit, nowMs)
    return this.#level > 0 ? this.#leakMs(limit, this.#level) : 0
  }

  isIdle(nowMs: number): boolean {
    return this.#level - ((nowMs - this.#atMs) * this.#limit) / this.#windowMs <= this.#limit * ROUNDING
  }

  #leak({ limit, windowMs }: Limit, nowMs: number): void {
    this.#limit = limit
    this.#windowMs = windowMs
    // Multiplied first: after exactly one window, exactly the limit has leaked.
    if (nowMs > this.#atMs) this.#level = Math.max(this.#level - ((nowMs - this.#atMs) * limit) / windowMs, 0)
    this.#atMs = Math.max(nowMs, this.#atMs)
  }

  #leakMs({ limit, windowMs }: Limit, amount: number): number {
    return limit > 0 ? wholeMs((amount * windowMs) / limit) : windowMs
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

  waitMs(limit: Limit, amount: number, nowMs: number): number {
    this.#slide(limit, nowMs)
    if (this.#sum + amount <= limit.limit) return 0
    if (amount > limit.limit) return limit.windowMs
    let left = this.#sum
    for (let age = SLIDING_PARTS; age >= 0; age--) {
      left -= this.#at(this.#part - age)
      if (left + amount <= limit.limit) return this.#leavesMs(age, nowMs)
    }
    return limit.windowMs
  }

  charge(limit: Limit, amount: number, nowMs: number): number {
    this.#slide(limit, nowMs)
    this.#add(this.#part, amount)
    return this.#part
  }

  undo(mark: number, amount: number): void {
    this.#add(mark, -amount)
  }

  settle(limit: Limit, mark: number, held: number, actual: number, nowMs: number): void {
    this.#slide(limit, nowMs)
    if (actual > held) this.#add(this.#part, actual - held)
    // A part that has left the window has taken its units along.
    else if (this.#part - mark <= SLIDING_PARTS) this.#add(mark, actual - held)
  }

  remaining(limit: Limit, nowMs: number): number {
    this.#slide(limit, nowMs)
    return Math.max(Math.floor(limit.limit - this.#sum), 0)
  }

  resetMs(limit: Limit, nowMs: number): number {
    this.#slide(limit, nowMs)
    for (let age = 0; age <= SLIDING_PARTS; age++) {
      if (this.#at(this.#part - age) > 0) return this.#leavesMs(age, nowMs)
    }
    return 0
  }

  isIdle(nowMs: number): boolean {
    return this.#sum <= 0 || Math.floor(nowMs / this.#partMs) - this.#part > SLIDING_PARTS
  }

  /** Empties the parts that have left since the last look. */
  #slide({ windowMs }: Limit, nowMs: number): void {
    this.#partMs = windowMs / SLIDING_PARTS
    const part = Math.max(Math.floor(nowMs / this.#partMs), this.#part)
    const gone = Math.min(part - this.#part, SLIDING_PARTS + 1)
    for (let index = 1; index <= gone; index++) this.#sums[(this.#part + index) % (SLIDING_PARTS + 1)] = 0
    this.#part = part
    // Added up anew, so that errors of rounding leave the window too.
    if (gone > 0) this.#sum = this.#sums.reduce((sum, units) => sum + units, 0)
  }

  #leavesMs(age: number, nowMs: number): number {
    return wholeMs((this.#part - age + SLIDING_PARTS + 1) * this.#partMs - nowMs)
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

/** Units since the window began. Around its edge twice the limit may be used in a short time. */
export class FixedWindow implements Counter {
  readonly #offsetMs: number
  #window = -1
  #windowMs = 1
  #used = 0

  /** @param offsetMs Added to times to find where windows begin: with the epoch's, a day begins at midnight UTC. */
  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs
  }

  waitMs(limit: Limit, amount: number, nowMs: number): number {
    this.#turn(limit, nowMs)
    if (this.#used + amount <= limit.limit) return 0
    return amount > limit.limit ? limit.windowMs : this.#leftMs(nowMs)
  }

  charge(limit: Limit, amount: number, nowMs: number): number {
    this.#turn(limit, nowMs)
    this.#used += amount
    return this.#window
  }

  undo(_mark: number, amount: number): void {
    this.#used -= amount
  }

  settle(limit: Limit, mark: number, held: number, actual: number, nowMs: number): void {
    this.#turn(limit, nowMs)
    if (actual > held || mark === this.#window) this.#used += actual - held
  }

  remaining(limit: Limit, nowMs: number): number {
    this.#turn(limit, nowMs)
    return Math.max(Math.floor(limit.limit - this.#used), 0)
  }

  resetMs(limit: Limit, nowMs: number): number {
    this.#turn(limit, nowMs)
    return this.#used > 0 ? this.#leftMs(nowMs) : 0
  }

  isIdle(nowMs: number): boolean {
    return this.#used <= 0 || Math.floor((nowMs + this.#offsetMs) / this.#windowMs) > this.#window
  }

  #turn({ windowMs }: Limit, nowMs: number): void {
    this.#windowMs = windowMs
    const window = Math.floor((nowMs + this.#offsetMs) / windowMs)
    if (window <= this.#window) return
    this.#window = window
    this.#used = 0
  }

  #leftMs(nowMs: number): number {
    return wholeMs((this.#window + 1) * this.#windowMs - this.#offsetMs - nowMs)
  }
}

/** Rounded up, and never 0: that means that there is nothing to wait for. */
function wholeMs(ms: number): number {
  return Math.max(Math.ceil(ms), 1)
}

/** What to say of the wait for somebody else to finish, which nobody knows, in ms. */
const UNKNOWN_WAIT_MS = 1_000

/** Units in use at once; settling frees them, whatever was used of them. */
export class InUse implements Counter {
  #used = 0

  waitMs({ limit }: Limit, amount: number): number {
    return this.#used + amount <= limit ? 0 : UNKNOWN_WAIT_MS
  }

  charge(_limit: Limit, amount: number): number {
    this.#used += amount
    return 0
  }

  undo(_mark: number, amount: number): void {
    this.#used -= amount
  }

  settle(_limit: Limit, _mark: number, held: number): void {
    this.#used -= held
  }

  remaining({ limit }: Limit): number {
    return Math.max(limit - this.#used, 0)
  }

  resetMs(): number {
    return this.#used > 0 ? UNKNOWN_WAIT_MS : 0
  }

  isIdle(): boolean {
    return this.#used <= 0
  }
}
