import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import type { Claim, Held, Limit } from '../../../core/plugin.ts'
import { LeasedLimits } from '../../../core/store/leased-limits.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { type RedisBlock, RedisLimits } from '../../../core/store/redis-limits.ts'
import { type RedisServer, startRedis, withoutRedis } from '../../support/redis.ts'
import type { Teardown } from '../../support/upstream.ts'
import { redisConfiguration, TestExchange } from './support.ts'

const options = { skip: withoutRedis, timeout: 120_000 }
let names = 0

async function openGateway(t: Teardown, { url }: RedisServer, commandTimeout = 5_000, leaseMs = 30_000) {
  const settings = { url: [url], commandTimeout, breaker: { failures: 1, pause: 100 } }
  const redis = new RedisClient(redisConfiguration(settings), { clock: systemClock })
  await redis.open()
  const exact = new RedisLimits(redis, { clock: systemClock, deadlineMs: commandTimeout, leaseMs, gateways: 1 })
  const limits: LeasedLimits<RedisBlock> = new LeasedLimits(exact, systemClock)
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    limits.close()
    await exact.close()
    redis.close()
  }
  t.teardown(close)
  return { limits, exact, close, hold: (claims: readonly Claim[]) => limits.hold(new TestExchange(), claims) }
}

const claimOf = (part: Partial<Claim> = {}): Claim => ({
  counter: `consumer/${++names}/tokens`,
  algorithm: 'total',
  limit: 100,
  amount: 1,
  sync: 'lease',
  ...part
})

async function until<Value>(ask: () => Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask()
    if (isSo(value)) return value
    await new Promise(setImmediate)
  }
}

async function standing(exact: RedisLimits, limit: Limit) {
  const [read] = await exact.read([limit])
  return read === undefined ? [] : [read.spent, read.held]
}

t.test('decides at once while a block lasts, and gives back what it did not use', options, async t => {
  const server = await startRedis(t)
  const { hold, exact } = await openGateway(t, server)
  const claim = claimOf()
  const first = hold([claim])
  t.ok(first instanceof Promise, 'the first has to wait for a block')
  t.match(await first, { granted: true, unsure: false })
  const second = hold([claim])
  t.notOk(second instanceof Promise)
  const held = [await first, await second]
  for (const each of held) if (each.granted) each.settle([1])
  t.strictSame(
    await until(
      () => standing(exact, claim),
      ([, held]) => held === 0
    ),
    [2, 0]
  )
})

t.test('four gateways together are never over the limit, and come close to it', options, async t => {
  const server = await startRedis(t)
  const gateways = await Promise.all([1, 2, 3, 4].map(() => openGateway(t, server)))
  const claim = claimOf({ limit: 1_000, final: true })
  const outcomes: Held[] = []
  // Until everybody is refused, and units that lay unused have come back.
  await Promise.all(
    gateways.map(async ({ hold }) => {
      for (let refusals = 0; refusals < 3; ) {
        const round = await Promise.all(Array.from({ length: 20 }, () => hold([claim])))
        outcomes.push(...round)
        if (round.every(({ granted }) => !granted)) refusals++
      }
    })
  )
  const granted = outcomes.filter(each => each.granted).length
  t.ok(granted <= 1_000 && granted > 500, `${granted} of 1,000`)
  const [gateway] = gateways
  if (gateway === undefined) throw new Error('there are four')
  const [spent] = await until(
    () => standing(gateway.exact, claim),
    ([, held]) => held === 0
  )
  t.equal(spent, granted, 'each is counted once')
})

t.test('what comes to something else is corrected, long after its block', options, async t => {
  const server = await startRedis(t)
  const { hold, exact } = await openGateway(t, server)
  for (const [actual, spent] of [
    [3, 3],
    [25, 25]
  ] as const) {
    const early = claimOf({ amount: 10 })
    const held = await hold([early])
    if (held.granted) held.settle([actual])
    t.strictSame(
      await until(
        () => standing(exact, early),
        ([, under]) => under === 0
      ),
      [spent, 0]
    )
    const late = claimOf({ amount: 10 })
    const kept = await hold([late])
    t.strictSame(
      await until(
        () => standing(exact, late),
        ([, under]) => under === 0
      ),
      [10, 0]
    )
    if (kept.granted) kept.settle([actual])
    await until(
      () => standing(exact, late),
      ([read]) => read === spent
    )
  }
  t.pass('all of them')
})

t.test('beside claims that are exact: all or none', options, async t => {
  const server = await startRedis(t)
  const { hold, limits, exact } = await openGateway(t, server)
  const leased = claimOf({ amount: 5 })
  const tight = claimOf({ limit: 1, sync: 'exact' })
  const exchange = new TestExchange()
  t.match(await limits.hold(exchange, [tight, leased]), { granted: true, remaining: [0, Number] })
  t.match(await hold([leased, tight]), { granted: false, claim: 1, cause: 'limit' })
  t.match(await hold([claimOf({ limit: 3, amount: 4 }), tight]), { granted: false, claim: 0 })
  limits.settleLeft(exchange)
  t.strictSame(
    await until(
      () => standing(exact, leased),
      ([, held]) => held === 0
    ),
    [5, 0]
  )
  t.strictSame(
    await until(
      () => standing(exact, tight),
      ([, held]) => held === 0
    ),
    [1, 0]
  )
})

t.test('asking again changes nothing, slots and trials are exact', options, async t => {
  const server = await startRedis(t)
  const { limits, hold } = await openGateway(t, server)
  const claim = claimOf()
  const exchange = new TestExchange()
  const held = await limits.hold(exchange, [claim])
  t.equal(await limits.hold(exchange, [claim]), held)
  const slot = claimOf({ algorithm: 'concurrency', limit: 1 })
  t.match(await hold([slot]), { granted: true })
  t.match(await hold([slot]), { granted: false })
  const trial = claimOf({ limit: 0, shadow: true })
  t.match(await hold([trial]), { granted: true, shadowed: [0] })
  t.throws(() => hold([claimOf({ amount: -1 })]), { code: 'TACIT_CLAIM_INVALID' })
  const over = new TestExchange()
  over.ended = true
  t.throws(() => limits.hold(over, [claim]), { code: 'TACIT_EXCHANGE_ENDED' })
})

t.test('a block of a gateway that died is charged when its lease is over', options, async t => {
  const server = await startRedis(t)
  const dead = await openGateway(t, server, 5_000, 300)
  const { exact } = await openGateway(t, server)
  const claim = claimOf({ limit: 10, amount: 1 })
  await dead.exact.take(claim, 6, 100)
  t.strictSame(await standing(exact, claim), [0, 6])
  t.strictSame(
    await until(
      () => standing(exact, claim),
      ([, held]) => held === 0
    ),
    [6, 0]
  )
})

t.test('with Redis away each claim does as it says, once the block is used up', options, async t => {
  const server = await startRedis(t)
  const { hold } = await openGateway(t, server, 200)
  await hold([claimOf()])
  await server.kill()
  t.match(await hold([claimOf()]), { granted: false, cause: 'store' })
  t.match(await hold([claimOf({ away: 'allow' })]), { granted: true, unsure: true })
  await server.restart()
  await until(
    async () => hold([claimOf()]),
    held => held.granted && !held.unsure
  )
})

t.test('what is left is told of when the gateway ends', options, async t => {
  const server = await startRedis(t)
  const { hold, close } = await openGateway(t, server)
  const { exact } = await openGateway(t, server)
  const claim = claimOf({ amount: 3 })
  const held = await hold([claim])
  if (held.granted) held.settle([2])
  await close()
  t.strictSame(await standing(exact, claim), [2, 0])
})
