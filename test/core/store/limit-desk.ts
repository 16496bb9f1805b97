/** Redis's side of limits without a gateway: its scripts, to which the test tells the time. */
import { systemClock } from '../../../core/clock.ts'
import type { Claim, Limit } from '../../../core/plugin.ts'
import {
  cancelArguments,
  type Domain,
  domainArguments,
  domainsOf,
  settleArguments
} from '../../../core/store/domains.ts'
import { readReadings } from '../../../core/store/hold-words.ts'
import { type LimitScripts, limitScripts } from '../../../core/store/limit-scripts.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { startRedis } from '../../support/redis.ts'
import type { Teardown } from '../../support/upstream.ts'
import { redisConfiguration } from './support.ts'

const LEASE_MS = 1e12

/** Scripts to which the test tells the time, as the last argument, in place of the server's. */
const told: LimitScripts = limitScripts('local now = tonumber(table.remove(ARGV))\n')

type Arguments = readonly (string | number | Uint8Array)[]
/** One command, with its arguments. */
export type Command = readonly [name: string, ...args: (string | number | Uint8Array)[]]

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

  /** @param args Arguments of the script; those of the claims, if not given. */
  command(script: keyof LimitScripts, claims: readonly Claim[], atMs: number, args?: Arguments): Command {
    const domain = this.#domain(claims)
    const isOfHolds = script === 'settle' || script === 'release' || script === 'renew'
    const keys = isOfHolds ? domain.keys.slice(0, 2) : domain.keys
    return ['evalsha', told[script].sha1, keys.length, ...keys, ...(args ?? domainArguments([], domain, claims)), atMs]
  }

  hold(id: string, claims: readonly Claim[], atMs: number, leaseMs = LEASE_MS): Command {
    return this.command('hold', claims, atMs, domainArguments([id, leaseMs], this.#domain(claims), claims))
  }

  settle(id: string, claims: readonly Claim[], actual: readonly number[], atMs: number): Command {
    return this.command('settle', claims, atMs, settleArguments(id, this.#domain(claims), actual))
  }

  cancel(id: string, claims: readonly Claim[], atMs: number): Command {
    return this.command('settle', claims, atMs, cancelArguments(id))
  }

  read(claims: readonly Claim[], atMs: number): Command {
    return this.command('read', claims, atMs)
  }

  topUp(id: string, claim: Claim, atMs: number): Command {
    return this.command('topUp', [claim], atMs, domainArguments([id], this.#domain([claim]), [claim]))
  }

  take(id: string, claim: Claim, most: number, lifeMs: number, atMs: number, leaseMs = LEASE_MS): Command {
    const first = domainArguments([id, leaseMs], this.#domain([claim]), [claim])
    return this.command('take', [claim], atMs, [...first, most, lifeMs])
  }

  async run(...commands: readonly Command[]): Promise<readonly unknown[]> {
    return this.#redis.pipeline(commands)
  }

  async readingAt(claim: Claim, atMs: number): Promise<readonly number[]> {
    const [answer] = await this.run(this.read([claim], atMs))
    const [reading] = readReadings(answer)
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
  for (const { source } of Object.values(told)) await redis.command('script', ['load', source])
  let owners = 0
  return () => new Desk(redis, `owner/${++owners}`)
}
