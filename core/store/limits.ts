/**
 * Limits that are counted in the memory of this process: `host.limits` where no
 * shared store is configured. Answers at once. Time is monotonic, so nobody
 * gains or loses anything when the machine's clock is set.
 */
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Claim, CounterName, Exchange, Held, Limit, Limits, Reading } from '../plugin.ts'
import { checkClaims, checkLimit, checkReset, checkTopUp } from './claims.ts'
import { type Bounds, type Counter, LeakyBucket, SlidingWindow } from './counters.ts'
import { FixedWindow } from './fixed-window.ts'
import { LocalHeld } from './held.ts'
import { Holds } from './holds.ts'
import { InUse } from './in-use.ts'
import type { KeptCounter, LimitJournal } from './limit-journal.ts'
import { LocalBlock } from './local-blocks.ts'
import { Charge, type Keeping, Slot } from './slots.ts'
import { addTheirs, isAsBefore } from './successor.ts'
import { Sum } from './sum.ts'
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

/** Units that were set aside, and how the counter stands since. */
export interface TakenBlock {
  readonly block: LocalBlock
  readonly remaining: number
  readonly resetMs: number
}

/** How long somebody is told to wait who finds no place for another counter, in ms. */
const FULL_WAIT_MS = 1_000
/** Counters that are looked at with each that is added, whether they are still needed. */
const SWEEP = 3

/** {@link Limits} in memory, for exchanges and for whatever stands for one. Counters are dropped when nothing is left in them. */
export class LocalLimits implements OwnLimits {
  readonly #clock: Clock
  readonly #maxCounters: number
  readonly #offsetMs: number
  readonly #slots = new Map<string, Slot>()
  readonly #sweeper = new Sweeper(this.#slots, isIdle)
  readonly #holds = new Holds<object, LocalHeld>()
  readonly #keeping: Keeping
  /** What another process told last, while it still keeps its counters. */
  readonly #told = new Map<string, KeptCounter>()

