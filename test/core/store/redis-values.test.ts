import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { RedisStore } from '../../../core/store/redis-values.ts'
import { type RedisServer, startRedis, withoutRedis } from '../../support/redis.ts'
import { redisConfiguration } from './support.ts'

const skip = withoutRedis

/** As many stores as gateways, on one server. */
async function setUp(t: { teardown(close: () => unknown): unknown }, count = 1) {
  const server = await startRedis(t)
  const stores = Array.from({ length: count }, () => {
    const redis = new RedisClient(redisConfiguration({ url: [server.url] }), { clock: systemClock })
    t.teardown(() => redis.close())
    return { redis, store: new RedisStore(redis) }
  })
  for (const { redis } of stores) await redis.open()
  const [first] = stores
  if (first === undefined) throw new Error('none')
  return { server, store: first.store, stores: stores.map(({ store }) => store) }
}

const lifeOf = async (server: RedisServer, key: string) => Number(await server.command('pttl', `tacit:{${key}}:value`))

t.test('what one gateway writes, another reads', { skip }, async t => {
  const { stores } = await setUp(t, 2)
  await stores[0]?.set('key', 'valüe', 60_000)
  t.equal(await stores[1]?.get('key'), 'valüe')
  t.equal(await stores[1]?.get('another'), undefined)
})

t.test('a value lives as long as it was given, and writing it again begins anew', { skip }, async t => {
  const { server, store } = await setUp(t)
  await store.set('key', 'value', 60_000)
  const life = await lifeOf(server, 'key')
  t.ok(life > 0 && life <= 60_000, `${life} ms`)
  await store.set('key', 'value', 120_000)
  t.ok((await lifeOf(server, 'key')) > 60_000)
  await store.set('short', 'value', 0.2)
  t.ok((await lifeOf(server, 'short')) <= 1, 'the shortest is a millisecond')
  await store.set('long', 'value', Number.POSITIVE_INFINITY)
  t.ok((await lifeOf(server, 'long')) > 86_400_000)
})

t.test('increments of all gateways are counted, and do not prolong the life', { skip }, async t => {
  const { server, stores } = await setUp(t, 4)
  const sums = await Promise.all(
    Array.from({ length: 400 }, (_, index) => stores[index % 4]?.increment('hits', 1, 60_000))
  )
  t.strictSame(
    sums.sort((one, other) => Number(one) - Number(other)),
    Array.from({ length: 400 }, (_, index) => index + 1)
  )
  t.equal(await stores[0]?.increment('hits', -401, 600_000), -1)
  const life = await lifeOf(server, 'hits')
  t.ok(life > 0 && life <= 60_000, `${life} ms`)
})

t.test('refuses what it cannot count exactly, and changes nothing', { skip }, async t => {
  const { store } = await setUp(t)
  await store.set('word', 'many', 60_000)
  await store.set('most', `${Number.MAX_SAFE_INTEGER - 1}`, 60_000)
  await store.set('least', `${Number.MIN_SAFE_INTEGER}`, 60_000)
  const refused = { code: 'TACIT_STORE_REFUSED' }
  await t.rejects(store.increment('word', 1, 1_000), refused)
  await t.rejects(store.increment('most', 2, 1_000), refused)
  await t.rejects(store.increment('least', -1, 1_000), refused)
  await t.rejects(store.increment('x', 0.5, 1_000), refused)
  await t.rejects(store.increment('x', 1, 0), refused)
  await t.rejects(store.set('x', 'v', Number.NaN), refused)
  await t.rejects(store.set('x'.repeat(513), 'v', 1), refused)
  t.equal(await store.get('word'), 'many')
  t.equal(await store.get('most'), `${Number.MAX_SAFE_INTEGER - 1}`)
  t.equal(await store.get('least'), `${Number.MIN_SAFE_INTEGER}`)
  t.equal(await store.get('x'), undefined)
  t.equal(await store.increment('most', 1, 1_000), Number.MAX_SAFE_INTEGER)
})

t.test('rejects while Redis is away', { skip }, async t => {
  const { server, store } = await setUp(t)
  await server.kill()
  await t.rejects(store.get('key'), { code: 'TACIT_REDIS_AWAY' })
  await t.rejects(store.set('key', 'value', 1_000), { code: 'TACIT_REDIS_AWAY' })
  await t.rejects(store.increment('key', 1, 1_000), { code: 'TACIT_REDIS_AWAY' })
})
