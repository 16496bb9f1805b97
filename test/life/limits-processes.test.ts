/** The promise of limits, by gateways in processes of their own: none is exceeded, whoever crashes. */
import t from 'tap'
import { systemClock } from '../../core/clock.ts'
import type { Claim, Limit } from '../../core/plugin.ts'
import { RedisClient } from '../../core/store/redis.ts'
import { RedisLimits } from '../../core/store/redis-limits.ts'
import { redisConfiguration } from '../core/store/support.ts'
import { type CountingGateway, type Outcome, startCountingGateway } from '../support/counting-gateways.ts'
import { isFull } from '../support/full.ts'
import { seededRandom } from '../support/random.ts'
import { startRedis, startRedisCluster, withoutRedis } from '../support/redis.ts'
import { startUpstream, type Teardown } from '../support/upstream.ts'

// Fifty lives take longer than a test usually may.
t.setTimeout(900_000)
const TIMEOUT = { timeout: 900_000 }
const skip = withoutRedis
const KILLS = isFull ? 50 : 5
/** How many calls each gateway is asked at once while others are killed. */
const CALLERS = 3
const LEASE_MS = 2_000
/** Times that a busy machine keeps: these tests are not about how fast an answer is. */
const patient = { connectTimeout: '10s', commandTimeout: '10s' }

const total = (counter: string, limit: number, part: Partial<Claim> = {}): Claim => ({
  counter,
  algorithm: 'total',
  limit,
  amount: 1,
  ...part
})
const count = (outcomes: readonly Outcome[], outcome: Outcome) => outcomes.filter(each => each === outcome).length

async function startGateways(
  t: Teardown,
  stores: Readonly<Record<string, unknown>>
): Promise<readonly CountingGateway[]> {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  return Promise.all([1, 2, 3, 4].map(() => startCountingGateway(t, upstream.url, stores)))
}

/** Looks at the counters as they are in the store, beside all gateways. */
async function openView(t: Teardown, urls: readonly string[], cluster = false) {
  const redis = new RedisClient(redisConfiguration({ url: [...urls], cluster }), { clock: systemClock })
  await redis.open()
  const limits = new RedisLimits(redis, { clock: systemClock, deadlineMs: 10_000, leaseMs: LEASE_MS, gateways: 1 })
  t.teardown(async () => {
    await limits.close()
    redis.close()
  })
  return limits
}

for (const place of ['one server', 'a cluster'] as const) {
  t.test(`four gateways and ${place}`, { skip, ...TIMEOUT }, async t => {
    const isCluster = place === 'a cluster'
    const servers = isCluster ? await startRedisCluster(t) : [await startRedis(t)]
    const urls = servers.map(({ url }) => url)
    const stores = { redis: { url: urls, cluster: isCluster, ...patient }, limits: { lease: `${LEASE_MS}ms` } }
    const gateways = await startGateways(t, stores)
    const view = await openView(t, urls, isCluster)

    t.test('5,000 requests at once against a limit of 1,000: exactly 1,000 are admitted', TIMEOUT, async t => {
      const claims = [total('consumer/a/requests', 1_000), total('group/b/requests', 4_000, { final: true })]
      const asked = Array.from({ length: 5_000 }, (_, at) => gateways[at % 4]?.send({ claims }) ?? 'failed')
      const outcomes = await Promise.all(asked)
      t.strictSame([count(outcomes, 200), count(outcomes, 429)], [1_000, 4_000])
    })

    t.test('a random mix over key, consumer and group: none is ever above its limit', TIMEOUT, async t => {
      const random = seededRandom(7)
      const pick = (most: number) => Math.floor(random() * most)
      const limits: readonly Limit[] = [
        total('consumer/x/key/1/tokens', 300),
        total('consumer/x/key/2/tokens', 300),
        total('consumer/x/tokens', 500),
        total('group/y/tokens', 700),
        { counter: 'group/y/slots', algorithm: 'concurrency', limit: 5 }
      ]
      let isOver = false
      const seen: string[] = []
      const sampling = (async () => {
        for (let samples = 0; !isOver; samples++) {
          const readings = await view.read(limits)
          for (const [at, { spent, held }] of readings.entries()) {
            const { counter, limit } = limits[at] ?? { counter: '', limit: 0 }
            if (spent + held > limit) seen.push(`${counter}: ${spent} + ${held} of ${limit}`)
          }
          if (samples > 100_000) throw new Error('it does not end')
        }
      })()
      const asked = Array.from({ length: isFull ? 4_000 : 600 }, () => {
        const chosen = limits.filter(() => random() < 0.7)
        const claims = chosen.map(limit => ({ ...limit, amount: limit.algorithm === 'total' ? pick(20) : 1 }))
        const settle = claims.map(({ amount }) => pick(amount + 1))
        return { claims, settle, gateway: gateways[pick(4)] }
      })
      const outcomes = await Promise.all(
        asked.map(({ claims, settle, gateway }) => gateway?.send({ claims, settle }) ?? 'failed')
      )
      isOver = true
      await sampling
      t.strictSame(seen, [])
      t.strictSame([...new Set(outcomes)].sort(), [200, 429], 'both were seen, and nothing else')
      const spent = limits.map((_, at) =>
        asked.reduce((sum, { claims, settle }, index) => {
          const claimed = claims.findIndex(({ counter }) => counter === limits[at]?.counter)
          return outcomes[index] === 200 && claimed !== -1 ? sum + (settle[claimed] ?? 0) : sum
        }, 0)
      )
      // Settling follows the answer.
      for (;;) {
        const readings = await view.read(limits)
        if (readings.some(({ held }) => held > 0)) continue
        t.strictSame(
          readings.slice(0, 4).map(reading => reading.spent),
          spent.slice(0, 4),
          'and everything that was used is counted once'
        )
        break
      }
    })
  })
}