  constructor(clock: Clock, { maxCounters = 1_000_000 }: LocalLimitsOptions = {}) {
    this.#clock = clock
    this.#maxCounters = maxCounters
    // Taken once, so that windows begin at whole minutes and days but do not move with the wall clock.
    this.#offsetMs = clock.now() - clock.monotonic()
    this.#keeping = {
      journal: undefined,
      nowMs: () => clock.monotonic(),
      offsetMs: () => clock.now() - clock.monotonic()
    }
  }

  /** Goes on from what a process before this one has kept, as by {@link restore}, and keeps what changes from now on. */
  keepIn(journal: LimitJournal): void {
    this.restore(journal.read())
    this.#told.clear()
    this.#keeping.journal = journal
    for (const first of this.#slots.values()) {
      for (let slot: Slot | undefined = first; slot !== undefined; slot = slot.next) slot.changed()
    }
  }

  /**
   * Takes over what was kept. May be told again while the process that keeps it still counts, and this one does too:
   * then what changed there is added to what changed here.
   */
  restore(kept: readonly KeptCounter[]): void {
    const nowMs = this.#clock.monotonic()
    for (const row of kept) {
      const { name, algorithm, window } = row
      const named = namedAs(name, algorithm, window)
      if (named === undefined) continue
      const slot = this.#slotFor(named, nowMs)
      if (slot === undefined) return
      const id = `${algorithm} ${window} ${name}`
      const earlier = this.#told.get(id)
      this.#told.set(id, row)
      const told = {
        kept: row,
        theirs: this.#counterAs(named, row, nowMs),
        before: earlier && this.#counterAs(named, earlier, nowMs)
      }
      if (slot.open === 0 && isAsBefore(slot.counter, told, nowMs)) slot.counter = told.theirs
      else addTheirs(slot.counter, told, nowMs)
    }
  }

  #counterAs(named: CounterName, { state }: KeptCounter, nowMs: number): Counter {
    const counter = this.#counterFor(named)
    counter.restore?.(state, nowMs, this.#keeping.offsetMs())
    return counter
  }

  /** How many names are kept; for metrics. */
  get counters(): number {
    return this.#slots.size
  }

  /** How many exchanges hold something; for metrics. */
  get exchanges(): number {
    return this.#holds.size
  }

  hold(exchange: object, claims: readonly Claim[]): Held {
    if ('ended' in exchange && exchange.ended === true) {
      throw new GatewayError('TACIT_EXCHANGE_ENDED', 'A plugin asked for a hold after its exchange had ended.')
    }
    const others = this.#holds.get(exchange)
    for (let held = others; held !== undefined; held = held.next) {
      if (held.isFor(claims)) return held
    }
    checkClaims(claims)
    const nowMs = this.#clock.monotonic()
    const charges: Charge[] = []
    let shadowed = NONE
    for (const claim of claims) {
      const slot = this.#slotFor(claim, nowMs)
      const endsMs = this.#endsMs(claim, nowMs)
      const waitMs = slot?.waitMs(boundsOf(claim, endsMs), claim.amount, nowMs) ?? FULL_WAIT_MS
      if (waitMs > 0) {
        const index = charges.length
        if (claim.shadow !== true) {
          for (const charge of charges.reverse()) charge.undo()
          return { granted: false, claim: index, retryAfterMs: waitMs, cause: slot === undefined ? 'full' : 'limit' }
        }
        shadowed = [...shadowed, index]
      }
      const isCounted = waitMs === 0 || claim.algorithm !== 'gcra'
      // Where there is no place, a limit on trial is counted nowhere.
      const place = slot ?? new Slot(claim, this.#counterFor(claim), undefined, NOWHERE)
      charges.push(new Charge(place, claim, isCounted, endsMs, nowMs))
    }
    const held = new LocalHeld(charges, shadowed, this.#clock, nowMs, others)
    this.#holds.set(exchange, held)
    return held
  }

  read(limits: readonly Limit[]): readonly Reading[] {
    for (const limit of limits) checkLimit(limit)
    const nowMs = this.#clock.monotonic()
    return limits.map(limit => {
      const slot = this.#find(limit)
      const bounds = boundsOf(limit, this.#endsMs(limit, nowMs))
      const place = slot ?? new Slot(limit, this.#counterFor(limit), undefined, NOWHERE)
      const used = place.used(bounds, nowMs)
      const held = Math.min(place.held, used)
      return {
        spent: used - held,
        held,
        credit: place.counter.credit ?? 0,
        remaining: place.remaining(bounds, nowMs),
        resetMs: place.counter.resetMs(bounds, nowMs)
      }
    })
  }

  /**
   * Sets units aside for somebody who gives them out: as many as the claim's amount at least, and `most` at most.
   * @param lifeMs How long they are to be used; for less where their window ends before that.
   * @returns how long until there may be so many, in ms, where there are not.
   */
  take(claim: Claim, most: number, lifeMs: number): TakenBlock | number {
    checkClaims([claim])
    const nowMs = this.#clock.monotonic()
    const slot = this.#slotFor(claim, nowMs)
    if (slot === undefined) return FULL_WAIT_MS
    const endsMs = this.#endsMs(claim, nowMs)
    const bounds = boundsOf(claim, endsMs)
    const waitMs = slot.waitMs(bounds, claim.amount, nowMs)
    if (waitMs > 0) return waitMs
    const units = Math.max(Math.min(most, slot.remaining(bounds, nowMs)), claim.amount)
    const leftMs = slot.counter.leftMs?.(nowMs) ?? (endsMs === undefined ? lifeMs : Math.max(endsMs - nowMs, 0))
    const block = new LocalBlock(slot, bounds, units, Math.floor(Math.min(lifeMs, leftMs)), nowMs)
    return { block, remaining: slot.remaining(bounds, nowMs), resetMs: slot.counter.resetMs(bounds, nowMs) }
  }

  /** @throws GatewayError `TACIT_COUNTERS_FULL` where there is no place for another counter. */
  topUp(named: CounterName, amount: number): void {
    checkTopUp(named, amount)
    const nowMs = this.#clock.monotonic()
    const slot = this.#slotFor(named, nowMs)
    if (slot === undefined) throw new GatewayError('TACIT_COUNTERS_FULL', 'There is no place for another counter.')
    slot.counter.topUp?.(boundsOf(named, this.#endsMs(named, nowMs)), amount, nowMs)
    slot.changed()
  }

  reset(named: CounterName): void {
    checkReset(named)
    const slot = this.#find(named)
    if (slot === undefined) return
    slot.reset(this.#counterFor(named))
  }

  settleLeft(exchange: object): void {
    for (let each = this.#holds.take(exchange); each !== undefined; each = each.next) each.settle(NONE)
  }

  /** As {@link settleLeft} for one that ended with its process: each claim says what happens with what it held. */
  lose(exchange: object): void {
    for (let each = this.#holds.take(exchange); each !== undefined; each = each.next) each.lose()
  }

  #find(named: CounterName): Slot | undefined {
    for (let slot = this.#slots.get(named.counter); slot !== undefined; slot = slot.next) {
      if (slot.is(named)) return slot
    }
    return undefined
  }

  #slotFor(named: CounterName, nowMs: number): Slot | undefined {
    const found = this.#find(named)
    if (found !== undefined) return found
    const first = this.#slots.get(named.counter)
    if (first === undefined) {
      this.#sweeper.step(SWEEP, nowMs)
      if (this.#slots.size >= this.#maxCounters) return undefined
    }
    const slot = new Slot(named, this.#counterFor(named), withoutIdle(first, nowMs), this.#keeping)
    this.#slots.set(named.counter, slot)
    return slot
  }

  /** Where a calendar window ends, as the clock on the wall stands now. */
  #endsMs({ algorithm, endsAt = 0 }: CounterName, nowMs: number): number | undefined {
    return algorithm === 'calendar' ? endsAt - this.#clock.now() + nowMs : undefined
  }

  #counterFor({ algorithm }: CounterName): Counter {
    switch (algorithm) {
      case 'gcra':
        return new LeakyBucket()
      case 'sliding':
        return new SlidingWindow(this.#offsetMs)
      case 'fixed':
        return new FixedWindow(this.#offsetMs)
      case 'calendar':
      case 'total':
        return new Sum()
      case 'concurrency':
        return new InUse()
    }
  }
}

const NONE: readonly number[] = []
const NOWHERE: Keeping = { journal: undefined, nowMs: () => 0, offsetMs: () => 0 }

/** The counter that a row is of; undefined for a row that is none. */
function namedAs(counter: string, algorithm: string, window: number): CounterName | undefined {
  switch (algorithm) {
    case 'gcra':
    case 'sliding':
    case 'fixed':
      return { counter, algorithm, windowMs: window }
    case 'calendar':
      return { counter, algorithm, startsAt: window }
    case 'total':
      return { counter, algorithm }
    default:
      return undefined
  }
}

function boundsOf(named: CounterName & Partial<Limit>, endsMs: number | undefined): Bounds {
  return { limit: named.limit ?? 0, windowMs: named.windowMs ?? 0, burst: named.burst, endsMs }
}

/** Windows of a calendar follow one another under one name. */
function withoutIdle(first: Slot | undefined, nowMs: number): Slot | undefined {
  let kept: Slot | undefined
  let slot = first
  while (slot !== undefined) {
    const { next } = slot
    if (!slot.isIdle(nowMs)) {
      slot.next = kept
      kept = slot
    }
    slot = next
  }
  return kept
}

function isIdle(first: Slot, nowMs: number): boolean {
  for (let slot: Slot | undefined = first; slot !== undefined; slot = slot.next) if (!slot.isIdle(nowMs)) return false
  return true
}
