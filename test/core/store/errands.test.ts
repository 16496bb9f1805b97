import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import { type Errand, Errands } from '../../../core/store/errands.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { RedisScript } from '../../../core/store/redis-script.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { redisConfiguration } from './support.ts'

const ADD = new RedisScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
const WRONG = new RedisScript("return redis.call('LPUSH', KEYS[1], ARGV[1])")

async function setUp(t: Parameters<typeof startRedis>[0]) {
  const server = await startRedis(t)
  const settings = { url: [server.url], commandTimeout: 5_000, breaker: { failures: 1, pause: 50 } }
  const redis = new RedisClient(redisConfiguration(settings), { clock: systemClock })
  t.teardown(() => redis.close())
  await redis.open()
  const errand = (amount: number, script = ADD) => {
    const done = Promise.withResolvers<unknown>()
    const sent: Errand = { script, keys: ['sum'], args: [amount], done: done.resolve }
    return { sent, done: done.promise }
  }
  return { server, redis, errand }
}

t.test('sends at once, and tells the answer', { skip: withoutRedis }, async t => {
  const { redis, errand } = await setUp(t)
  const errands = new Errands(redis)
  const [first, second] = [errand(5), errand(7)]
  errands.send(first.sent)
  errands.send(second.sent)
  t.strictSame(await Promise.all([first.done, second.done]), [5, 12])
  t.equal(errands.waiting, 0)
})

t.test('keeps what could not be sent until Redis is back', { skip: withoutRedis }, async t => {
  const { server, redis, errand } = await setUp(t)
  const errands = new Errands(redis)
  await server.kill()
  const all = Array.from({ length: 100 }, () => errand(1))
  for (const { sent } of all) errands.send(sent)
  await server.restart()
  const answers = await Promise.all(all.map(({ done }) => done))
  t.equal(Math.max(...answers.map(Number)), 100)
  t.equal(errands.waiting, 0)
  t.equal(errands.dropped, 0)
})

t.test('keeps no more than it may, and gives up what Redis refuses', { skip: withoutRedis }, async t => {
  const { server, redis, errand } = await setUp(t)
  const errands = new Errands(redis, { maxWaiting: 3 })
  const sum = errand(1)
  errands.send(sum.sent)
  await sum.done
  errands.send(errand(1, WRONG).sent)
  await errands.close()
  t.equal(errands.dropped, 1)
  const others = new Errands(redis, { maxWaiting: 3 })
  await server.kill()
  while (redis.isConnected) await new Promise(setImmediate)
  for (let count = 0; count < 5; count++) others.send(errand(1).sent)
  await others.close()
  t.equal(others.waiting, 0, 'closing waits for nobody')
  t.equal(others.dropped, 5)
})
