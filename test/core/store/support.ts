/** What tests of stores share. */
import type { RedisConfiguration } from '../../../core/configuration/stores-schema.ts'
import type { Claim, Exchange, Held, Limit } from '../../../core/plugin.ts'
import { LocalLimits } from '../../../core/store/limits.ts'
import { ManualClock } from '../../support/clock.ts'

/** A decoded `redis:` block with the defaults of the schema, but for a deadline that a busy machine keeps. */
export function redisConfiguration(settings: Partial<RedisConfiguration>): RedisConfiguration {
  return {
    url: ['redis://127.0.0.1:6379'],
    cluster: false,
    database: 0,
    keyPrefix: 'tacit',
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    breaker: { failures: 5, pause: 100 },
    ...settings
  }
}

/** The part of an exchange that limits look at: that it is this one. */
export class TestExchange implements Exchange {
  readonly isExplained = false
  ended = false
  readonly id = 'id'
  readonly route = 'chat'
  readonly dialect = 'http'
  readonly receivedAt = 0
  readonly signal = AbortSignal.abort()
  readonly destinations = []
  readonly target = undefined
  routeTo(): void {}
  get(): undefined {}
  need(): never {
    throw new Error('not here')
  }
  set(): void {}
  decide(): void {}
  log(): void {}
}

/** Limits in memory, 17 s after the process began, at noon. */
export function setUp(maxCounters?: number) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1, 12) - 17_000)
  clock.advance(17_000)
  const limits = new LocalLimits(clock, maxCounters === undefined ? {} : { maxCounters })
  return { clock, limits }
}

/** A claim on a bucket of requests per minute. */
export function requests(counter: string, limit: number, amount = 1): Claim {
  return { counter, limit, windowMs: 60_000, algorithm: 'gcra', amount }
}

/** A claim on one of so many at once. */
export function slots(counter: string, limit: number): Claim {
  return { counter, limit, windowMs: 60_000, algorithm: 'concurrency', amount: 1 }
}

/** What a hold came to, without its functions. */
export function facts(held: Held) {
  if (held.granted) return { granted: true, remaining: held.remaining, resetMs: held.resetMs }
  const { cause: _, ...refused } = held
  return refused
}

/** What a counter of these has had by now, and what is left. */
export function reading(limits: LocalLimits, limit: Limit) {
  const [read] = limits.read([limit])
  return read === undefined ? [] : [read.spent, read.held, read.remaining]
}
