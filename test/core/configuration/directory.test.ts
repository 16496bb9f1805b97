import t from 'tap'
import { ConfigurationError } from '../../../core/configuration/report.ts'
import { load } from './support.ts'

const digest = (letter: string) => `hmac-sha256:${letter.repeat(43)}`
const file = (consumers: string, plugins = '[{ use: key-auth }]') => `
version: 1
upstreams: [{ id: chat, peers: [{ id: eu, url: https://eu.example.com }] }]
routes: [{ id: chat, match: { path: /v1/* }, upstream: chat, plugins: ${plugins} }]
${consumers}
digestKey: \${DIGEST_KEY}
`
const limited = '[{ use: key-auth }, { use: rate-limit }, { use: metering }]'

t.test('reads one credential or a list of them', async t => {
  const { directory } = await load(
    file(`consumers:
  - { id: one, credentials: { key-auth: { keyHash: "${digest('A')}", id: first } } }
  - { id: two, credentials: { key-auth: [{ keyHash: "${digest('B')}" }, { keyHash: "${digest('C')}" }] } }
`)
  )
  t.strictSame(directory.credentials.get('key-auth'), [
    {
      consumerId: 'one',
      index: 0,
      credential: { keyHash: digest('A'), id: 'first' },
      parts: { id: 'first' },
      digest: digest('A'),
      path: ['consumers', 0, 'credentials', 'key-auth']
    },
    {
      consumerId: 'two',
      index: 0,
      credential: { keyHash: digest('B') },
      parts: {},
      digest: digest('B'),
      path: ['consumers', 1, 'credentials', 'key-auth', 0]
    },
    {
      consumerId: 'two',
      index: 1,
      credential: { keyHash: digest('C') },
      parts: {},
      digest: digest('C'),
      path: ['consumers', 1, 'credentials', 'key-auth', 1]
    }
  ])
  t.ok(Object.isFrozen(directory.credentials.get('key-auth')?.[0]?.credential))
})

t.test('reads consumers as plugins see them', async t => {
  const { directory } = await load(
    file('groups: [{ id: gold }]\nconsumers: [{ id: a, group: gold, labels: { tier: "1" } }, { id: b }]\n')
  )
  t.strictSame(directory.consumers, [
    { id: 'a', group: 'gold', labels: { tier: '1' } },
    { id: 'b', group: undefined, labels: {} }
  ])
})

t.test('lets a consumer set what its group leaves out, and go before it', async t => {
  const { directory } = await load(
    file(
      `groups: [{ id: gold, settings: { rate-limit: { plan: gold, burst: 50 } } }, { id: bare, settings: { rate-limit: { burst: 7 } } }]
consumers:
  - { id: as-group, group: gold }
  - { id: own, group: gold, settings: { rate-limit: { burst: 5 } } }
  - { id: alone, settings: { rate-limit: { plan: free } } }
  - { id: completes, group: bare, settings: { rate-limit: { plan: free } } }
`,
      limited
    )
  )
  const settings = directory.settings.get('rate-limit')
  t.strictSame(settings?.defaults, {})
  t.strictSame([...(settings?.groups ?? [])], [['gold', { plan: 'gold', burst: 50 }]])
  t.strictSame(
    [...(settings?.consumers ?? [])],
    [
      ['own', { plan: 'gold', burst: 5 }],
      ['alone', { plan: 'free', burst: 10 }],
      ['completes', { burst: 7, plan: 'free' }]
    ]
  )
})

t.test('has no settings for plugins that take none', async t => {
  t.strictSame([...(await load(file(''))).directory.settings.keys()], [])
})

t.test('lets a credential lead to one consumer only', async t => {
  const twice = `consumers:
  - { id: one, credentials: { key-auth: { keyHash: "${digest('A')}" } } }
  - { id: two, credentials: { key-auth: { keyHash: "${digest('A')}" } } }
`
  const error = await load(file(twice)).catch((error: unknown) => error)
  t.match(error, { problems: [{ code: 'TACIT_CREDENTIAL_TWICE', line: 7 }] })
})

t.test('reads what core knows of every credential, and what is set for it', async t => {
  const { directory, configuration } = await load(
    file(
      `groups: [{ id: gold, settings: { rate-limit: { plan: gold, burst: 50 } } }]
consumers:
  - id: one
    group: gold
    settings: { rate-limit: { burst: 5 } }
    credentials:
      key-auth:
        - keyHash: "${digest('A')}"
          id: first
          prefix: tacit_Ab
          labels: { owner: ada }
          notBefore: 2026-01-01
          expires: 2026-12-31T18:00:00+02:00
          blocked: false
          goodFor: { routes: chat, methods: [POST], models: [gpt-4.1-*], addresses: 10.0.0.0/8 }
          settings: { rate-limit: { burst: 1 } }
        - keyHash: "${digest('B')}"
`,
      limited
    )
  )
  const [first, second] = directory.credentials.get('key-auth') ?? []
  t.strictSame(first?.credential, { keyHash: digest('A'), id: 'first' })
  const { goodFor, ...parts } = first?.parts ?? {}
  t.strictSame(parts, {
    id: 'first',
    prefix: 'tacit_Ab',
    labels: { owner: 'ada' },
    notBefore: Date.UTC(2026, 0, 1),
    expires: Date.UTC(2026, 11, 31, 16),
    blocked: false
  })
  t.match(goodFor, { routes: ['chat'], methods: ['POST'], models: ['gpt-4.1-*'] })
  t.strictSame([goodFor?.addresses?.has('10.9.8.7'), goodFor?.addresses?.has('192.0.2.1')], [true, false])
  t.strictSame(second?.parts, {})
  t.strictSame([...(directory.settings.get('rate-limit')?.credentials ?? [])], [['first', { plan: 'gold', burst: 1 }]])
  t.match(configuration.consumers[0]?.credentials['key-auth'], [{ settings: { 'rate-limit': { burst: 1 } } }, {}])
})

t.test('tells what is wrong with a credential at its place', async t => {
  const problems = async (lines: string) => {
    const text = `consumers:
  - id: one
    settings: { rate-limit: { plan: free } }
    credentials:
      key-auth:
        keyHash: "${digest('A')}"
        ${lines}
`
    const error: unknown = await load(file(text, limited)).catch((error: unknown) => error)
    return error instanceof ConfigurationError ? error.problems.map(({ code, line }) => `${line} ${code}`) : []
  }
  t.strictSame(await problems('goodFor: { routes: [chatt] }'), ['11 TACIT_ROUTE_UNKNOWN'])
  t.strictSame(await problems('goodFor: { addresses: [10.0.0.0/33] }'), ['11 TACIT_VALUE_INVALID'])
  t.strictSame(await problems('goodFor: { adresses: [10.0.0.1] }'), ['11 TACIT_KEY_UNKNOWN'])
  t.strictSame(await problems('expires: tomorrow'), ['11 TACIT_UNIT_WRONG'])
  t.strictSame(await problems('expires: 2026-02-31'), ['11 TACIT_VALUE_INVALID'])
  t.strictSame(await problems('settings: { rate-limit: { bursts: 1 } }'), ['11 TACIT_KEY_UNKNOWN'])
  t.strictSame(await problems('settings: { rate-limit: 5 }'), ['11 TACIT_VALUE_TYPE'])
  t.strictSame(await problems('settings: { rate-limits: {} }'), ['11 TACIT_PLUGIN_UNKNOWN'])
  t.strictSame(await problems('settings: { key-auth: {} }'), ['11 TACIT_SETTINGS_REFUSED'])
})
