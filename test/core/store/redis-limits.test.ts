import fc from 'fast-check'
import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import type { RedisConfiguration } from '../../../core/configuration/stores-schema.ts'
import type { Claim, Held, Limit } from '../../../core/plugin.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { RedisLimits, type RedisLimitsOptions } from '../../../core/store/redis-limits.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { startRedis, startRedisCluster, startWatchedRedis, withoutRedis } from '../../support/redis.ts'
import type { Teardown } from '../../support/upstream.ts'
import { redisConfiguration, TestExchange } from './support.ts'

const skip = withoutRedis
t.setTimeout(300_000)
const TIMEOUT = { timeout: 120_000 }
let names = 0

/** A gateway's counters. */
async function openLimits(
  t: Teardown,
  settings: Partial<RedisConfiguration>,
  options: Partial<RedisLimitsOptions> = {}
): Promise<RedisLimits> {
  const configuration = redisConfiguration(settings)
  const redis = new RedisClient(configuration, { clock: systemClock })
  await redis.open()
  const limits = new RedisLimits(redis, {
    clock: systemClock,
    deadlineMs: configuration.commandTimeout,
    leaseMs: 30_000,
    gateways: 1,
    ...options
  })
  t.teardown(async () => {
    await limits.close()
    redis.close()
  })
  return limits
}

const total = (part: Partial<Claim> = {}): Claim => ({
  counter: `consumer/${++names}/tokens`,
  algorithm: 'total',
  limit: 10,
  amount: 1,
  ...part
})

async function reading(limits: RedisLimits, limit: Limit) {
  const [read] = await limits.read([limit])
  return read === undefined ? [] : [read.spent, read.held, read.remaining]
}

/** Asks until it is so, giving others their turn in between; the test's own time limit ends it. */
async function until<Value>(ask: () => Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask()
    if (isSo(value)) return value
    await new Promise(setImmediate)
  }
}

