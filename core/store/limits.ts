/**
 * Limits that are counted in the memory of this process: `host.limits` where no
 * shared store is configured. Answers at once. Time is monotonic, so nobody
 * gains or loses anything when the machine's clock is set.
 */
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Claim, Exchange, Held, Limits } from '../plugin.ts'
import { type Counter, FixedWindow, InUse, LeakyBucket, type Limit, SlidingWindow } from './counters.ts'
import { Sweeper } from './sweeper.ts'

/** Limits that core settles at the end of every exchange. */
export interface OwnLimits extends Limits {
  /** Settles, at the amounts that were held, what nobody settled. */
  settleLeft(exchange: Exchange): void
}

/** Settings of {@link LocalLimits}. */
export interface LocalLimitsOptions {
  /** Counters that are kept at once. A claim on one more is refused. Default 1,000,000. */
  readonly maxCounters?: number
}

/** How long somebody is told to wait who finds no place for another counter, in ms. */
const FULL_WAIT_MS = 1_000
/** Counters that are looked at with each that is added, whether they are still needed. */
const SWEEP = 3

/** One counter, with its name; one name may be claimed for several windows. */
class Slot {
  readonly name: string
  readonly algorithm: Claim['algorithm']
  readonly windowMs: number
  readonly counter: Counter
  /** Charges that have not been settled. */
  open = 0
  next: Slot | undefined

  constructor(claim: Claim, counter: Counter, next: Slot | undefined) {
    this.name = claim.counter
    this.algorithm = claim.algorithm
    this.windowMs = claim.windowMs
    this.counter = counter
    this.next = next
  }
}

/** What one claim was charged, and where. */
class Charge implements Limit {
  readonly slot: Slot
  readonly limit: number
  readonly windowMs: number
  readonly amount: number
  readonly mark: number

  constructor(slot: Slot, { limit, windowMs, amount }: Claim, nowMs: number) {
    this.slot = slot
    this.limit = limit
    this.windowMs = windowMs
    this.amount = amount
    this.mark = slot.counter.charge(this, amount, nowMs)
    slot.open++
  }

  undo(): void {
    this.slot.counter.undo(this.mark, this.amount)
    this.slot.open--
  }

  settle(actual: number, nowMs: number): void {
    this.slot.counter.settle(this, this.mark, this.amount, actual, nowMs)
    this.slot.open--
  }
}

class LocalHeld {
  readonly granted = true
  readonly remaining: readonly number[]
  readonly resetMs: readonly number[]
  readonly charges: readonly Charge[]
  readonly #clock: Clock
  #isSettled = false
  /** Another hold of the same exchange. */
  readonly next: LocalHeld | undefined

  constructor(charges: readonly Charge[], clock: Clock, nowMs: number, next: LocalHeld | undefined) {
    this.charges = charges
    this.#clock = clock
    this.next = next
    const remaining: number[] = []
    const resetMs: number[] = []
    for (const charge of charges) {
      remaining.push(charge.slot.counter.remaining(charge, nowMs))
      resetMs.push(charge.slot.counter.resetMs(charge, nowMs))
    }
    this.remaining = remaining
    this.resetMs = resetMs
  }

  /** Only the first call counts. What is no amount is taken as what was held. */
  settle(actual: readonly number[]): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const nowMs = this.#clock.monotonic()
    let index = 0
    for (const charge of this.charges) {
      const amount = actual[index++] ?? Number.NaN
      charge.settle(Number.isFinite(amount) ? Math.max(amount, 0) : charge.amount, nowMs)
    }
  }

  isFor(claims: readonly Claim[]): boolean {
    return (
      claims.length === this.charges.length &&
      this.charges.every(({ slot }, index) => {
        const claim = claims[index]
        return claim !== undefined && slot.name === claim.counter && fits(slot, claim)
      })
    )
  }
}

/** {@link Limits} in memory, for exchanges and for whatever stands for one. Counters are dropped when nothing is left in them. */
export class LocalLimits implements OwnLimits {
  readonly #clock: Clock
  readonly #maxCounters: number
  readonly #offsetMs: number
  readonly #slots = new Map<string, Slot>()
  readonly #sweeper = new Sweeper(this.#slots, isIdle)
  readonly #holds = new Map<object, LocalHeld>()

