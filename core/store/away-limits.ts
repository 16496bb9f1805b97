/**
 * What is decided of claims while the store that counts them is away: refused,
 * let pass, or counted here to this gateway's share of the limit. Knows nothing
 * of the store.
 */
import type { Clock } from '../clock.ts'
import type { Claim, Held } from '../plugin.ts'
import { LocalLimits } from './limits.ts'

/** When to try again is not known; a client is told this, in ms. */
const AWAY_WAIT_MS = 1_000

/** Decides in place of a store. */
export class AwayLimits {
  readonly #gateways: number
  readonly #local: LocalLimits

  /** @param gateways how many share the store: each counts to its part of a limit, or to 1 where that is less. */
  constructor(clock: Clock, gateways: number) {
    this.#gateways = gateways
    this.#local = new LocalLimits(clock)
  }

  /** @param holder stands for the exchange, once per call. What is granted has to be settled by whoever asked. */
  hold(holder: object, claims: readonly Claim[]): Held {
    const denying = claims.findIndex(({ away = 'deny', shadow }) => away === 'deny' && shadow !== true)
    if (denying !== -1) return { granted: false, claim: denying, retryAfterMs: AWAY_WAIT_MS, cause: 'store' }
    const indexes = claims.flatMap(({ away }, index) => (away === 'local' ? [index] : []))
    const counted = this.#local.hold(
      holder,
      indexes.flatMap(index => this.#share(claims[index]))
    )
    if (!counted.granted) return { ...counted, claim: indexes[counted.claim] ?? 0 }
    const remaining = claims.map(({ limit }) => limit)
    const resetMs = claims.map(() => 0)
    for (const [at, index] of indexes.entries()) {
      remaining[index] = counted.remaining[at] ?? 0
      resetMs[index] = counted.resetMs[at] ?? 0
    }
    return {
      granted: true,
      remaining,
      resetMs,
      shadowed: counted.shadowed.map(at => indexes[at] ?? 0),
      unsure: true,
      settle: actual => {
        counted.settle(indexes.map(index => actual[index] ?? Number.NaN))
        this.#local.settleLeft(holder)
      }
    }
  }

  #share(claim: Claim | undefined): readonly Claim[] {
    if (claim === undefined) return []
    const { limit, burst } = claim
    const shared = { ...claim, limit: this.#partOf(limit) }
    return [burst === undefined ? shared : { ...shared, burst: this.#partOf(burst) }]
  }

  #partOf(units: number): number {
    return units === 0 ? 0 : Math.max(Math.floor(units / this.#gateways), 1)
  }
}
