import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import { RedisStore } from '../../../core/store/redis-values.ts'
import { openStores } from '../../../core/store/stores.ts'
import { LocalStore } from '../../../core/store/values.ts'
import { send } from '../../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../../support/gateway.ts'
import { parsePrometheus, sampleOf } from '../../support/prometheus.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { startUpstream } from '../../support/upstream.ts'
import { redisConfiguration } from './support.ts'

const skip = withoutRedis
const LIMITS = { lease: 30_000, gateways: 1 }
const parts = { clock: systemClock, directory: import.meta.dirname }

t.test('keeps values in this process where nothing is configured', async t => {
  const stores = await openStores({ identities: { remembered: 100 }, limits: LIMITS }, parts)
  t.ok(stores.values instanceof LocalStore)
  t.equal(stores.redis, undefined)
  t.strictSame(stores.tellers, [])
  t.equal(stores.identities, undefined)
  await stores.close()
})

t.test('keeps identities in a folder of its own where one is named', async t => {
  const directory = t.testdir()
  const stores = await openStores(
    { folder: 'state/here', identities: { remembered: 100 }, limits: LIMITS },
    { ...parts, directory }
  )
  t.equal(stores.identities?.store.name, 'sqlite')
  t.equal(statSync(join(directory, 'state/here')).mode & 0o777, 0o700)
  t.equal(statSync(join(directory, 'state/here/identities.sqlite')).mode & 0o777, 0o600)
  t.strictSame(
    stores.tellers.map(({ name, phases }) => [name, phases.health()]),
    [['stores.identities', { status: 'ok' }]]
  )
  await stores.close()
  t.match(stores.tellers[0]?.phases.health(), { status: 'degraded' }, 'what cannot be read is told')
  await t.rejects(openStores({ folder: '/dev/null/x', identities: { remembered: 100 }, limits: LIMITS }, parts), {
    code: 'TACIT_IDENTITIES_UNREADABLE'
  })
})

t.test('keeps them in Redis where one is configured, and says how it is', { skip }, async t => {
  const server = await startRedis(t)
  const stores = await openStores(
    { redis: redisConfiguration({ url: [server.url] }), identities: { remembered: 100 }, limits: LIMITS },
    parts
  )
  t.teardown(() => stores.close())
  t.ok(stores.values instanceof RedisStore)
  t.equal(stores.redis?.isConnected, true)
  const [teller] = stores.tellers
  t.equal(teller?.name, 'stores.redis')
  t.strictSame(await teller?.phases.health(), { status: 'ok' })
  await server.kill()
  t.match(await teller?.phases.health(), { status: 'degraded' })
})

/** Counts requests in the store, and says how many there were. */
const COUNTING = `
  import { definePlugin, Type } from 'tacit-gateway/plugin'
  export default definePlugin({
    contract: 1, name: 'counting', summary: 'Counts.', data: { reads: [] }, config: Type.Object({}),
    setup: (_config, host) => ({
      async requestFilter () {
        return { status: 200, headers: {}, body: String(await host.store.increment('requests', 1, 60_000)) }
      }
    })
  })`

const metricsOf = async (adminUrl: string) => parsePrometheus(String((await send({ url: `${adminUrl}/metrics` })).body))

t.test('two gateways count together, and go on without Redis where nothing needs it', { skip }, async t => {
  const server = await startRedis(t)
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'through'))
  const configuration = {
    stores: { redis: { url: server.url, commandTimeout: '5s' } },
    upstreams: [upstreamOf([upstream.url])],
    routes: [
      routeOf({ id: 'counted', match: { path: '/count' }, plugins: [{ use: './counting.ts' }] }),
      routeOf({ match: { path: '/*' } })
    ]
  }
  const files = { 'counting.ts': COUNTING }
  const one = await startTestGateway(t, configuration, { files })
  const other = await startTestGateway(t, configuration, { files })
  const bodyOf = async (url: string, path: string) => {
    const { status, body } = await send({ url: `${url}${path}` })
    return [status, String(body)]
  }
  t.strictSame(await bodyOf(one.url, '/count'), [200, '1'])
  t.strictSame(await bodyOf(other.url, '/count'), [200, '2'])
  t.equal(sampleOf(await metricsOf(one.adminUrl), 'tacit_redis_connected'), 1)
  await server.kill()
  t.match(await bodyOf(one.url, '/count'), [500], 'what needs it fails closed')
  t.strictSame(await bodyOf(one.url, '/other'), [200, 'through'])
  const ready = await send({ url: `${one.adminUrl}/health/ready` })
  t.equal(ready.status, 200, 'a gateway without its Redis is not taken out of rotation')
  t.match(JSON.parse(String(ready.body)), { plugins: { 'stores.redis': { status: 'degraded' } } })
  const metrics = await metricsOf(one.adminUrl)
  t.equal(sampleOf(metrics, 'tacit_redis_connected'), 0)
  for (const outcome of ['ok', 'away']) {
    const series = `tacit_redis_command_seconds_count{outcome="${outcome}"}`
    t.ok(sampleOf(metrics, 'tacit_redis_command_seconds', series) > 0, outcome)
  }
})

t.test('a gateway starts while its Redis is down', { skip }, async t => {
  const server = await startRedis(t)
  await server.kill()
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'through'))
  const gateway = await startTestGateway(t, {
    stores: { redis: { url: server.url, connectTimeout: '50ms' } },
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf()]
  })
  t.equal((await send({ url: gateway.url })).status, 200)
})
