import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SecretText } from '../../../core/plugin.ts'
import { redisTarget } from '../../../core/store/redis-options.ts'
import { redisConfiguration } from './support.ts'

t.test('never sends a command twice, nor queues one, and gives up what is silent', async t => {
  const target = redisTarget(redisConfiguration({ connectTimeout: 700 }), 0)
  t.match(target.options, {
    protocol: 2,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    connectTimeout: 700,
    socketTimeout: 2_000
  })
  t.match(redisTarget(redisConfiguration({}), 500).options, { socketTimeout: 2_500 })
  const cluster = redisTarget(redisConfiguration({ cluster: true }), 0)
  t.match(cluster.options, {
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    redisOptions: { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false }
  })
})

t.test('comes back within half a second however often it has failed, and not all gateways at once', async t => {
  const { options } = redisTarget(redisConfiguration({}), 0)
  const pause = Reflect.get(options, 'retryStrategy')
  if (typeof pause !== 'function') throw new Error('no pause')
  const pauses = Array.from({ length: 200 }, (_, index) => Number(pause(index + 1)))
  t.ok(pauses.every(ms => ms >= 25 && ms <= 500))
  t.ok(new Set(pauses.slice(20)).size > 100)
})

t.test('finds servers by their addresses, with the usual ports', async t => {
  t.match(redisTarget(redisConfiguration({ url: ['redis://[fd00::7]'], database: 3 }), 0).options, {
    host: 'fd00::7',
    port: 6379,
    db: 3
  })
  const sentinel = { name: 'main', username: 'watcher', password: new SecretText('s') }
  t.match(redisTarget(redisConfiguration({ url: ['redis://a', 'redis://b:1'], sentinel }), 0).options, {
    name: 'main',
    sentinels: [
      { host: 'a', port: 26379 },
      { host: 'b', port: 1 }
    ],
    sentinelUsername: 'watcher',
    sentinelPassword: 's'
  })
  const cluster = redisTarget(redisConfiguration({ url: ['redis://a', 'redis://b:1'], cluster: true }), 0)
  t.match(cluster, {
    kind: 'cluster',
    nodes: [
      { host: 'a', port: 6379 },
      { host: 'b', port: 1 }
    ]
  })
})

t.test('verifies who answers, by the authorities and the name that are configured', async t => {
  const ca = join(t.testdir(), 'ca.pem')
  writeFileSync(ca, 'PEM')
  const url = ['rediss://redis.example.com']
  const tls = { ca, serverName: 'redis' }
  const { options } = redisTarget(redisConfiguration({ url, tls }), 0)
  t.match(options, { tls: { ca: 'PEM', servername: 'redis' } })
  t.notMatch(options, { tls: { rejectUnauthorized: false } })
  t.match(redisTarget(redisConfiguration({ url }), 0).options, { tls: {} }, 'TLS without a block for it, too')
  t.equal(Reflect.get(redisTarget(redisConfiguration({}), 0).options, 'tls'), undefined)
  t.match(redisTarget(redisConfiguration({ url, sentinel: { name: 'm' } }), 0).options, {
    tls: {},
    sentinelTLS: {},
    enableTLSForSentinelMode: true
  })
  t.throws(() => redisTarget(redisConfiguration({ url, tls: { ca: '/nowhere/ca.pem' } }), 0), {
    code: 'TACIT_REDIS_FILE'
  })
})
