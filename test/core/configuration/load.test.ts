import { inspect } from 'node:util'
import t from 'tap'
import { loadConfiguration } from '../../../core/configuration/load.ts'
import { ConfigurationError, renderProblem } from '../../../core/configuration/report.ts'
import { environment, load, resolver } from './support.ts'

const whole = `
version: 1
listen: { port: "\${PORT_NUMBER}", trustedProxies: 10.0.0.0/8 }
digestKey: \${DIGEST_KEY}
plugins: [{ use: key-auth }]
upstreams:
  - id: chat
    peers: [{ id: eu, url: https://eu.example.com }]
    plugins:
      - use: upstream-auth
        config: { secret: "Bearer \${LLM_KEY}", pepper: "\${file:llm.key}" }
routes:
  - id: chat
    match: { method: POST, path: /v1/chat }
    upstream: chat
    plugins:
      - use: rate-limit
        config: { limits: [{ requests: 60, per: 1m }] }
      - use: metering
consumers:
  - { id: team, settings: { rate-limit: { plan: gold } }, credentials: { key-auth: { keyHash: "hmac-sha256:${'A'.repeat(43)}" } } }
`

t.test('loads a whole configuration', async t => {
  const { file, configuration, plugins, routes, upstreams, warnings } = await load(whole)
  t.equal(file, '/etc/tacit/gateway.yaml')
  t.equal(configuration.listen.port, 8443)
  t.strictSame(configuration.listen.trustedProxies, ['10.0.0.0/8'])
  t.equal(configuration.digestKey?.reveal(), environment.DIGEST_KEY)
  t.strictSame(
    plugins.map(({ definition }) => definition.name),
    ['key-auth']
  )
  t.strictSame(
    routes.get('chat')?.map(({ definition, path }) => [definition.name, path.join('.')]),
    [
      ['rate-limit', 'routes.0.plugins.0.use'],
      ['metering', 'routes.0.plugins.1.use']
    ]
  )
  t.equal(upstreams.get('chat')?.balancer.definition.name, 'weighted')
  t.strictSame(warnings, [])
})

t.test('hands secrets to plugins, and to nobody who prints', async t => {
  const loaded = await load(whole)
  const config: unknown = loaded.upstreams.get('chat')?.plugins[0]?.config
  const secret: unknown = Reflect.get(Object(config), 'secret')
  const pepper: unknown = Reflect.get(Object(config), 'pepper')
  t.equal(Reflect.apply(Reflect.get(Object(secret), 'reveal'), secret, []), `Bearer ${environment.LLM_KEY}`)
  t.equal(Reflect.apply(Reflect.get(Object(pepper), 'reveal'), pepper, []), 'value-of-the-key-file')
  const printed = inspect(loaded, { depth: 20, showHidden: true }) + JSON.stringify(loaded.configuration)
  t.notMatch(printed, /value-of-the/)
})

t.test('hands out what nobody can change', async t => {
  const { configuration } = await load(whole)
  for (const part of [
    configuration,
    configuration.routes,
    configuration.routes[0],
    configuration.routes[0]?.limits,
    configuration.routes[0]?.plugins[0]?.config,
    configuration.upstreams[0]?.retry.on
  ]) {
    t.ok(Object.isFrozen(part))
  }
})

t.test('gives a problem its place that shows up later', async t => {
  const { problemAt } = await load(whole)
  t.equal(
    renderProblem(problemAt(['routes', 0, 'plugins', 1, 'use'], 'TACIT_SETUP_SLOW', 'It took too long.', 'Wait.')),
    `/etc/tacit/gateway.yaml:19:14  TACIT_SETUP_SLOW
  19 │       - use: metering
     │              ~~~~~~~~
  It took too long. Wait.`
  )
})

t.test('tells problems of all stages at once', async t => {
  const error = await load(`
version: 1
listen: { port: "\${NOT_SET}" }
shutdownGrace: soon
upstreams: [{ id: chat, peers: [{ id: eu, url: eu.example.com }] }]
routes:
  - { id: chat, match: { path: /a*b }, upstream: chatt, plugins: [{ use: key-atuh }, { use: metering, config: { x: 1 } }] }
consumers: [{ id: team, credentials: { key-auth: { keyHash: wrong } } }]
`).catch((error: unknown) => error)
  if (!(error instanceof ConfigurationError)) throw error
  t.strictSame(
    error.problems.filter(({ severity }) => severity === 'error').map(({ line, code }) => [line, code]),
    [
      [3, 'TACIT_SECRET_MISSING'],
      [4, 'TACIT_UNIT_WRONG'],
      [5, 'TACIT_URL_INVALID'],
      [7, 'TACIT_PATH_WILDCARD'],
      [7, 'TACIT_UPSTREAM_UNKNOWN'],
      [7, 'TACIT_PLUGIN_UNKNOWN'],
      [7, 'TACIT_KEY_UNKNOWN'],
      [8, 'TACIT_VALUE_INVALID']
    ]
  )
})

t.test('lets faults of the resolver through', async t => {
  const broken = { ...resolver, find: () => Promise.reject(new TypeError('broken')) }
  await t.rejects(load(whole, { resolver: broken }), new TypeError('broken'))
})

/** Time of the processor, not of the clock: the machine may be busy. */
async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Ten times as much may take so many times as long. Work that grows with the square would take a hundred times. */
const NEARLY_LINEAR = 30

const many = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('')
const head =
  'version: 1\ndigestKey: ${DIGEST_KEY}\nupstreams: [{ id: chat, peers: [{ id: eu, url: https://eu.example.com }] }]\n'
const hashed = (index: number) => `hmac-sha256:${String(index).padStart(43, '0')}`
const consumers = (count: number) =>
  `${head}routes: [{ id: chat, match: { path: /* }, upstream: chat, plugins: [{ use: key-auth }] }]\nconsumers:\n${many(
    count,
    index =>
      `  - id: team-${index}\n    labels: { tier: gold }\n    credentials: { key-auth: { keyHash: "${hashed(index)}" } }\n`
  )}`
const routes = (count: number) =>
  `${head}routes:\n${many(
    count,
    index =>
      `  - id: r${index}\n    match: { method: POST, path: /v1/${index} }\n    upstream: chat\n    plugins: [{ use: key-auth }]\n`
  )}`

for (const [name, text] of [
  ['consumers', consumers],
  ['routes', routes]
] as const) {
  t.test(`loads ten thousand ${name} in the time that ten times a thousand take`, async t => {
    const loading = (count: number) => () =>
      loadConfiguration({ file: '/etc/tacit/gateway.yaml', text: text(count), environment }, resolver)
    await loading(1_000)()
    const few = await cpuMs(loading(1_000))
    const lots = await cpuMs(loading(10_000))
    t.comment(`1,000: ${Math.round(few)} ms, 10,000: ${Math.round(lots)} ms of processor time`)
    t.ok(lots < few * NEARLY_LINEAR)
  })
}

t.test('reports ten thousand mistakes without quadratic work', async t => {
  const reporting = (count: number) => () => {
    const text = routes(count).replaceAll('upstream: chat', 'upstream: caht').replaceAll('key-auth', 'kye-auth')
    return t.rejects(load(text), { code: 'TACIT_CONFIGURATION_INVALID' })
  }
  await reporting(1_000)()
  const few = await cpuMs(reporting(1_000))
  const lots = await cpuMs(reporting(10_000))
  t.comment(`1,000: ${Math.round(few)} ms, 10,000: ${Math.round(lots)} ms of processor time`)
  t.ok(lots < few * NEARLY_LINEAR)
})
