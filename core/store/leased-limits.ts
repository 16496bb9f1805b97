/**
 * Limits whose claims may say `sync: lease`: decided here, out of blocks of units
 * that were taken from an exact store in advance. Answers at once as long as a
 * block lasts, and takes the next one before that. Never over a limit, because
 * whatever is given out was set aside; units may lie unused here while others
 * are refused. All other claims go to the exact store.
 */
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Claim, CounterName, Exchange, Granted, Held, Limit, MaybePromise, Reading } from '../plugin.ts'
import { checkClaims, settledAmount } from './claims.ts'
import { Holds } from './holds.ts'
import type { OwnLimits } from './limits.ts'
import { type Block, lifeOf, OpenBlock, Supply } from './supply.ts'

/** Where blocks come from, and exact answers. */
export interface BlockSource<Taken extends Block> extends OwnLimits {
  /**
   * Takes units: as many as the claim's amount at least, and `most` at most. Rejects where nobody can be asked.
   * @returns how long until there may be so many, in ms, where there are not.
   */
  take(claim: Claim, most: number, lifeMs: number): Promise<Taken | number>
  /** Tells how many units of a block were used. What is left is free again. */
  release(block: Taken, used: number): void
  /** Corrects what {@link release} has told of a block. */
  correct(block: Taken, back: number, extra: number): void
  /** Told of each block that was released, when nothing of it can change any more. */
  end?(block: Taken): void
}

/** How often blocks whose time is over are told of, in ms. */
const ROUND_MS = 100
/** What somebody is told who asks when nothing is taken any more, in ms. */
const CLOSED_WAIT_MS = 1_000

/** Units of one claim, given out of a block. */
interface Given<Taken extends Block> {
  readonly block: OpenBlock<Taken>
  readonly amount: number
  readonly isFinal: boolean
}

class LeasedHeld<Taken extends Block> implements Granted {
  readonly granted = true
  readonly unsure = false
  readonly shadowed = NONE
  readonly remaining: readonly number[]
  readonly resetMs: readonly number[]
  readonly given: readonly Given<Taken>[]
  /** Another hold of the same exchange. */
  readonly next: LeasedHeld<Taken> | undefined
  #isSettled = false

  constructor(given: readonly Given<Taken>[], next: LeasedHeld<Taken> | undefined) {
    this.given = given
    this.next = next
    const remaining: number[] = []
    const resetMs: number[] = []
    for (const { block } of given) {
      remaining.push(block.left + block.source.remaining)
      resetMs.push(block.source.resetMs)
    }
    this.remaining = remaining
    this.resetMs = resetMs
  }

  settle(actual: readonly number[]): void {
    if (this.#isSettled) return
    this.#isSettled = true
    let at = 0
    for (const { block, amount, isFinal } of this.given) {
      const used = settledAmount(actual[at++], amount)
      if (!isFinal) block.settle(used - amount)
    }
  }

  /** As if it had not been. */
  undo(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    undo(this.given)
  }

  isFor(claims: readonly Claim[]): boolean {
    return (
      claims.length === this.given.length &&
      this.given.every(({ block }, at) => {
        const claim = claims[at]
        return claim !== undefined && isSame(block.source.claim, claim)
      })
    )
  }
}

/** {@link OwnLimits} over a source of blocks. Must be closed before the source is. */
export class LeasedLimits<Taken extends Block> implements OwnLimits {
  readonly #source: BlockSource<Taken>
  readonly #clock: Clock
  readonly #supplies = new Map<string, Supply<Taken>>()
  /** Blocks that were told of, and may have to be corrected. */
  readonly #released = new Set<OpenBlock<Taken>>()
  readonly #holds = new Holds<Exchange, LeasedHeld<Taken>>()
  readonly #rounds: NodeJS.Timeout
  #isClosed = false

  constructor(source: BlockSource<Taken>, clock: Clock) {
    this.#source = source
    this.#clock = clock
    this.#rounds = setInterval(() => this.#round(), ROUND_MS)
    this.#rounds.unref()
  }

