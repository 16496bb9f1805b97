/**
 * Counters and values of a gateway of several processes: the parent has them,
 * so that a limit holds for all of them together, and a worker process asks.
 */

import { type Clock, systemClock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Claim, CounterName, Exchange, Granted, Held, Limit, Reading, Store } from '../plugin.ts'
import type { SharedState } from '../serving.ts'
import { type BlockSource, LeasedLimits } from '../store/leased-limits.ts'
import type { LocalLimits } from '../store/limits.ts'
import type { LocalBlock } from '../store/local-blocks.ts'
import type { OpenLocalLimits } from '../store/local-limits.ts'
import type { Block } from '../store/supply.ts'
import type { Calls } from './calls.ts'
import type { HoldAnswer, ParentMethods, TakeAnswer } from './methods.ts'

/** Stands for an exchange of another process, and knows what it holds. */
interface Holder {
  readonly held: Granted[]
}

/** The parent's side, for one worker process. */
export class LentState implements ParentMethods {
  readonly #limits: LocalLimits
  readonly #kept: OpenLocalLimits['kept']
  readonly #store: Store
  readonly #clock: Clock
  readonly #holders = new Map<string, Holder>()
  readonly #blocks = new Map<number, LocalBlock>()
  #lastBlock = 0
  #isGone = false

  constructor({ limits, kept }: Pick<OpenLocalLimits, 'limits' | 'kept'>, store: Store, clock: Clock = systemClock) {
    this.#clock = clock
    this.#limits = limits
    this.#kept = kept
    this.#store = store
  }

  /** Answers when what was held is kept: whoever asked may answer a client at once. */
  async hold(order: Parameters<ParentMethods['hold']>[0]): Promise<HoldAnswer> {
    const answer = this.#hold(order)
    await this.#kept()
    return answer
  }

