import { connect, createServer } from 'node:net'
import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import type { RedisConfiguration } from '../../../core/configuration/stores-schema.ts'
import { SecretText } from '../../../core/plugin.ts'
import { RedisClient, type RedisParts } from '../../../core/store/redis.ts'
import { RedisError } from '../../../core/store/redis-error.ts'
import { RedisScript } from '../../../core/store/redis-script.ts'
import { makeCertificate, noCertificates } from '../../support/certificates.ts'
import { freePort, startRedis, startRedisCluster, startWatchedRedis, withoutRedis } from '../../support/redis.ts'
import { redisConfiguration } from './support.ts'

const skip = withoutRedis

/** A client that is connected, and closed with the test. */
async function connected(
  t: { teardown(close: () => void): unknown },
  settings: Partial<RedisConfiguration>,
  parts: Partial<RedisParts> = {}
): Promise<RedisClient> {
  const client = new RedisClient(redisConfiguration(settings), { clock: systemClock, ...parts })
  t.teardown(() => client.close())
  await client.open()
  return client
}

/** What a command failed of. */
async function failureOf(work: Promise<unknown>): Promise<RedisError> {
  try {
    await work
  } catch (error) {
    if (error instanceof RedisError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** Repeats `work` until it succeeds, giving others their turn in between; the test's own time limit ends it. */
async function eventually<Value>(work: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RedisError)) throw error
      await new Promise(setImmediate)
    }
  }
}