  hold(exchange: Exchange, claims: readonly Claim[]): MaybePromise<Held> {
    let leased = 0
    for (const claim of claims) if (isLeased(claim)) leased++
    if (leased === 0) return this.#source.hold(exchange, claims)
    if ('ended' in exchange && exchange.ended === true) {
      throw new GatewayError('TACIT_EXCHANGE_ENDED', 'A plugin asked for a hold after its exchange had ended.')
    }
    checkClaims(claims)
    if (leased < claims.length) return this.#holdBoth(exchange, claims)
    const others = this.#holds.get(exchange)
    for (let held = others; held !== undefined; held = held.next) if (held.isFor(claims)) return held
    const given: Given<Taken>[] = []
    const nowMs = this.#clock.monotonic()
    for (const claim of claims) {
      const supply = this.#supplyOf(claim)
      const block = supply.has(claim.amount, nowMs)
      if (block === undefined) {
        undo(given)
        return this.#holdAfterFilling(exchange, claims)
      }
      const isFinal = claim.final === true
      block.give(claim.amount, !isFinal)
      given.push({ block, amount: claim.amount, isFinal })
      if (supply.isLow(block)) this.#fill(supply, claim).catch(() => {})
    }
    const held = new LeasedHeld(given, others)
    this.#holds.set(exchange, held)
    return held
  }

  settleLeft(exchange: Exchange): void {
    for (let held = this.#holds.take(exchange); held !== undefined; held = held.next) held.settle(NONE)
    this.#source.settleLeft(exchange)
  }

  read(limits: readonly Limit[]): MaybePromise<readonly Reading[]> {
    return this.#source.read(limits)
  }

  topUp(counter: CounterName, amount: number): MaybePromise<void> {
    return this.#source.topUp(counter, amount)
  }

  reset(counter: CounterName): MaybePromise<void> {
    return this.#source.reset(counter)
  }

  /** Tells the source of every block. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#rounds)
    for (const first of this.#supplies.values()) {
      for (let supply: Supply<Taken> | undefined = first; supply !== undefined; supply = supply.next) {
        if (supply.block !== undefined) this.#release(supply, supply.block)
      }
    }
    for (const block of this.#released) this.#correct(block)
  }

  /** Nothing is left of one of them: the source is asked, for all that has too little. */
  async #holdAfterFilling(exchange: Exchange, claims: readonly Claim[]): Promise<Held> {
    for (const [at, claim] of claims.entries()) {
      const supply = this.#supplyOf(claim)
      let waitMs = supply.emptyMs(claim.amount, this.#clock.monotonic())
      while (waitMs === 0 && supply.has(claim.amount, this.#clock.monotonic()) === undefined) {
        try {
          waitMs = await this.#fill(supply, claim)
        } catch {
          // Whoever decides in place of the source knows what each claim says of that.
          return this.#source.hold(exchange, claims)
        }
      }
      if (waitMs > 0) return { granted: false, claim: at, retryAfterMs: waitMs, cause: 'limit' }
    }
    if ('ended' in exchange && exchange.ended === true) return { ...GONE }
    return this.hold(exchange, claims)
  }

  /** Some of them are exact: those are asked for when the others are there. */
  async #holdBoth(exchange: Exchange, claims: readonly Claim[]): Promise<Held> {
    const here = claims.flatMap((claim, at) => (isLeased(claim) ? [at] : []))
    const there = claims.flatMap((claim, at) => (isLeased(claim) ? [] : [at]))
    const pick = (indexes: readonly number[]) => claims.filter((_, at) => indexes.includes(at))
    const leased = await this.hold(exchange, pick(here))
    if (!leased.granted) return { ...leased, claim: here[leased.claim] ?? 0 }
    const exact = await this.#source.hold(exchange, pick(there))
    if (!exact.granted) {
      if (leased instanceof LeasedHeld) this.#undo(exchange, leased)
      else leased.settle(here.map(() => 0))
      return { ...exact, claim: there[exact.claim] ?? 0 }
    }
    const merged = (one: readonly number[], other: readonly number[]) =>
      claims.map((_, at) => (here.includes(at) ? one[here.indexOf(at)] : other[there.indexOf(at)]) ?? 0)
    return {
      granted: true,
      unsure: leased.unsure || exact.unsure,
      remaining: merged(leased.remaining, exact.remaining),
      resetMs: merged(leased.resetMs, exact.resetMs),
      shadowed: exact.shadowed.map(at => there[at] ?? 0),
      settle: actual => {
        leased.settle(here.map(at => actual[at] ?? Number.NaN))
        exact.settle(there.map(at => actual[at] ?? Number.NaN))
      }
    }
  }

  #undo(exchange: Exchange, undone: LeasedHeld<Taken>): void {
    undone.undo()
    if (undone.next === undefined) this.#holds.take(exchange)
    else this.#holds.set(exchange, undone.next)
  }

