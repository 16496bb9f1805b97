/** Counters that hold before they spend: what plugins limit and bill with. Types only. */
import type { MaybePromise } from '../plugin.ts'
import type { Exchange } from './exchange.ts'

/**
 * Counters that hold before they spend, on one machine and on many. No admission exceeds a limit: what a claim that
 * was granted turns out larger than it was held at is charged as soon as it is settled, and only then.
 *
 * A hold has a lease, which core renews for as long as the exchange lives, however long its stream is. At the end of
 * the exchange core settles at the held amounts what no plugin has settled.
 */
export interface Limits {
  /**
   * Sets aside what an exchange may come to. All claims of one call are granted together or none is charged.
   * Idempotent by exchange: asking again for the same counters answers what was answered before.
   * Returns without waiting when the counters are local; else within the deadline of `stores.redis.commandTimeout`.
   * @throws GatewayError, or rejects with it: `TACIT_CLAIM_INVALID` for numbers out of range or more than 32 claims,
   * `TACIT_EXCHANGE_ENDED` for an exchange that is over.
   */
  hold(exchange: Exchange, claims: readonly Claim[]): MaybePromise<Held>
  /**
   * How counters stand now, in the order asked; what was never counted reads as unused. For endpoints, not for
   * requests. Throws or rejects as {@link hold}, and with `TACIT_REDIS_…` while the store is away.
   */
  read(limits: readonly Limit[]): MaybePromise<readonly Reading[]>
  /**
   * Lets `amount` more be used of a `fixed`, `calendar` or `total` counter: until its window ends, or for ever. Takes
   * back what was given when it is negative. Fails as {@link read}, and with `TACIT_CLAIM_INVALID` for other
   * algorithms, which give everything back by themselves.
   */
  topUp(counter: CounterName, amount: number): MaybePromise<void>
  /**
   * Forgets what was used of a counter, its top-ups included. What is held by exchanges under way is forgotten too;
   * only what they turn out to use beyond it will be charged. Fails as {@link topUp} for `concurrency`, which is what is
   * in use.
   */
  reset(counter: CounterName): MaybePromise<void>
}

/**
 * Which counter. Those that differ in name, algorithm, window or beginning of the window are different counters.
 *
 * | algorithm | what is limited |
 * | --- | --- |
 * | `gcra` | `burst` units at once, and `limit` evenly in each `windowMs` (generic cell rate algorithm, ITU-T I.371) |
 * | `sliding` | units of the last `windowMs`, at every moment; counted in 32 parts, the oldest of which counts whole |
 * | `fixed` | units since the window began: those of `windowMs` that follow the epoch one after the other |
 * | `calendar` | units between two instants, which the plugin works out: a day, a week, a month in a time zone |
 * | `total` | units that were ever used |
 * | `concurrency` | units in use now; the end of the exchange frees them |
 */
export interface CounterName {
  /**
   * Stable name, at most 512 characters. Its first two parts are its owner: `consumer/team-search/tokens`,
   * `consumer/team-search/key/k1/cost`, `group/free/requests`. Claims on counters of one owner are decided in one step
   * of the store, and kept on one of its servers.
   */
  readonly counter: string
  readonly algorithm: 'gcra' | 'sliding' | 'fixed' | 'calendar' | 'total' | 'concurrency'
  /** Length of the window, for `gcra`, `sliding` and `fixed`: whole ms from 1 to 10 years. Others have none. */
  readonly windowMs?: number
  /** First instant of the window, and the first after it, for `calendar`. Each window is a counter of its own. */
  readonly startsAt?: number
  readonly endsAt?: number
}

/** How much may be used of a counter. */
export interface Limit extends CounterName {
  /** Whole units, from 0 to 2^53 - 1. Money in nano-units: up to some 9 million of a currency. */
  readonly limit: number
  /** For `gcra`: whole units that may be used at once, from 1. Default: `limit`. */
  readonly burst?: number
}

/** What is asked of one counter. */
export interface Claim extends Limit {
  /** What to set aside now: whole units, from 0 to 2^53 - 1. */
  readonly amount: number
  /**
   * True when the amount is known and will not be settled, as for a count of requests. It is spent at once; what
   * `settle` is told of it is passed over. Cheaper where the store is not local. Default: false.
   */
  readonly final?: boolean
  /**
   * True for a limit on trial: the claim is counted, never refuses, and is told in {@link Granted.shadowed} where it
   * would have. A `gcra`, which has no sum to show, counts only what fits. Default: false.
   */
  readonly shadow?: boolean
  /**
   * What happens with a hold whose gateway or process died before it was settled. Concurrency is always freed; what was
   * held by `sync: lease`, and in a `gcra` in memory when the whole gateway died, is always charged. Default: `charge`.
   */
  readonly lost?: 'charge' | 'give_back'
  /**
   * What happens while the store is away: refused; granted without counting; or counted in this gateway, to its share
   * of the limit (`stores.limits.gateways`). What was admitted by `allow` and `local` is charged when the store is back.
   * Default: `deny`. Among claims of one call, one `deny` refuses all.
   */
  readonly away?: 'deny' | 'allow' | 'local'
  /**
   * `exact` asks the store each time. `lease` takes blocks of units in advance and decides here: never over the limit,
   * but units may lie unused at other gateways, so a claim may be refused with some left. Slots, limits on trial and
   * the counters of a gateway that is one process without Redis are always exact. Default: `exact`.
   */
  readonly sync?: 'exact' | 'lease'
}

/** What came of a hold. */
export type Held = Granted | NotGranted

/** All claims were granted. */
export interface Granted {
  readonly granted: true
  /** Units that are left, in the order of the claims; 0 at least. Not exact with `sync: lease`: what is left here. */
  readonly remaining: readonly number[]
  /** How long until the limit is whole again, in ms, in the order of the claims. Infinity for `total`. */
  readonly resetMs: readonly number[]
  /** Indexes of claims with `shadow` that would have refused; mostly empty. */
  readonly shadowed: readonly number[]
  /** True where the store was away, and `allow` or `local` decided. */
  readonly unsure: boolean
  /**
   * Corrects what was held to what was used, in the order of the claims. Only the first call counts. What is no number
   * is taken as held, what is negative as 0, parts of a unit as a whole one. Units above 2^53 - 1 as so many.
   */
  settle(actual: readonly number[]): void
}

/** One claim was refused, and nothing was charged. */
export interface NotGranted {
  readonly granted: false
  /** Index of the claim that refused. */
  readonly claim: number
  /** How long until it would fit, in ms, if nobody else came. Infinity where time alone will not help. */
  readonly retryAfterMs: number
  /** `limit`: not enough is left; `store`: the store is away, and the claim says `deny`; `full`: no place for another counter. */
  readonly cause: 'limit' | 'store' | 'full'
}

/** How a counter stands. For `gcra` after what has leaked, for windows what counts in them now. */
export interface Reading {
  /** Units that count as used, without those that are held. */
  readonly spent: number
  /** Units set aside by exchanges under way. */
  readonly held: number
  /** Units that were topped up. */
  readonly credit: number
  /** Units that fit now. */
  readonly remaining: number
  /** As in {@link Granted.resetMs}. */
  readonly resetMs: number
}