for (const place of ['one server', 'a cluster'] as const) {
  t.test(`in ${place}`, { skip, ...TIMEOUT }, async t => {
    const servers = place === 'one server' ? [await startRedis(t)] : await startRedisCluster(t)
    const settings = { url: servers.map(({ url }) => url), cluster: place === 'a cluster' }
    const limits = await openLimits(t, settings)
    const other = await openLimits(t, settings)

    t.test('a limit holds for all gateways, and is corrected by each', async t => {
      const claim = total({ amount: 8 })
      const first = await limits.hold(new TestExchange(), [claim])
      t.match(first, {
        granted: true,
        unsure: false,
        remaining: [2],
        resetMs: [Number.POSITIVE_INFINITY],
        shadowed: []
      })
      t.strictSame(await other.hold(new TestExchange(), [claim]), {
        granted: false,
        claim: 0,
        retryAfterMs: Number.POSITIVE_INFINITY,
        cause: 'limit'
      })
      if (first.granted) {
        first.settle([3])
        first.settle([9])
      }
      t.strictSame(
        await until(
          () => reading(other, claim),
          ([spent]) => spent === 3
        ),
        [3, 0, 7]
      )
    })

    t.test('exactly the limit is admitted, however many ask at once', async t => {
      const claims = [total({ limit: 50 }), total({ counter: `group/${++names}/x`, limit: 80, final: true })]
      const asked = Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? limits : other))
      const held = await Promise.all(asked.map(each => each.hold(new TestExchange(), claims)))
      t.equal(held.filter(({ granted }) => granted).length, 50)
    })

    t.test('several owners: none consumes when another refuses', async t => {
      const counters = [1, 2, 3].map(() => total({ limit: 20, counter: `group/${++names}/x` }))
      const sums = [0, 0, 0]
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat({ max: 9 }), { minLength: 3, maxLength: 3 }), async amounts => {
          const claims = counters.map((claim, at) => ({ ...claim, amount: amounts[at] ?? 0 }))
          const fits = sums.every((sum, at) => sum + (amounts[at] ?? 0) <= 20)
          const held = await limits.hold(new TestExchange(), claims)
          if (fits) for (const [at, amount] of amounts.entries()) sums[at] = (sums[at] ?? 0) + amount
          const isSo = (read: readonly { readonly held: number }[]) => read.every((each, at) => each.held === sums[at])
          await until(() => limits.read(counters).then(read => read), isSo)
          return held.granted === fits
        }),
        { numRuns: 30 }
      )
      t.pass('what was granted first was given back')
    })

    t.test('asking again changes nothing, and what nobody settles is settled at the end', async t => {
      const before = limits.exchanges
      const exchange = new TestExchange()
      const claims = [total({ amount: 4 }), total({ algorithm: 'concurrency' })]
      const once = limits.hold(exchange, claims)
      t.equal(await limits.hold(exchange, claims), await once)
      const [tokens, slot] = claims
      if (tokens === undefined || slot === undefined) throw new Error('there are two')
      t.strictSame(await reading(limits, tokens), [0, 4, 6])
      limits.settleLeft(exchange)
      limits.settleLeft(exchange)
      await until(
        () => reading(limits, slot),
        ([, held]) => held === 0
      )
      await until(
        () => reading(limits, tokens),
        ([spent]) => spent === 4
      )
      t.equal(limits.exchanges, before)
    })

    t.test('no claims at all are granted', async t => {
      t.match(await limits.hold(new TestExchange(), []), { granted: true, remaining: [] })
    })

    t.test('an exchange that ended before it was answered has used nothing', async t => {
      const exchange = new TestExchange()
      const claims = [total({ amount: 4 }), total({ final: true })]
      const asked = limits.hold(exchange, claims)
      limits.settleLeft(exchange)
      t.equal((await asked).granted, true)
      for (const claim of claims) {
        await until(
          () => reading(limits, claim),
          ([spent, held]) => spent === 0 && held === 0
        )
      }
    })

    t.test('counters are read, topped up and reset', async t => {
      const claim = total({ amount: 10 })
      await limits.hold(new TestExchange(), [claim])
      await other.topUp(claim, 5)
      t.strictSame(await other.read([total(), claim]), [
        { spent: 0, held: 0, credit: 0, remaining: 10, resetMs: 0 },
        { spent: 0, held: 10, credit: 5, remaining: 5, resetMs: Number.POSITIVE_INFINITY }
      ])
      await other.reset(claim)
      t.strictSame(await limits.read([claim]), [{ spent: 0, held: 0, credit: 0, remaining: 10, resetMs: 0 }])
      await t.rejects(limits.topUp(total({ algorithm: 'sliding', windowMs: 5 }), 1), { code: 'TACIT_CLAIM_INVALID' })
      await t.rejects(limits.reset(total({ algorithm: 'concurrency' })), { code: 'TACIT_CLAIM_INVALID' })
      await t.rejects(limits.read([total({ limit: -1 })]), { code: 'TACIT_CLAIM_INVALID' })
    })

    t.test('scripts that Redis has forgotten are sent again', async t => {
      for (const server of servers) await server.command('script', 'flush')
      t.match(await limits.hold(new TestExchange(), [total()]), { granted: true, unsure: false })
    })

    t.test('a claim that is none, and an exchange that is over, are refused', async t => {
      await t.rejects(limits.hold(new TestExchange(), [total({ amount: -1 })]), { code: 'TACIT_CLAIM_INVALID' })
      const over = new TestExchange()
      over.ended = true
      await t.rejects(limits.hold(over, [total()]), { code: 'TACIT_EXCHANGE_ENDED' })
    })
  })
}

t.test('a lease is renewed while the exchange lives, and ends with its gateway', { skip, ...TIMEOUT }, async t => {
  const { url } = await startRedis(t)
  const living = await openLimits(t, { url: [url] }, { leaseMs: 300 })
  const dying = await openLimits(t, { url: [url] }, { leaseMs: 300 })
  const kept = total({ algorithm: 'concurrency', limit: 1 })
  const lost = total({ algorithm: 'concurrency', limit: 1 })
  const back = total({ lost: 'give_back', amount: 4 })
  const charged = total({ amount: 4 })
  await living.hold(new TestExchange(), [kept])
  await dying.hold(new TestExchange(), [lost, back, charged])
  await dying.close()
  await until(
    () => reading(living, lost),
    ([, held]) => held === 0
  )
  t.strictSame(
    await until(
      () => reading(living, back),
      ([, held]) => held === 0
    ),
    [0, 0, 10]
  )
  t.strictSame(
    await until(
      () => reading(living, charged),
      ([, held]) => held === 0
    ),
    [4, 0, 6]
  )
  t.strictSame(await reading(living, kept), [0, 1, 0], 'held for as long, and still there')
})