/** Stands between a client and a server, and can cut a connection in the moment an answer comes. */
async function startLossy(t: { teardown(close: () => void): unknown }, port: number) {
  let isLosing = false
  const server = createServer(client => {
    const other = connect(port, '127.0.0.1')
    client.on('data', bytes => other.write(bytes)).on('error', () => {})
    other.on('error', () => {})
    other.on('data', bytes => {
      if (!isLosing) return client.write(bytes)
      isLosing = false
      return client.destroy()
    })
    client.on('close', () => other.destroy())
    other.on('close', () => client.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    loseNextAnswer: () => {
      isLosing = true
    }
  }
}

t.test('answers commands, texts and bytes', { skip }, async t => {
  const { url } = await startRedis(t)
  const client = await connected(t, { url: [url] })
  t.equal(client.isConnected, true)
  const key = client.key('team', 'x')
  t.equal(key, 'tacit:{team}:x')
  t.equal(await client.command('set', [key, Uint8Array.of(0, 255, 1)]), 'OK')
  t.strictSame(await client.command('get', [key], { binary: true }), Buffer.from([0, 255, 1]))
  t.strictSame(
    await client.pipeline([
      ['incr', `${key}2`],
      ['get', `${key}3`],
      ['lrange', `${key}4`, 0, -1]
    ]),
    [1, null, []]
  )
  t.strictSame(await client.health(), { status: 'ok' })
})

t.test('tells what Redis refuses by the first word alone', { skip }, async t => {
  const { url } = await startRedis(t)
  const client = await connected(t, { url: [url] })
  await client.command('set', ['secret-key', 'secret-value'])
  const refused = await failureOf(client.command('lpush', ['secret-key', 'secret-argument']))
  t.match(refused, { code: 'TACIT_REDIS_REFUSED', failure: 'refused', reply: 'WRONGTYPE', mayHaveRun: false })
  const unknown = await failureOf(client.command('nonsense', ['secret-argument']))
  t.match(unknown, { code: 'TACIT_REDIS_REFUSED', reply: 'ERR' })
  for (const error of [refused, unknown]) t.notMatch(`${error.stack} ${JSON.stringify(error)}`, /secret/)
  const replies = await client.pipeline([
    ['set', 'a', 1],
    ['lpush', 'a', 'x'],
    ['incr', 'a']
  ])
  t.match(replies, ['OK', { failure: 'refused', reply: 'WRONGTYPE' }, 2], 'one that is refused is told in its place')
})

t.test('sends a script by its digest, and its source where Redis has forgotten it', { skip }, async t => {
  const server = await startRedis(t)
  const client = await connected(t, { url: [server.url] })
  const script = new RedisScript("return { redis.call('INCRBY', KEYS[1], ARGV[1]), ARGV[2] }")
  t.strictSame(await client.run(script, ['n'], [2, 'a']), [2, 'a'])
  t.strictSame(await client.run(script, ['n'], [2, 'b']), [4, 'b'])
  await server.command('script', 'flush')
  t.strictSame(await client.run(script, ['n'], [2, 'c']), [6, 'c'], 'and it has run once')
  const failing = new RedisScript("return redis.call('LPUSH', KEYS[1], 'x')")
  t.match(await failureOf(client.run(failing, ['n'], [])), { failure: 'refused', reply: 'WRONGTYPE' })
  t.match(await server.command('info', 'commandstats'), /cmdstat_eval:calls=3,/, 'the source was sent once for each')
})

t.test('goes on without Redis, and fails at once what needs it', { skip }, async t => {
  const server = await startRedis(t)
  await server.kill()
  const client = await connected(t, { url: [server.url], connectTimeout: 20 })
  t.equal(client.isConnected, false)
  const failure = await failureOf(client.command('get', ['a']))
  t.match(failure, { code: 'TACIT_REDIS_AWAY', failure: 'away', mayHaveRun: false })
  t.match(await client.health(), { status: 'degraded' })
  await server.restart()
  t.equal(await eventually(() => client.command('get', ['a'])), null, 'it connects when there is one')
  t.strictSame(await client.health(), { status: 'ok' })
})

t.test('never sends a command twice, not even one whose answer was lost', { skip }, async t => {
  const server = await startRedis(t)
  const between = await startLossy(t, server.port)
  const client = await connected(t, { url: [`redis://127.0.0.1:${between.port}`] })
  const script = new RedisScript("return redis.call('INCR', KEYS[1])")
  t.equal(await client.run(script, ['n'], []), 1)
  between.loseNextAnswer()
  t.match(await failureOf(client.run(script, ['n'], [])), { failure: 'away', mayHaveRun: true })
  t.equal(await eventually(() => client.command('get', ['n'])), '2', 'it has run, once')
})

t.test('waits for no answer longer than the deadline, then leaves a silent Redis alone', { skip }, async t => {
  const server = await startRedis(t)
  const outcomes: string[] = []
  const client = await connected(
    t,
    { url: [server.url], commandTimeout: 20, breaker: { failures: 3, pause: 100 } },
    { measures: { command: outcome => outcomes.push(outcome) } }
  )
  server.pause()
  const failures = []
  for (let count = 0; count < 5; count++) failures.push(await failureOf(client.command('incr', ['n'])))
  t.strictSame(
    failures.map(({ failure, mayHaveRun }) => [failure, mayHaveRun]),
    [
      ['slow', true],
      ['slow', true],
      ['slow', true],
      ['resting', false],
      ['resting', false]
    ]
  )
  t.strictSame(outcomes, ['slow', 'slow', 'slow', 'resting', 'resting'])
  server.resume()
  t.type(await eventually(() => client.command('incr', ['n'])), 'number', 'it is asked again after the pause')
})

t.test('is refused with a wrong password, and shows neither it nor what Redis said', { skip }, async t => {
  const { url } = await startRedis(t, ['--requirepass', 'correct-horse'])
  const right = await connected(t, { url: [url], password: new SecretText('correct-horse') })
  t.strictSame(await right.health(), { status: 'ok' })
  const wrong = await connected(t, { url: [url], password: new SecretText('hunter2'), connectTimeout: 100 })
  const none = await connected(t, { url: [url] })
  t.match(await failureOf(wrong.command('get', ['a'])), { failure: 'refused', reply: 'WRONGPASS' })
  t.match(await failureOf(none.command('get', ['a'])), { failure: 'refused', reply: 'NOAUTH' })
  const healths = [await wrong.health(), await none.health()]
  t.match(healths, [
    { status: 'degraded', detail: /WRONGPASS/ },
    { status: 'degraded', detail: /NOAUTH/ }
  ])
  t.notMatch(JSON.stringify(healths), /hunter2|correct-horse/)
})

t.test('speaks TLS, and only to a server that it can verify', { skip: skip || noCertificates }, async t => {
  const folder = t.testdir()
  const { cert, key } = makeCertificate(folder, 'redis', '127.0.0.1')
  const port = await freePort()
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
  await startRedis(t, ['--tls-port', `${port}`, '--tls-auth-clients', 'yes', ...files])
  const url = [`rediss://127.0.0.1:${port}`]
  const right = await connected(t, { url, tls: { ca: cert, cert, key } })
  t.strictSame(await right.health(), { status: 'ok' })
  t.equal(await right.command('set', ['a', 1]), 'OK')
  for (const [tls, why] of [
    [{ cert, key }, 'an authority that nobody knows'],
    [{ ca: cert, cert, key, serverName: 'another.example.com' }, 'another name'],
    [{ ca: cert }, 'no certificate of its own']
  ] as const) {
    const wrong = await connected(t, { url, tls, connectTimeout: 200 })
    t.match(await failureOf(wrong.command('get', ['a'])), { failure: 'away' }, why)
  }
})

t.test('keeps apart what waits in Redis from what does not', { skip }, async t => {
  const { url } = await startRedis(t)
  const outcomes: string[] = []
  const measures = { command: (outcome: string) => outcomes.push(outcome) }
  const client = await connected(t, { url: [url] }, { measures })
  const waiting = client.waiting(60_000)
  await waiting.open()
  const taken = waiting.command('blpop', ['queue', 60], { deadlineMs: 61_000 })
  t.equal(await client.command('rpush', ['queue', 'x']), 1)
  t.strictSame(await taken, ['queue', 'x'])
  t.strictSame(outcomes, ['ok'], 'waiting is not measured')
  const lost = failureOf(waiting.command('blpop', ['queue', 60], { deadlineMs: 61_000 }))
  client.close()
  t.match(await lost, { failure: 'away' }, 'both are closed together')
  t.match(await failureOf(client.command('get', ['a'])), { failure: 'away', mayHaveRun: false })
})

t.test('finds its way in a cluster, and around a server that is down', { skip }, async t => {
  const [first, ...others] = await startRedisCluster(t)
  if (first === undefined) throw new Error('no cluster')
  const client = await connected(t, { url: [first.url], cluster: true })
  const script = new RedisScript("redis.call('INCR', KEYS[1]); return redis.call('INCR', KEYS[2])")
  const owners = Array.from({ length: 32 }, (_, index) => `owner-${index}`)
  const ran = await Promise.all(
    owners.map(owner => client.run(script, [client.key(owner, 'a'), client.key(owner, 'b')], []))
  )
  t.strictSame(new Set(ran), new Set([1]), 'all keys of an owner are on one server, whoever it is')
  const sizes = await Promise.all([first, ...others].map(server => server.command('dbsize')))
  t.ok(sizes.every(size => Number(size) > 0) && sizes.length === 3, `spread over all: ${sizes}`)
  await others[0]?.kill()
  const after = await Promise.allSettled(owners.map(owner => client.command('get', [client.key(owner, 'a')])))
  const failed = after.filter(({ status }) => status === 'rejected').length
  t.ok(failed > 0 && failed < owners.length, `${failed} of ${owners.length} were on the server that is down`)
})

t.test('follows its master when the sentinels change it', { skip }, async t => {
  const { master, replica, sentinel } = await startWatchedRedis(t)
  const settings = { url: [sentinel.url], sentinel: { name: 'main' }, connectTimeout: 5_000 }
  const client = await connected(t, settings)
  await client.command('set', ['a', 1])
  t.equal(await master.command('get', 'a'), '1')
  t.equal(await client.command('wait', [1, 1_500]), 1, 'the replica has it too')
  await master.kill()
  t.equal(await eventually(() => client.command('incr', ['a'])), 2)
  t.equal(await replica.command('get', 'a'), '2')
  t.match(await replica.command('role'), ['master'])
})

t.test('takes nothing for granted of a connection that is closed', { skip }, async t => {
  const { url } = await startRedis(t)
  const client = await connected(t, { url: [url] })
  client.close()
  client.close()
  t.match(await failureOf(client.pipeline([['get', 'a']])), { failure: 'away', mayHaveRun: false })
  t.match(await client.health(), { status: 'degraded' })
})
