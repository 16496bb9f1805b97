import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import type { RedisConfiguration } from '../../../core/configuration/stores-schema.ts'
import { RedisIdentities } from '../../../core/identity/redis-identities.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { type RedisServer, startRedis, startRedisCluster, withoutRedis } from '../../support/redis.ts'
import { redisConfiguration } from '../store/support.ts'
import { conforms, consumerRow, credentialRow, digestOf, Listener, putting } from './support.ts'

const skip = withoutRedis
type Test = { teardown(close: () => unknown): unknown }

let prefixes = 0
async function open(t: Test, settings: Partial<RedisConfiguration>): Promise<RedisIdentities> {
  const redis = new RedisClient(redisConfiguration(settings), { clock: systemClock })
  await redis.open()
  const store = new RedisIdentities(redis, systemClock)
  t.teardown(async () => {
    await store.close()
    redis.close()
  })
  return store
}

/** A gateway's store, and what it was told since it knew where it was. */
async function following(t: Test, server: RedisServer) {
  const store = await open(t, { url: [server.url] })
  const listener = new Listener()
  store.follow(listener)
  await listener.until(() => listener.told.length === 1)
  return { store, listener }
}

t.test('does what every store does', { skip }, async t => {
  const server = await startRedis(t)
  await conforms(t, () => open(t, { url: [server.url], keyPrefix: `p${++prefixes}` }))
})

t.test('does it in a cluster', { skip }, async t => {
  const [server] = await startRedisCluster(t)
  if (server === undefined) throw new Error('no cluster')
  await conforms(t, () => open(t, { url: [server.url], cluster: true, keyPrefix: `p${++prefixes}` }))
})

t.test('tells every gateway what one has written', { skip }, async t => {
  const server = await startRedis(t)
  const writer = await open(t, { url: [server.url] })
  await writer.write([putting('consumer', consumerRow('first'))])
  const gateways = [await following(t, server), await following(t, server)]
  const key = credentialRow('k', 'team', 'secret')
  await writer.write([putting('consumer', consumerRow('team'))])
  await writer.write([putting('credential', key)])
  for (const { listener } of gateways) {
    await listener.until(() => listener.told.length === 3)
    t.strictSame(listener.told, [
      'all',
      { kind: 'consumer', id: 'team' },
      { kind: 'credential', plugin: 'key-auth', digest: key.digest }
    ])
  }
})

t.test('confirms moments while nothing changes, and none while Redis is silent', { skip }, async t => {
  const server = await startRedis(t)
  const { listener } = await following(t, server)
  const first = listener.confirmedMs
  await listener.until(() => listener.confirmedMs > first)
  server.pause()
  const stopped = systemClock.monotonic()
  t.ok(listener.confirmedMs <= stopped)
  server.resume()
  await listener.until(() => listener.confirmedMs > stopped)
  t.pass('and again when it goes on')
})

t.test('forgets everything when the connection was lost, for what it missed nobody knows', { skip }, async t => {
  const server = await startRedis(t)
  const writer = await open(t, { url: [server.url] })
  const { store, listener } = await following(t, server)
  await server.command('client', 'kill', 'type', 'normal', 'skipme', 'yes')
  await listener.until(() => listener.told.length === 2)
  t.strictSame(listener.told, ['all', 'all'])
  await server.kill()
  await t.rejects(Promise.resolve(store.find('key-auth', digestOf('x'))), { code: 'TACIT_REDIS_AWAY' })
  await server.restart()
  await listener.until(() => listener.told.length === 3)
  // The connection that writes comes back by itself, at its own time.
  for (;;) {
    try {
      await writer.write([putting('consumer', consumerRow('team'))])
      break
    } catch {
      await new Promise(setImmediate)
    }
  }
  const last = () => listener.told.at(-1)
  await listener.until(() => listener.told.length > 3)
  t.equal(last(), 'all', 'it counts anew')
})

t.test('forgets everything when changes are missing from the stream', { skip }, async t => {
  const server = await startRedis(t)
  const writer = await open(t, { url: [server.url] })
  await writer.write([putting('consumer', consumerRow('first'))])
  const { listener } = await following(t, server)
  // As a server that was put back to an earlier state, or whose stream was cut too short, would look.
  await server.command('hincrby', 'tacit:{identities}:v1:version', 'count', 5)
  await listener.until(() => listener.told.length === 2)
  const gap = `redis.call('XADD', KEYS[1] .. ':changes', '9-0', 'change', 'consumer team')
    redis.call('HSET', KEYS[1] .. ':version', 'count', 9)`
  await server.command('eval', gap, 1, 'tacit:{identities}:v1')
  await listener.until(() => listener.told.length === 3)
  await server.command('hset', 'tacit:{identities}:v1:version', 'epoch', 'another')
  await listener.until(() => listener.told.length === 4)
  t.strictSame(listener.told, ['all', 'all', 'all', 'all'])
})

t.test('believes no row that is none', { skip }, async t => {
  const server = await startRedis(t)
  const store = await open(t, { url: [server.url] })
  await store.write([putting('consumer', consumerRow('team'))])
  await store.write([putting('credential', credentialRow('k', 'team', 'secret'))])
  await server.command('set', 'tacit:{identities}:v1:consumer:team', '{"id":"team"}')
  t.match(await store.find('key-auth', digestOf('secret')), { credential: { id: 'k' }, consumer: undefined })
  await server.command('set', 'tacit:{identities}:v1:credential:k', '{"consumer":"team"}')
  t.equal(await store.find('key-auth', digestOf('secret')), undefined)
})

t.test('keeps nothing by which one could log in', { skip }, async t => {
  const server = await startRedis(t)
  const store = await open(t, { url: [server.url] })
  await store.write([putting('consumer', consumerRow('team'))])
  await store.write([putting('credential', credentialRow('k', 'team', 'the-secret-itself'))])
  const keys = await server.command('keys', '*')
  const dumps = []
  for (const key of Array.isArray(keys) ? keys : []) dumps.push(key, await server.command('dump', key))
  t.ok(dumps.length > 10)
  t.notMatch(dumps.join(' '), /the-secret-itself/)
})
