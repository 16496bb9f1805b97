import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { CLIENT_KEY, MODEL } from '../../../benchmarks/load/chat-request.ts'
import {
  BARE,
  gatewayYaml,
  LIMITED,
  METERED,
  METERED_UNASKED,
  USUAL,
  writeConfiguration
} from '../../../benchmarks/subjects/tacit.ts'

t.test('a chain becomes a configuration with its plugins in order', async t => {
  const { routes, upstreams, listen } = parse(gatewayYaml(USUAL, 8080, 9000))
  t.strictSame(
    routes[0].plugins.map(({ use }: { use: string }) => use),
    ['key-auth', 'access-log']
  )
  t.strictSame(upstreams[0].balancer, { use: 'least-latency' })
  t.strictSame([listen.port, upstreams[0].peers[0].url], [8080, 'http://127.0.0.1:9000'])
})

t.test('a plugin that does not start without settings gets some', async t => {
  const { routes } = parse(gatewayYaml(LIMITED, 8080, 9000))
  t.match(routes[0].plugins, [{ use: 'key-auth' }, { use: 'rate-limit', config: { limits: [{ per: '1m' }, {}] } }, {}])
})

t.test('the key that clients send is the one that the gateway knows', async t => {
  const { digestKey, consumers } = parse(gatewayYaml(USUAL, 8080, 9000))
  const digest = createHmac('sha256', digestKey).update(CLIENT_KEY).digest('base64url')
  t.equal(consumers[0].credentials['key-auth'].keyHash, `hmac-sha256:${digest}`)
})

t.test('the bare chain has no plugins and no balancer of its own', async t => {
  const { routes, upstreams } = parse(gatewayYaml(BARE, 8080, 9000))
  t.strictSame([routes[0].plugins, upstreams[0].balancer], [undefined, undefined])
})

t.test('a chain may stand among many other routes, none of which takes its requests', async t => {
  const { routes } = parse(gatewayYaml({ ...BARE, otherRoutes: 7 }, 8080, 9000))
  t.equal(routes.length, 8)
  t.equal(new Set(routes.map(({ match }: { match: object }) => JSON.stringify(match))).size, 8)
  t.notOk(routes.slice(1).some(({ match }: { match: { path: string } }) => match.path === '/v1/chat/completions'))
})

t.test('a chain may keep idle connections, and have clients over TLS', async t => {
  const certificate = { cert: '/run/cert.pem', key: '/run/key.pem' }
  const { listen } = parse(gatewayYaml({ ...BARE, keepAlive: '10m', certificate }, 8080, 9000))
  t.strictSame([listen.keepAliveTimeout, listen.tls], ['10m', certificate])
  t.strictSame(Object.keys(parse(gatewayYaml(BARE, 8080, 9000)).listen), ['port', 'maxConnections'])
})

t.test('a plugin named by the path of its file is found from the configuration', async t => {
  const folder = t.testdir()
  const plugin = resolve(import.meta.dirname, '../../../benchmarks/plugins/pass.ts')
  const file = writeConfiguration(folder, { ...BARE, route: [plugin, 'key-auth'] }, 8080, 9000)
  const [own, builtIn] = parse(readFileSync(file, 'utf8')).routes[0].plugins
  t.equal(resolve(folder, own.use), plugin)
  t.match(own.use, /^\.\.?\//)
  t.equal(builtIn.use, 'key-auth')
})

t.test('a chain that is billed keeps rows in a folder of its own, and knows the price of the model', async t => {
  const { records, catalogue, upstreams, routes } = parse(gatewayYaml(METERED, 8080, 9000))
  t.equal(records.directory, './records-8080')
  t.strictSame([upstreams[0].provider, catalogue.prices[0].provider], ['benchmark', 'benchmark'])
  t.ok(catalogue.providers[0].models[0].aliases.includes(MODEL))
  t.equal(routes[0].plugins[0].use, 'ledger')
  const [, , , metering] = parse(gatewayYaml(METERED_UNASKED, 8080, 9000)).routes[0].plugins
  t.strictSame(metering, { use: 'metering', config: { askForUsage: false } })
})
