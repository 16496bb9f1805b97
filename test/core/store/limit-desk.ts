/** Redis's side of limits without a gateway: its script, to which the test tells the time. */
import { systemClock } from '../../../core/clock.ts'
import type { Claim, Limit } from '../../../core/plugin.ts'
import { cancelWords, claimsWords, type Domain, domainsOf, settleWords } from '../../../core/store/domains.ts'
import { readReadings } from '../../../core/store/hold-words.ts'
import { type Asked, limitScript } from '../../../core/store/limit-scripts.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { startRedis } from '../../support/redis.ts'
import type { Teardown } from '../../support/upstream.ts'
import { redisConfiguration } from './support.ts'

const LEASE_MS = 1e12

/** A script to which the test tells the time, as the last argument, in place of the server's. */
const told = limitScript('local now = tonumber(table.remove(ARGV))\n')

/** One question, with the keys that it is about. */
export interface Told {
  readonly keys: readonly string[]
  readonly words: string
  readonly atMs: number
}

/** Commands on the counters of one owner, at a time. */
export class Desk {
  readonly #redis: RedisClient
  readonly #owner: string

  constructor(redis: RedisClient, owner: string) {
    this.#redis = redis
    this.#owner = owner
  }

  /** A claim on one of the owner's counters. */
  claim(limit: Omit<Limit, 'counter'>, amount: number, rest: Partial<Claim> = {}): Claim {
    return { counter: `${this.#owner}/x`, ...limit, amount, ...rest }
  }

  /** @param words What stands after what is asked; how many claims, and these, if not given. */
  command(what: Asked, claims: readonly Claim[], atMs: number, words?: string): Told {
    const domain = this.#domain(claims)
    return { keys: domain.keys, words: `${what} ${words ?? claimsWords(domain, claims)}`, atMs }
  }

  hold(id: string, claims: readonly Claim[], atMs: number, leaseMs = LEASE_MS): Told {
    return this.command('hold', claims, atMs, `${id} ${leaseMs} ${claimsWords(this.#domain(claims), claims)}`)
  }

  settle(id: string, claims: readonly Claim[], actual: readonly number[], atMs: number): Told {
    return { ...this.command('settle', claims, atMs), words: settleWords(id, this.#domain(claims), actual) }
  }

  cancel(id: string, claims: readonly Claim[], atMs: number): Told {
    return { ...this.command('settle', claims, atMs), words: cancelWords(id) }
  }

  read(claims: readonly Claim[], atMs: number): Told {
    return this.command('read', claims, atMs)
  }

  topUp(id: string, claim: Claim, atMs: number): Told {
    return this.command('topUp', [claim], atMs, `${id} ${claimsWords(this.#domain([claim]), [claim])}`)
  }

  take(id: string, claim: Claim, most: number, lifeMs: number, atMs: number, leaseMs = LEASE_MS): Told {
    const claims = claimsWords(this.#domain([claim]), [claim])
    return this.command('take', [claim], atMs, `${id} ${leaseMs} ${claims} ${most} ${lifeMs}`)
  }

  /** Puts something under the key of a claim's counter that no script can read. */
  async spoil(claim: Claim): Promise<void> {
    const [, , key = ''] = this.#domain([claim]).keys
    await this.#redis.command('lpush', [key, 'spoilt'])
  }

  /** Asks each in a command of its own. */
  async run(...asked: readonly Told[]): Promise<readonly string[]> {
    const answers = await this.#redis.pipeline(
      asked.map(({ keys, words, atMs }) => ['evalsha', told.sha1, keys.length, ...keys, `0 ${words}`, atMs])
    )
    return answers.map(answer => {
      if (typeof answer !== 'string') throw answer
      return answer
    })
  }

  /** Asks all in one command, at the time of the first. */
  async runTogether(...asked: readonly Told[]): Promise<readonly string[]> {
    const all = asked.flatMap(({ keys }) => keys)
    let before = 0
    const lines = asked.map(({ keys, words }) => {
      before += keys.length
      return `${before - keys.length} ${words}`
    })
    const answer = await this.#redis.run(told, all, [lines.join('\n'), asked[0]?.atMs ?? 0])
    return String(answer).split('\n')
  }

  async readingAt(claim: Claim, atMs: number): Promise<readonly number[]> {
    const [answer] = await this.run(this.read([claim], atMs))
    const [reading] = readReadings(answer ?? '')
    return reading === undefined ? [] : [reading.spent, reading.held, reading.credit, reading.remaining]
  }

  #domain(claims: readonly Claim[]): Domain {
    const [domain] = domainsOf(claims, (owner, name) => this.#redis.key(owner, name))
    if (domain === undefined) throw new Error('no claims')
    return domain
  }
}

/** Starts a Redis. @returns how to get a desk for another owner. */
export async function openDesks(t: Teardown) {
  const { url } = await startRedis(t)
  const redis = new RedisClient(redisConfiguration({ url: [url] }), { clock: systemClock })
  t.teardown(() => redis.close())
  await redis.open()
  await redis.command('script', ['load', told.source])
  let owners = 0
  return () => new Desk(redis, `owner/${++owners}`)
}
