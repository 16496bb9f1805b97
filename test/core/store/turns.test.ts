import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import type { RedisConfiguration } from '../../../core/configuration/stores-schema.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import type { RedisError } from '../../../core/store/redis-error.ts'
import { RedisScript } from '../../../core/store/redis-script.ts'
import { type Question, Turns } from '../../../core/store/turns.ts'
import { startRedis, startRedisCluster, withoutRedis } from '../../support/redis.ts'
import type { Teardown } from '../../support/upstream.ts'
import { redisConfiguration } from './support.ts'

const skip = withoutRedis

/** Adds what each question says to its first key, and answers the sum and how many keys the command has. */
const ADDING = new RedisScript(`
local answers = {}
for key, amount in string.gmatch(ARGV[1], '(%d+) (%d+)') do
  local done, answer = pcall(redis.call, 'INCRBY', KEYS[key + 1], amount)
  if done then answer = answer .. ' ' .. #KEYS else answer = '-WRONGTYPE' end
  if amount == '0' then answer = '' end
  answers[#answers + 1] = answer
end
return table.concat(answers, '\\n')
`)

async function open(t: Teardown, settings: Partial<RedisConfiguration>) {
  const redis = new RedisClient(redisConfiguration(settings), { clock: systemClock })
  t.teardown(() => redis.close())
  await redis.open()
  const turns = new Turns(redis, systemClock, ADDING)
  const ask = (owner: string, amount: number, part: Partial<Question> = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const keys = [`{${owner}}:a`, `{${owner}}:b`]
    turns.ask({ owner, keys, words: `${amount}`, deadlineMs: 5_000, answered: resolve, failed: reject, ...part })
    return promise
  }
  return { redis, ask }
}

const failureOf = (work: Promise<unknown>): Promise<RedisError> =>
  work.then(
    () => {
      throw new Error('it did not fail')
    },
    error => error
  )

t.test('questions of one turn are one command, and each is answered by itself', { skip }, async t => {
  const server = await startRedis(t)
  const { ask } = await open(t, { url: [server.url] })
  // What came out of sockets in one turn is not one task.
  const first = [ask('x', 1), ask('y', 5)]
  const others = await Promise.resolve().then(() => [ask('x', 2), ask('x', 0)])
  t.strictSame(await Promise.all([...first, ...others]), ['1 4', '5 4', '3 4', ''], 'keys of one owner were sent once')
  t.equal(await ask('x', 1), '4 2')
  t.match(await server.command('info', 'commandstats'), /cmdstat_evalsha:calls=2,/)
})

t.test('very many are several commands, so that Redis is not held up', { skip }, async t => {
  const { url } = await startRedis(t)
  const { ask } = await open(t, { url: [url] })
  const answers = await Promise.all(Array.from({ length: 300 }, () => ask('x', 1)))
  t.strictSame(
    answers.map(answer => Number.parseInt(answer, 10)),
    Array.from({ length: 300 }, (_, at) => at + 1)
  )
  const apart = await Promise.all(Array.from({ length: 300 }, (_, at) => ask(`${at}`, 1)))
  t.strictSame(new Set(apart), new Set(['1 256', '1 88']))
})

t.test('one that Redis refuses fails alone', { skip }, async t => {
  const server = await startRedis(t)
  const { ask } = await open(t, { url: [server.url] })
  await server.command('lpush', '{wrong}:a', 'x')
  const [before, wrong, after] = [ask('x', 1), failureOf(ask('wrong', 1)), ask('x', 1)]
  t.match(await wrong, { failure: 'refused', reply: 'WRONGTYPE', mayHaveRun: false })
  t.strictSame(await Promise.all([before, after]), ['1 4', '2 4'])
})

t.test('each waits as long as it says, and those that wait longer are answered', { skip }, async t => {
  const server = await startRedis(t)
  const { ask } = await open(t, { url: [server.url] })
  await ask('x', 1)
  server.pause()
  const patient = ask('x', 1, { deadlineMs: 60_000 })
  const hasty = failureOf(ask('x', 1, { deadlineMs: 20 }))
  const lessHasty = failureOf(ask('x', 1, { deadlineMs: 40 }))
  t.match(await hasty, { failure: 'slow', mayHaveRun: true })
  t.match(await lessHasty, { failure: 'slow', mayHaveRun: true })
  server.resume()
  t.equal(await patient, '2 2', 'what nobody waited for has run all the same')
})

t.test('all fail where there is no Redis', { skip }, async t => {
  const server = await startRedis(t)
  const { redis, ask } = await open(t, { url: [server.url] })
  await server.kill()
  while (redis.isConnected) await new Promise(setImmediate)
  const failures = await Promise.all([failureOf(ask('x', 1)), failureOf(ask('y', 1))])
  t.match(failures, [
    { failure: 'away', mayHaveRun: false },
    { failure: 'away', mayHaveRun: false }
  ])
})

t.test('owners are asked apart where their keys may not stand together', { skip, timeout: 120_000 }, async t => {
  const servers = await startRedisCluster(t)
  const cluster = await open(t, { url: servers.map(({ url }) => url), cluster: true })
  const owners = Array.from({ length: 50 }, (_, at) => `${at}`)
  t.strictSame(
    await Promise.all([...owners, ...owners].map(owner => cluster.ask(owner, 1))),
    [...owners.map(() => '1 2'), ...owners.map(() => '2 2')],
    'two commands for each would have been one too many'
  )

  // As a proxy does that looks like one server: keys of different owners in one command are refused.
  const one = servers[0]
  if (one === undefined) throw new Error('there are three')
  const local: string[] = []
  for (const owner of owners) {
    const isHere = await one.command('get', `{${owner}}:a`).then(
      () => true,
      () => false
    )
    if (isHere) local.push(owner)
  }
  t.ok(local.length > 2)
  const proxied = await open(t, { url: [one.url] })
  const ask = () => Promise.all(local.map(owner => proxied.ask(owner, 1)))
  t.strictSame(
    await ask(),
    local.map(() => '3 2'),
    'nothing ran twice'
  )
  t.strictSame(
    await ask(),
    local.map(() => '4 2')
  )
})
