/**
 * Small values with a life, in the Redis that gateways share: `host.store` where
 * one is configured. Lives are Redis's, so all gateways agree on them. Knows
 * nothing of what values mean.
 */
import type { Store } from '../plugin.ts'
import type { RedisClient } from './redis.ts'
import { RedisScript } from './redis-script.ts'
import { checkLife, checkValue, NOT_WHOLE, storeRefused } from './value-bounds.ts'

/** Longest life that is told to Redis, in ms: a hundred years. Longer ones do not fit its arithmetic. */
const MAX_LIFE_MS = 100 * 365 * 86_400_000

/**
 * KEYS[1] the value, ARGV[1] what to add, ARGV[2] its life in ms if it is new. Answers the sum, or nothing when it
 * would not be exact: numbers are doubles here and in JavaScript. As text, because the client's way of reading
 * numbers is off by one near the end.
 */
const INCREMENT = new RedisScript(`
local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(sum) == 'table' then return false end
if sum > 9007199254740991 or sum < -9007199254740991 then
  redis.call('DECRBY', KEYS[1], ARGV[1])
  return false
end
if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return string.format('%.0f', sum)
`)

/** {@link Store} in Redis. What it is asked for rejects with RedisError while Redis cannot be asked. */
export class RedisStore implements Store {
  readonly #redis: RedisClient

  constructor(redis: RedisClient) {
    this.#redis = redis
  }

  async get(key: string): Promise<string | undefined> {
    const value = await this.#redis.command('get', [this.#keyOf(key)])
    return typeof value === 'string' ? value : undefined
  }

  /** Rejects with GatewayError `TACIT_STORE_REFUSED` for a key or a value that is too long, or a life that is not positive. */
  async set(key: string, value: string, ttlMs: number): Promise<void> {
    checkValue(key, value)
    await this.#redis.command('set', [this.#keyOf(key), value, 'PX', lifeOf(ttlMs)])
  }

  /**
   * What is not there counts as 0. The life begins with the first increment and is not prolonged by others.
   * Rejects with GatewayError `TACIT_STORE_REFUSED` like {@link set}, for a value that is not a whole number, and
   * for a sum that would not be exact. When the answer was lost, it may have been counted.
   */
  async increment(key: string, by: number, ttlMs: number): Promise<number> {
    checkValue(key, '')
    if (!Number.isSafeInteger(by)) throw storeRefused(NOT_WHOLE)
    const sum = await this.#redis.run(INCREMENT, [this.#keyOf(key)], [by, lifeOf(ttlMs)])
    if (typeof sum !== 'string') throw storeRefused(NOT_WHOLE)
    return Number(sum)
  }

  #keyOf(key: string): string {
    return this.#redis.key(key, 'value')
  }
}

/** Redis counts whole milliseconds; a life is never shorter than it was asked for. */
function lifeOf(ttlMs: number): number {
  return Math.min(Math.ceil(checkLife(ttlMs)), MAX_LIFE_MS)
}
