/**
 * Counters and values of a gateway of several processes: the parent has them,
 * so that a limit holds for all of them together, and a worker process asks.
 */
import type { Claim, CounterName, Exchange, Granted, Held, Limit, Reading, Store } from '../plugin.ts'
import type { SharedState } from '../serving.ts'
import type { LocalLimits, OwnLimits } from '../store/limits.ts'
import type { OpenLocalLimits } from '../store/local-limits.ts'
import type { Calls } from './calls.ts'
import type { HoldAnswer, ParentMethods } from './methods.ts'

/** Stands for an exchange of another process, and knows what it holds. */
interface Holder {
  readonly held: Granted[]
}

/** The parent's side, for one worker process. */
export class LentState implements ParentMethods {
  readonly #limits: LocalLimits
  readonly #kept: OpenLocalLimits['kept']
  readonly #store: Store
  readonly #holders = new Map<string, Holder>()

  constructor({ limits, kept }: Pick<OpenLocalLimits, 'limits' | 'kept'>, store: Store) {
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
    for (const holder of this.#holders.values()) this.#limits.lose(holder)
    this.#holders.clear()
  }
}

/** A worker process's side. */
export function borrowedState(parent: Calls<ParentMethods>): SharedState {
  return {
    limits: new BorrowedLimits(parent),
    store: {
      get: key => parent.call('get', { key }),
      set: (key, value, ttlMs) => parent.call('set', { key, value, ttlMs }),
      increment: (key, by, ttlMs) => parent.call('increment', { key, by, ttlMs })
    }
  }
}

/** Limits that the parent counts. */
class BorrowedLimits implements OwnLimits {
  readonly #parent: Calls<ParentMethods>
  /** Exchanges that asked for something. */
  readonly #holders = new WeakSet<Exchange>()

  constructor(parent: Calls<ParentMethods>) {
    this.#parent = parent
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