  #hold({ exchange, claims }: Parameters<ParentMethods['hold']>[0]): HoldAnswer {
    this.#checkHere()
    const holder = this.#holders.get(exchange) ?? { held: [] }
    const held = this.#limits.hold(holder, claims)
    if (!held.granted) return held
    this.#holders.set(exchange, holder)
    if (!holder.held.includes(held)) holder.held.push(held)
    return {
      granted: true,
      hold: holder.held.indexOf(held),
      remaining: held.remaining,
      resetMs: held.resetMs,
      shadowed: held.shadowed
    }
  }

  /** As {@link hold}: what was set aside is kept as used before anybody gives it out. */
  async take({ claim, most, lifeMs }: Parameters<ParentMethods['take']>[0]): Promise<TakeAnswer> {
    this.#checkHere()
    const taken = this.#limits.take(claim, most, lifeMs)
    if (typeof taken === 'number') return taken
    const { block, remaining, resetMs } = taken
    const id = ++this.#lastBlock
    this.#blocks.set(id, block)
    await this.#kept()
    return { block: id, units: block.units, usableMs: block.usableMs, remaining, resetMs }
  }

  release({ block, used }: Parameters<ParentMethods['release']>[0]): void {
    this.#blocks.get(block)?.release(used, this.#clock.monotonic())
  }

  correct({ block, back, extra }: Parameters<ParentMethods['correct']>[0]): void {
    this.#blocks.get(block)?.correct(back, extra, this.#clock.monotonic())
  }

  end({ block }: Parameters<ParentMethods['end']>[0]): void {
    this.#blocks.get(block)?.end(this.#clock.monotonic())
    this.#blocks.delete(block)
  }

  settle({ exchange, hold, actual }: Parameters<ParentMethods['settle']>[0]): void {
    this.#holders.get(exchange)?.held[hold]?.settle(actual)
  }

  settleLeft({ exchange }: { readonly exchange: string }): void {
    const holder = this.#holders.get(exchange)
    if (holder === undefined) return
    this.#holders.delete(exchange)
    this.#limits.settleLeft(holder)
  }

  get({ key }: { readonly key: string }): Promise<string | undefined> {
    return this.#store.get(key)
  }

  set({ key, value, ttlMs }: Parameters<ParentMethods['set']>[0]): Promise<void> {
    return this.#store.set(key, value, ttlMs)
  }

  increment({ key, by, ttlMs }: Parameters<ParentMethods['increment']>[0]): Promise<number> {
    return this.#store.increment(key, by, ttlMs)
  }

  readLimits({ limits }: Parameters<ParentMethods['readLimits']>[0]): readonly Reading[] {
    return this.#limits.read(limits)
  }

  topUp({ counter, amount }: Parameters<ParentMethods['topUp']>[0]): void {
    this.#limits.topUp(counter, amount)
  }

  reset({ counter }: Parameters<ParentMethods['reset']>[0]): void {
    this.#limits.reset(counter)
  }

  /** The process is gone, and nobody will tell what its exchanges used: their claims have said what happens then. */
  loseAll(): void {
    this.#isGone = true
    for (const holder of this.#holders.values()) this.#limits.lose(holder)
    this.#holders.clear()
    // Nobody knows what it gave out of its blocks.
    for (const block of this.#blocks.values()) block.end(this.#clock.monotonic())
    this.#blocks.clear()
  }

  /** What it said before it ended may be heard after that, and then nobody would ever settle it. */
  #checkHere(): void {
    if (this.#isGone) throw new GatewayError('TACIT_PROCESS_GONE', 'The process that asks has ended.')
  }
}

/** A worker process's side. */
export function borrowedState(parent: Calls<ParentMethods>, clock: Clock = systemClock): SharedState {
  const limits = new LeasedLimits(new BorrowedLimits(parent, clock), clock)
  return {
    limits,
    close: () => limits.close(),
    store: {
      get: key => parent.call('get', { key }),
      set: (key, value, ttlMs) => parent.call('set', { key, value, ttlMs }),
      increment: (key, by, ttlMs) => parent.call('increment', { key, by, ttlMs })
    }
  }
}

/** Units that the parent has set aside for this process. */
interface BorrowedBlock extends Block {
  readonly id: number
}

/** Limits that the parent counts. */
class BorrowedLimits implements BlockSource<BorrowedBlock> {
  readonly #parent: Calls<ParentMethods>
  readonly #clock: Clock
  /** Exchanges that asked for something. */
  readonly #holders = new WeakSet<Exchange>()

  constructor(parent: Calls<ParentMethods>, clock: Clock) {
    this.#parent = parent
    this.#clock = clock
  }

  /** Rejects as {@link LocalLimits.hold} throws, and with `TACIT_PROCESS_GONE` where the parent has ended. */
  async hold(exchange: Exchange, claims: readonly Claim[]): Promise<Held> {
    this.#holders.add(exchange)
    const { id } = exchange
    const answer = await this.#parent.call('hold', { exchange: id, claims })
    if (!answer.granted) return answer
    const { hold, remaining, resetMs, shadowed } = answer
    return {
      granted: true,
      remaining,
      resetMs,
      shadowed,
      unsure: false,
      settle: actual => this.#parent.tell('settle', { exchange: id, hold, actual: [...actual] })
    }
  }

  async take(claim: Claim, most: number, lifeMs: number): Promise<BorrowedBlock | number> {
    // From before it is asked: the parent counts the life of a block from later than that.
    const startedMs = this.#clock.monotonic()
    const taken = await this.#parent.call('take', { claim, most, lifeMs })
    if (typeof taken === 'number') return taken
    const { block, units, usableMs, remaining, resetMs } = taken
    return { id: block, claim: { ...claim }, units, untilMs: startedMs + usableMs, remaining, resetMs }
  }

  release({ id }: BorrowedBlock, used: number): void {
    this.#parent.tell('release', { block: id, used })
  }

  correct({ id }: BorrowedBlock, back: number, extra: number): void {
    this.#parent.tell('correct', { block: id, back, extra })
  }

  end({ id }: BorrowedBlock): void {
    this.#parent.tell('end', { block: id })
  }

  read(limits: readonly Limit[]): Promise<readonly Reading[]> {
    return this.#parent.call('readLimits', { limits })
  }

  topUp(counter: CounterName, amount: number): Promise<void> {
    return this.#parent.call('topUp', { counter, amount })
  }

  reset(counter: CounterName): Promise<void> {
    return this.#parent.call('reset', { counter })
  }

  settleLeft(exchange: Exchange): void {
    if (this.#holders.delete(exchange)) this.#parent.tell('settleLeft', { exchange: exchange.id })
  }
}