/** Ways for Redis to be away, and back. */
interface Failure {
  readonly url: string
  readonly settings?: Partial<RedisConfiguration>
  fail(): Promise<void>
  mend(): Promise<void>
}

const failures: Readonly<Record<string, (t: Teardown) => Promise<Failure>>> = {
  async killed(t) {
    const server = await startRedis(t)
    return { url: server.url, fail: () => server.kill(), mend: () => server.restart() }
  },
  async stopped(t) {
    const server = await startRedis(t)
    return { url: server.url, fail: async () => server.pause(), mend: async () => server.resume() }
  },
  async slow(t) {
    const server = await startRedis(t)
    const proxy = await startFaultProxy(t, server.port)
    return {
      url: `redis://127.0.0.1:${proxy.port}`,
      async fail() {
        proxy.set({ toClient: { latencyMs: 60_000 } })
        proxy.breakAll('reset')
      },
      async mend() {
        proxy.set({})
        proxy.breakAll('reset')
      }
    }
  },
  async 'failed over'(t) {
    const { master, replica, sentinel } = await startWatchedRedis(t)
    const offsetIn = (info: unknown, pattern: RegExp) => Number(pattern.exec(String(info))?.[1] ?? Number.NaN)
    return {
      url: sentinel.url,
      settings: { sentinel: { name: 'main' } },
      async fail() {
        // What the replica has not heard of is lost with the master, as Redis promises no more.
        for (;;) {
          const info = await master.command('info', 'replication')
          if (offsetIn(info, /master_repl_offset:(\d+)/) === offsetIn(info, /slave0:.*offset=(\d+)/)) break
        }
        // There is nobody to take over until the replica moves again.
        replica.pause()
        await master.kill()
      },
      mend: async () => replica.resume()
    }
  }
}

for (const [how, start] of Object.entries(failures)) {
  t.test(
    `a Redis that is ${how}: each limit does as it says, and is exact again when it is back`,
    { skip, ...TIMEOUT },
    async t => {
      const { url, fail, mend, settings: more } = await start(t)
      const codes = new Set<string>()
      const settings = {
        url: [url],
        commandTimeout: 200,
        connectTimeout: 300,
        breaker: { failures: 3, pause: 100 },
        ...more
      }
      const limits = await openLimits(t, settings, { gateways: 2, onAway: code => codes.add(code) })
      const claims = { deny: total(), allow: total({ away: 'allow' }), local: total({ away: 'local' }) }
      const hold = (claim: Claim): Promise<Held> => limits.hold(new TestExchange(), [claim])
      for (const claim of Object.values(claims)) {
        await until(
          () => hold(claim),
          held => held.granted && !held.unsure
        )
      }
      await fail()
      await until(
        () => hold(claims.deny),
        held => !held.granted
      )
      // Whether Redis stands still for ever makes no difference from here on: every answer comes without it.
      t.match(await hold(claims.deny), { granted: false, claim: 0, cause: 'store', retryAfterMs: 1_000 })
      for (let count = 0; count < 12; count++) t.match(await hold(claims.allow), { granted: true, unsure: true })
      const held: Held[] = []
      for (let count = 0; count < 6; count++) held.push(await hold(claims.local))
      t.strictSame(
        held.map(each => each.granted),
        [true, true, true, true, true, false],
        'half of the limit is the share of one of two'
      )
      await t.rejects(limits.read([claims.deny]), { code: /^TACIT_REDIS_/ })
      t.ok(codes.size > 0)
      const admitted = await hold(claims.allow)
      if (admitted.granted) admitted.settle([7])
      await mend()
      const back = await until(
        () => hold(claims.deny),
        each => each.granted
      )
      t.match(back, { unsure: false })
      const isKept = how !== 'killed'
      // What was admitted meanwhile is charged, and what was refused meanwhile is given back.
      const [spent] = await until(
        () => reading(limits, claims.allow),
        ([read = 0, under = 0]) => read + under >= (isKept ? 8 : 7) && limits.waiting === 0
      )
      t.ok(spent !== undefined && spent >= 7)
      await until(
        () => reading(limits, claims.deny),
        ([read = 0, under = 0]) => read + under === (isKept ? 2 : 1)
      )
    }
  )
}