t.test(
  `one of four is killed ${KILLS} times: nothing is over a limit, lost, or counted twice`,
  { skip, ...TIMEOUT },
  async t => {
    const { url } = await startRedis(t)
    const stores = { redis: { url, ...patient }, limits: { lease: `${LEASE_MS}ms` } }
    const gateways = await startGateways(t, stores)
    const view = await openView(t, [url])
    const random = seededRandom(11)
    const charged = total('consumer/a/charged', 1e9)
    const back = total('consumer/a/back', 1e9, { lost: 'give_back' })
    const tight = total('group/b/tight', 400)
    const slots: Claim = { counter: 'group/b/slots', algorithm: 'concurrency', limit: 6, amount: 1 }
    const outcomes = { open: [] as Outcome[], tight: [] as Outcome[] }
    let isOver = false
    const call = async (gateway: CountingGateway) => {
      while (!isOver) {
        outcomes.open.push(await gateway.send({ claims: [charged, back, slots] }))
        outcomes.tight.push(await gateway.send({ claims: [charged, tight], settle: [1, 1] }))
      }
    }
    const calling = gateways.flatMap(gateway => Array.from({ length: CALLERS }, () => call(gateway)))
    const over: string[] = []
    const look = async () => {
      for (const [at, { spent, held }] of (await view.read([tight, slots])).entries()) {
        if (spent + held > (at === 0 ? 400 : 6)) over.push(`${at}: ${spent} + ${held}`)
      }
    }
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = outcomes.open.length + 1 + Math.floor(random() * 60)
      while (outcomes.open.length < enough) await look()
      const gateway = gateways[Math.floor(random() * 4)]
      await gateway?.kill()
      await gateway?.restart()
    }
    isOver = true
    await Promise.all(calling)
    // Leases of the dead end by themselves; until then what they held is held.
    for (;;) {
      await look()
      const readings = await view.read([charged, back, slots, tight])
      if (readings.every(({ held }) => held === 0)) break
    }
    t.strictSame(over, [])
    const [all, given, inUse, used] = await view.read([charged, back, slots, tight])
    const served = count(outcomes.open, 200)
    const admitted = served + count(outcomes.tight, 200)
    const failed = count(outcomes.open, 'failed')
    const failures = failed + count(outcomes.tight, 'failed')
    t.ok(
      all !== undefined && all.spent >= admitted && all.spent <= admitted + failures,
      `${all?.spent} for ${admitted} and ${failures} cut`
    )
    // What was cut after it was settled is spent; what was cut before is given back, even if its client
    // had the answer: settling follows it. Of each caller of the killed that is the last call at most.
    const unsettled = KILLS * CALLERS
    t.ok(
      given !== undefined && given.spent >= served - unsettled && given.spent <= served + failed,
      `${given?.spent} for ${served} and ${failed} cut`
    )
    t.equal(inUse?.spent, 0, 'every slot is free again')
    t.ok((used?.spent ?? 0) <= 400 && (used?.spent ?? 0) >= count(outcomes.tight, 200))
  }
)
