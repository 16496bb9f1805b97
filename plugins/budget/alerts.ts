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

/** A counter that may have passed a share. */
interface Doubt {
  readonly account: Account
  readonly limit: Limit
  readonly isRefused: boolean
}

/** The alerts of one instance. */
export class Alerts {
  readonly #host: AlertHost
  readonly #tell: (facts: ThresholdFacts) => void
  readonly #told: LRUCache<string, true>
  readonly #doubts = new LRUCache<string, Doubt>({ max: REMEMBERED })

  constructor(host: AlertHost, tell: (facts: ThresholdFacts) => void) {
    this.#host = host
    this.#tell = tell
    this.#told = new LRUCache({ max: REMEMBERED, perf: { now: () => host.clock.monotonic() }, ttlResolution: 0 })
  }

  /**
   * Notes that a share may have been passed; {@link look} looks.
   * @param mostNano what may have been spent at most, were nothing added; a share above it needs no look.
   * @param isRefused whether a call was refused: then all of it counts as spent, however little is left.
   */
  note(account: Account, mostNano: number, isRefused = false): void {
    const { alerts, amountNano } = account.plan
    if (!isRefused && alerts.every(share => mostNano < share * amountNano)) return
    const limit = limitOf(account, this.#host.clock.now())
    if (alerts.every(share => this.#told.has(eventName(limit, share)))) return
    const key = eventName(limit, 0)
    this.#doubts.set(key, { account, limit, isRefused: isRefused || this.#doubts.get(key)?.isRefused === true })
  }

  /** Tells of each share that was passed. What fails is looked at again next time. */
  async look(): Promise<void> {
    for (const [key, doubt] of [...this.#doubts.entries()]) {
      this.#doubts.delete(key)
      try {
        await this.#check(doubt)
      } catch (error) {
        if (!this.#doubts.has(key)) this.#doubts.set(key, doubt)
        throw error
      }
    }
  }

  async #check({ account, limit, isRefused }: Doubt): Promise<void> {
    const { clock, limits, store } = this.#host
    const [reading] = await limits.read([limit])
    if (reading === undefined) return
    const { alerts, amountNano } = account.plan
    const whole = amountNano + Math.max(reading.credit, 0)
    for (const share of alerts) {
      const name = eventName(limit, share)
      const isPassed = (isRefused && share <= 1) || reading.spent >= share * whole
      if (!isPassed || this.#told.has(name)) continue
      const lifeMs = limit.endsAt === undefined ? (limit.windowMs ?? FOREVER_MS) : limit.endsAt - clock.now()
      const times = await store.increment(name, 1, Math.max(lifeMs, 1))
      this.#told.set(name, true, { ttl: Math.max(lifeMs, 1) })
      if (times === 1) this.#tell(factsOf(account, share, reading))
    }
  }

  /** Begins anew with a budget that was begun anew. */
  async forget(account: Account): Promise<void> {
    const limit = limitOf(account, this.#host.clock.now())
    this.#doubts.delete(eventName(limit, 0))
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
