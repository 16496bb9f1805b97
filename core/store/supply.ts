/**
 * Units of one counter that were taken in advance, and are given out here until
 * their time is over. Knows how much to take, and nothing of where it comes from.
 */
import type { Claim, CounterName } from '../plugin.ts'
import { windowOf } from './claims.ts'

/** Units that were taken at once, and are told to be used, or given back, at once. */
export interface Block {
  /** What it was taken for. */
  readonly claim: Claim
  readonly units: number
  /** Monotonic ms from which on none of them may be used any more. */
  readonly untilMs: number
  /** How much was left at the source when it was taken, and how long until the limit is whole. */
  readonly remaining: number
  readonly resetMs: number
}

/** A block that units are given out of. */
export class OpenBlock<Source extends Block = Block> {
  readonly source: Source
  left: number
  /** How many have units of it that may come to something else. */
  open = 0
  /** Whether its use was told to the source; what changes afterwards has to be told apart. */
  isReleased = false
  /** Units given back, and used beyond what was held, since it was released. */
  back = 0
  extra = 0

  constructor(source: Source) {
    this.source = source
    this.left = source.units
  }

  /** Units that were used of it; more than it had, when something came to more than was held. */
  get used(): number {
    return this.source.units - this.left
  }

  /** Gives units out. @param isOpen whether somebody will {@link settle} them. */
  give(amount: number, isOpen: boolean): void {
    this.left -= amount
    if (isOpen) this.open++
  }

  /** What was given out has come to something else. @param more Units; negative for fewer. */
  settle(more: number): void {
    this.open--
    this.#correct(more)
  }

  /** Takes back what was given out just now. */
  undo(amount: number, isOpen: boolean): void {
    if (isOpen) this.open--
    this.#correct(-amount)
  }

  #correct(more: number): void {
    if (!this.isReleased) this.left -= more
    else if (more > 0) this.extra += more
    else this.back -= more
  }
}

/** The part of a limit that one block may take, and how many gateways or processes may have one, at a guess. */
const LARGEST_PART = 10
/** Blocks live for this part of their window, and no longer than so many ms. */
const LIFE_PART = 10
const LONGEST_LIFE_MS = 1_000
/** After a refusal the source is not asked again for this long, in ms, or for as long as it says, if that is less. */
const PAUSE_MS = 25
/** Claims that a first block is for. */
const FIRST_CLAIMS = 8

/** How long the units of a block may be used, in ms. */
export function lifeOf({ windowMs }: CounterName): number {
  return windowMs === undefined ? LONGEST_LIFE_MS : Math.min(Math.ceil(windowMs / LIFE_PART), LONGEST_LIFE_MS)
}

/** Units of one counter. Supplies of one name hang together. */
export class Supply<Source extends Block = Block> {
  readonly name: string
  readonly algorithm: CounterName['algorithm']
  readonly window: number
  next: Supply<Source> | undefined
  block: OpenBlock<Source> | undefined
  /** More are being taken. */
  filling: Promise<number> | undefined
  #want = 0
  /** Until when nothing is asked for, because there was not enough; for what amounts, and until when there will not be. */
  #pausedUntilMs = 0
  #emptyUntilMs = 0
  #emptyFor = Number.POSITIVE_INFINITY

  constructor(named: CounterName, next: Supply<Source> | undefined) {
    this.name = named.counter
    this.algorithm = named.algorithm
    this.window = windowOf(named)
    this.next = next
  }

  is(named: CounterName): boolean {
    return this.algorithm === named.algorithm && this.window === windowOf(named)
  }

  /** The block that has so many units to give now. */
  has(amount: number, nowMs: number): OpenBlock<Source> | undefined {
    const { block } = this
    return block !== undefined && block.left >= amount && nowMs < block.source.untilMs ? block : undefined
  }

  /** Whether more should be taken, before there is nothing left. */
  isLow(block: OpenBlock<Source>): boolean {
    return this.filling === undefined && block.left * 2 < block.source.units
  }

  /** How many units to take: as many as are used in a block's life, within a part of the limit. */
  want({ limit, burst = limit, amount, algorithm }: Claim): number {
    const most = Math.max(Math.floor((algorithm === 'gcra' ? burst : limit) / LARGEST_PART), amount)
    return Math.min(Math.max(this.#want, amount * FIRST_CLAIMS), most)
  }

  /** Another block takes the place of this one, or its time is over: what it was good for tells how much is needed. */
  learn(block: OpenBlock<Source>, nowMs: number): void {
    const { units, untilMs } = block.source
    if (nowMs < untilMs) this.#want = units * 2
    else if (block.left > units / 2) this.#want = Math.ceil(units / 2)
  }

  /** Nothing could be taken for `amount`, and there will not be enough for so long. */
  ranOut(amount: number, waitMs: number, nowMs: number): void {
    this.#emptyFor = nowMs < this.#pausedUntilMs ? Math.min(amount, this.#emptyFor) : amount
    this.#pausedUntilMs = nowMs + Math.min(waitMs, PAUSE_MS)
    this.#emptyUntilMs = nowMs + waitMs
  }

  /** How long there will not be so many, in ms, while the source is left alone; 0 to ask. */
  emptyMs(amount: number, nowMs: number): number {
    return amount >= this.#emptyFor && nowMs < this.#pausedUntilMs ? Math.max(this.#emptyUntilMs - nowMs, 1) : 0
  }
}