  #supplyOf(claim: Claim): Supply<Taken> {
    const first = this.#supplies.get(claim.counter)
    for (let supply = first; supply !== undefined; supply = supply.next) if (supply.is(claim)) return supply
    const supply = new Supply<Taken>(claim, first)
    this.#supplies.set(claim.counter, supply)
    return supply
  }

  /** Takes the next block, once for all who wait. @returns how long there will be none, in ms; 0 when it is there. */
  #fill(supply: Supply<Taken>, claim: Claim): Promise<number> {
    supply.filling ??= this.#take(supply, claim).finally(() => {
      supply.filling = undefined
    })
    return supply.filling
  }

  async #take(supply: Supply<Taken>, claim: Claim): Promise<number> {
    const taken = await this.#source.take(claim, supply.want(claim), lifeOf(claim))
    const nowMs = this.#clock.monotonic()
    if (typeof taken === 'number') {
      supply.ranOut(claim.amount, taken, nowMs)
      return taken
    }
    if (this.#isClosed) {
      this.#source.release(taken, 0)
      this.#source.end?.(taken)
      return CLOSED_WAIT_MS
    }
    const before = supply.block
    supply.block = new OpenBlock(taken)
    if (before !== undefined) {
      supply.learn(before, nowMs)
      this.#tell(before)
    }
    return 0
  }

  /** Blocks whose time is over go back, and supplies without one are forgotten. */
  #round(): void {
    const nowMs = this.#clock.monotonic()
    for (const [name, first] of this.#supplies) {
      let kept: Supply<Taken> | undefined
      let supply: Supply<Taken> | undefined = first
      while (supply !== undefined) {
        const block: OpenBlock<Taken> | undefined = supply.block
        const next: Supply<Taken> | undefined = supply.next
        if (block !== undefined && nowMs >= block.source.untilMs) this.#release(supply, block)
        if (supply.block !== undefined || supply.filling !== undefined) {
          supply.next = kept
          kept = supply
        }
        supply = next
      }
      if (kept === undefined) this.#supplies.delete(name)
      else if (kept !== first) this.#supplies.set(name, kept)
    }
    for (const block of this.#released) this.#correct(block)
  }

  #release(supply: Supply<Taken>, block: OpenBlock<Taken>): void {
    supply.learn(block, this.#clock.monotonic())
    supply.block = undefined
    this.#tell(block)
  }

  #tell(block: OpenBlock<Taken>): void {
    block.isReleased = true
    this.#source.release(block.source, block.used)
    this.#released.add(block)
  }

  #correct(block: OpenBlock<Taken>): void {
    const { back, extra } = block
    block.back = 0
    block.extra = 0
    if (back > 0 || extra > 0) this.#source.correct(block.source, back, extra)
    if (block.open > 0) return
    this.#released.delete(block)
    this.#source.end?.(block.source)
  }
}

const NONE: readonly number[] = []
const GONE = { granted: false, claim: 0, retryAfterMs: 0, cause: 'limit' } as const

/** Slots that are in use cannot be counted later than they are taken, and a trial must not take units. */
function isLeased({ sync, algorithm, shadow }: Claim): boolean {
  return sync === 'lease' && algorithm !== 'concurrency' && shadow !== true
}

function isSame(one: Claim, other: Claim): boolean {
  return (
    one.counter === other.counter &&
    one.algorithm === other.algorithm &&
    one.windowMs === other.windowMs &&
    one.startsAt === other.startsAt
  )
}

function undo<Taken extends Block>(given: readonly Given<Taken>[]): void {
  for (const { block, amount, isFinal } of given) block.undo(amount, !isFinal)
}
