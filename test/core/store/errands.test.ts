import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import { type Errand, Errands } from '../../../core/store/errands.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { RedisScript } from '../../../core/store/redis-script.ts'
import { Turns } from '../../../core/store/turns.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { redisConfiguration } from './support.ts'

const DEADLINE_MS = 5_000
/** Adds what a question says to its key, or tries what cannot be done with it. */
const ADDING = new RedisScript(`
local answers = {}
for key, what, amount in string.gmatch(ARGV[1], '(%d+) (%w+) (%d+)') do
  local done, answer = pcall(redis.call, what, KEYS[key + 1], amount)
  if not done then answer = '-WRONGTYPE' end
  answers[#answers + 1] = answer
end
return table.concat(answers, '\\n')
`)

async function setUp(t: Parameters<typeof startRedis>[0]) {
  const server = await startRedis(t)
  const settings = { url: [server.url], commandTimeout: DEADLINE_MS, breaker: { failures: 1, pause: 50 } }
  const redis = new RedisClient(redisConfiguration(settings), { clock: systemClock })
  t.teardown(() => redis.close())
  await redis.open()
  const turns = new Turns(redis, systemClock, ADDING)
  const open = (maxWaiting = 1_000) => new Errands(redis, turns, { deadlineMs: DEADLINE_MS, maxWaiting })
  const errand = (amount: number, what = 'INCRBY') => {
    const done = Promise.withResolvers<string>()
    const sent: Errand = { owner: 'x', keys: ['sum'], words: `${what} ${amount}`, done: done.resolve }
    return { sent, done: done.promise }
  }
  return { server, redis, open, errand }
}

t.test('sends at once, and tells the answer', { skip: withoutRedis }, async t => {
  const { open, errand } = await setUp(t)
  const errands = open()
  const [first, second] = [errand(5), errand(7)]
  errands.send(first.sent)
  errands.send(second.sent)
  t.strictSame(await Promise.all([first.done, second.done]), ['5', '12'])
  t.equal(errands.waiting, 0)
})

t.test('keeps what could not be sent until Redis is back', { skip: withoutRedis }, async t => {
  const { server, open, errand } = await setUp(t)
  const errands = open()
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
  const { server, redis, open, errand } = await setUp(t)
  const errands = open(3)
  const sum = errand(1)
  errands.send(sum.sent)
  await sum.done
  errands.send(errand(1, 'LPUSH').sent)
  await errands.close()
  t.equal(errands.dropped, 1)
  const others = open(3)
  await server.kill()
  while (redis.isConnected) await new Promise(setImmediate)
  for (let count = 0; count < 5; count++) others.send(errand(1).sent)
  await others.close()
  t.equal(others.waiting, 0, 'closing waits for nobody')
  t.equal(others.dropped, 5)
})
