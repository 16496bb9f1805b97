/**
 * Tells, once in each window and by one gateway alone, that a share of a budget was spent. Looks at the counter only
 * where the share may have been passed. Must never hold up or fail an exchange.
 */
import { LRUCache } from 'lru-cache'
import type { Host, Limit, Reading } from 'tacit-gateway/plugin'
import { type Account, limitOf } from './accounts.ts'

/** What an event says. */
export interface ThresholdFacts {
  readonly consumer?: string
  readonly key?: string
  readonly group?: string
  readonly budget: string
  readonly percent: number
  readonly currency: string
  readonly spentNano: number
  readonly amountNano: number
}

/** What alerts work with. */
export type AlertHost = Pick<Host, 'clock' | 'limits' | 'store'>

/** How long it is remembered that an event was told of a budget that never begins anew, in ms. */
const FOREVER_MS = 400 * 86_400_000
/** Events of which it is remembered here that they were told. */
const REMEMBERED = 10_000

/** The alerts of one instance. */
export class Alerts {
  readonly #host: AlertHost
  readonly #tell: (facts: ThresholdFacts) => void
  readonly #told: LRUCache<string, true>

  constructor(host: AlertHost, tell: (facts: ThresholdFacts) => void) {
    this.#host = host
    this.#tell = tell
    this.#told = new LRUCache({ max: REMEMBERED, perf: { now: () => host.clock.monotonic() }, ttlResolution: 0 })
  }

  /**
   * Looks whether a share was passed, and tells of each that was.
   * @param mostNano what may have been spent at most, were nothing added; a share above it needs no look.
   * @param isRefused whether a call was refused: then all of it counts as spent, however little is left.
   */
  async check(account: Account, mostNano: number, isRefused = false): Promise<void> {
    const now = this.#host.clock.now()
    const limit = limitOf(account, now)
    const { alerts, amountNano } = account.plan
    const isOver = (share: number) => isRefused && share <= 1
    const possible = alerts.filter(
      share => (isOver(share) || mostNano >= share * amountNano) && !this.#told.has(eventName(limit, share))
    )
    if (possible.length === 0) return
    const [reading] = await this.#host.limits.read([limit])
    if (reading === undefined) return
    const whole = amountNano + Math.max(reading.credit, 0)
    for (const share of possible) {
      if (!isOver(share) && reading.spent < share * whole) continue
      const lifeMs = Math.max(limit.endsAt === undefined ? (limit.windowMs ?? FOREVER_MS) : limit.endsAt - now, 1)
      this.#told.set(eventName(limit, share), true, { ttl: lifeMs })
      const times = await this.#host.store.increment(eventName(limit, share), 1, lifeMs)
      if (times === 1) this.#tell(factsOf(account, share, reading))
    }
  }

  /** Begins anew with a budget that was begun anew. */
  async forget(account: Account): Promise<void> {
    const limit = limitOf(account, this.#host.clock.now())
    for (const share of account.plan.alerts) {
      this.#told.delete(eventName(limit, share))
      await this.#host.store.set(eventName(limit, share), '0', FOREVER_MS)
    }
  }
}

function eventName({ counter, startsAt, windowMs }: Limit, share: number): string {
  return `budget-alert/${counter}/${startsAt ?? windowMs ?? 'total'}/${share}`
}

function factsOf({ plan, whose }: Account, share: number, { spent }: Reading): ThresholdFacts {
  const { name, currency, amountNano } = plan
  const percent = Math.round(share * 100)
  return { ...whose, budget: name, percent, currency, spentNano: Math.ceil(spent), amountNano }
}