  constructor(clock: Clock, { maxCounters = 1_000_000 }: LocalLimitsOptions = {}) {
    this.#clock = clock
    this.#maxCounters = maxCounters
    // Taken once, so that windows begin at whole minutes and days but do not move with the wall clock.
    this.#offsetMs = clock.now() - clock.monotonic()
  }

  /** How many names are kept; for metrics. */
  get counters(): number {
    return this.#slots.size
  }

  /** How many exchanges hold something; for metrics. */
  get exchanges(): number {
    return this.#holds.size
  }

  /**
   * @throws GatewayError `TACIT_CLAIM_INVALID` for a window that is not positive, or a limit or an amount below zero;
   * `TACIT_EXCHANGE_ENDED` for an exchange that is over, whose hold nobody would settle.
   */
  hold(exchange: object, claims: readonly Claim[]): Held {
    if ('ended' in exchange && exchange.ended === true) {
      throw new GatewayError('TACIT_EXCHANGE_ENDED', 'A plugin asked for a hold after its exchange had ended.')
    }
    const others = this.#holds.get(exchange)
    for (let held = others; held !== undefined; held = held.next) {
      if (held.isFor(claims)) return held
    }
    for (const claim of claims) check(claim)
    const nowMs = this.#clock.monotonic()
    const charges: Charge[] = []
    for (const claim of claims) {
      const slot = this.#slotFor(claim, nowMs)
      const waitMs = slot?.counter.waitMs(claim, claim.amount, nowMs) ?? FULL_WAIT_MS
      if (slot === undefined || waitMs > 0) {
        const index = charges.length
        for (const charge of charges.reverse()) charge.undo()
        return { granted: false, claim: index, retryAfterMs: waitMs }
      }
      charges.push(new Charge(slot, claim, nowMs))
    }
    const held = new LocalHeld(charges, this.#clock, nowMs, others)
    this.#holds.set(exchange, held)
    return held
  }

  /** Settles, at the amounts that were held, what nobody settled. Called by core at the end of every exchange. */
  settleLeft(exchange: object): void {
    const held = this.#holds.get(exchange)
    if (held === undefined) return
    this.#holds.delete(exchange)
    for (let each: LocalHeld | undefined = held; each !== undefined; each = each.next) each.settle(NOTHING_KNOWN)
  }

  #slotFor(claim: Claim, nowMs: number): Slot | undefined {
    const first = this.#slots.get(claim.counter)
    for (let slot = first; slot !== undefined; slot = slot.next) {
      if (fits(slot, claim)) return slot
    }
    if (first === undefined) {
      this.#sweeper.step(SWEEP, nowMs)
      if (this.#slots.size >= this.#maxCounters) return undefined
    }
    const slot = new Slot(claim, this.#counterFor(claim), first)
    this.#slots.set(claim.counter, slot)
    return slot
  }

  #counterFor({ algorithm }: Claim): Counter {
    switch (algorithm) {
      case 'gcra':
        return new LeakyBucket()
      case 'sliding':
        return new SlidingWindow()
      case 'fixed':
        return new FixedWindow(this.#offsetMs)
      case 'concurrency':
        return new InUse()
    }
  }
}

const NOTHING_KNOWN: readonly number[] = []

function fits(slot: Slot, { algorithm, windowMs }: Claim): boolean {
  return slot.windowMs === windowMs && slot.algorithm === algorithm
}

function isIdle(first: Slot, nowMs: number): boolean {
  for (let slot: Slot | undefined = first; slot !== undefined; slot = slot.next) {
    if (slot.open > 0 || !slot.counter.isIdle(nowMs)) return false
  }
  return true
}

function check({ limit, windowMs, amount }: Claim): void {
  if (limit >= 0 && windowMs > 0 && windowMs < Number.POSITIVE_INFINITY && amount >= 0) return
  throw new GatewayError(
    'TACIT_CLAIM_INVALID',
    'A claim needs a positive window, and a limit and an amount of 0 or more.'
  )
}
