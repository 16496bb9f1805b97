import t from 'tap'
import { type Change, compareConfigurations } from '../../../core/configuration/changes.ts'
import { load } from './support.ts'

const BASE = `version: 1
digestKey: \${DIGEST_KEY}
consumers:
  - { id: gold, group: big, credentials: { key-auth: { id: a, keyHash: 'hmac-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } } }
groups:
  - { id: big }
upstreams:
  - id: chat
    peers:
      - { id: eu, url: https://eu.llm.example.com, weight: 3 }
      - { id: us, url: https://us.llm.example.com }
    plugins:
      - { use: upstream-auth, config: { secret: '\${LLM_KEY}' } }
  - { id: spare, peers: [ { id: a, url: https://spare.example.com } ] }
routes:
  - { id: chat, match: { path: /v1/* }, upstream: chat, plugins: [ { use: key-auth }, { use: sampler } ] }
  - { id: routed, match: { path: /r/* }, plugins: [ { use: model-router, config: { to: { small: spare } } } ] }
`

/** What changes when the first of each pair is replaced by the second. */
async function changed(...edits: readonly (readonly [from: string, to: string])[]): Promise<readonly Change[]> {
  const after = edits.reduce((text, [from, to]) => {
    t.ok(text.includes(from), from)
    return text.replace(from, to)
  }, BASE)
  return compareConfigurations(await load(BASE), await load(after))
}

t.test('finds nothing between two that say the same, however they are written', async t => {
  t.strictSame(await changed(), [])
  t.strictSame(
    await changed(['{ id: big }', '{ "id": big, settings: {} }'], ['weight: 3', 'weight: 3, labels: {}']),
    []
  )
})

t.test('tells a setting of a route, and concerns that route only', async t => {
  t.strictSame(await changed(['upstream: chat, plugins', 'upstream: chat, limits: { deadline: 30s }, plugins']), [
    {
      kind: 'changed',
      subject: 'route',
      id: 'chat',
      routes: ['chat'],
      consumers: undefined,
      settings: [{ path: 'limits.deadline', before: '10m', after: '30s' }]
    }
  ])
})

t.test('tells which plugins come, go and change their order, and what they are set to', async t => {
  const [change] = await changed(['{ use: key-auth }, { use: sampler }', '{ use: sampler, config: { share: 5% } }'])
  t.strictSame(change?.settings, [
    { path: 'plugins.key-auth.header', before: 'authorization', after: undefined },
    { path: 'plugins.key-auth.failureMode', before: 'deny', after: undefined },
    { path: 'plugins.sampler.share', before: '100%', after: '5%' },
    { path: 'plugins', before: '[key-auth, sampler]', after: '[sampler]' }
  ])
})

t.test('an upstream concerns the routes that lead to it, by name or by a plugin', async t => {
  const changes = await changed(['weight: 3', 'weight: 1'], ['https://spare.example.com', 'https://other.example.com'])
  t.match(changes, [
    {
      subject: 'upstream',
      id: 'chat',
      routes: ['chat'],
      settings: [{ path: 'peers.eu.weight', before: '3', after: '1' }]
    },
    { subject: 'upstream', id: 'spare', routes: ['routed'] }
  ])
})

t.test('a consumer concerns itself, and a group its consumers', async t => {
  const changes = await changed(
    ['id: gold,', 'id: gold, labels: { tier: one },'],
    ['{ id: big }', '{ id: big, settings: { rate-limit: { plan: gold } } }']
  )
  t.match(
    changes.map(({ subject, id, routes, consumers }) => ({ subject, id, routes, consumers })),
    [
      { subject: 'consumer', id: 'gold', routes: [], consumers: ['gold'] },
      { subject: 'group', id: 'big', routes: [], consumers: ['gold'] }
    ]
  )
})

t.test('what stands at the top of the file concerns every route, or none', async t => {
  const changes = await changed([
    'version: 1',
    'version: 1\nlisten: { port: 8081 }\nlog: { level: warn }\nplugins: [ { use: sampler } ]'
  ])
  t.match(
    changes.map(({ subject, routes, settings }) => ({ subject, routes, settings })),
    [
      { subject: 'listen', routes: ['chat', 'routed'], settings: [{ path: 'port', before: '8080', after: '8081' }] },
      { subject: 'log', routes: [], settings: [{ path: 'level', before: 'info', after: 'warn' }] },
      { subject: 'plugins', routes: ['chat', 'routed'] }
    ]
  )
})

t.test('tells what was added and removed, without its defaults', async t => {
  const gone =
    '  - { id: routed, match: { path: /r/* }, plugins: [ { use: model-router, config: { to: { small: spare } } } ] }\n'
  const changes = await changed([gone, '  - { id: other, match: { path: /o }, upstream: spare }\n'])
  t.strictSame(changes, [
    {
      kind: 'removed',
      subject: 'route',
      id: 'routed',
      routes: ['routed'],
      consumers: undefined,
      settings: [
        { path: 'match.path', before: '/r/*', after: undefined },
        { path: 'plugins.model-router.to.small', before: 'spare', after: undefined },
        { path: 'plugins', before: '[model-router]', after: undefined }
      ]
    },
    {
      kind: 'added',
      subject: 'route',
      id: 'other',
      routes: ['other'],
      consumers: undefined,
      settings: [
        { path: 'match.path', before: undefined, after: '/o' },
        { path: 'upstream', before: undefined, after: 'spare' }
      ]
    }
  ])
})

t.test('tells that a secret has changed, and shows neither', async t => {
  const changes = await changed(['${LLM_KEY}', '${file:llm.key}'], ['${DIGEST_KEY}', '${TIMEOUT}-and-more-of-it'])
  t.strictSame(
    changes.map(({ subject, settings }) => [subject, settings]),
    [
      ['digestKey', [{ path: 'digestKey', before: '[secret]', after: '[secret]' }]],
      ['upstream', [{ path: 'plugins.upstream-auth.secret', before: '[secret]', after: '[secret]' }]]
    ]
  )
  t.notMatch(JSON.stringify(changes), /value-of|half-an-hour/)
})

t.test('looks at each of many routes a few times, however many others there are', async t => {
  const many = Array.from(
    { length: 200 },
    (_, index) => `  - { id: r${index}, match: { path: /r${index} }, upstream: chat }`
  )
  const loaded = await load(`${BASE}${many.join('\n')}\n`)
  let looks = 0
  const counted = loaded.configuration.routes.map(
    route =>
      new Proxy(route, {
        get: (target, key) => {
          if (key === 'id') looks++
          return Reflect.get(target, key)
        }
      })
  )
  const same = { ...loaded, configuration: { ...loaded.configuration, routes: counted } }
  t.strictSame(compareConfigurations(same, same), [])
  t.ok(looks > 0 && looks < 10 * counted.length, `${looks} looks at ${counted.length} routes`)
})
