import t from 'tap'
import { load } from './support.ts'

const digest = (letter: string) => `sha256:${letter.repeat(43)}`
const file = (consumers: string, plugins = '[{ use: key-auth }]') => `
version: 1
upstreams: [{ id: chat, peers: [{ id: eu, url: https://eu.example.com }] }]
routes: [{ id: chat, match: { path: /v1/* }, upstream: chat, plugins: ${plugins} }]
${consumers}`
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
      digest: digest('A'),
      path: ['consumers', 0, 'credentials', 'key-auth']
    },
    {
      consumerId: 'two',
      index: 0,
      credential: { keyHash: digest('B') },
      digest: digest('B'),
      path: ['consumers', 1, 'credentials', 'key-auth', 0]
    },
    {
      consumerId: 'two',
      index: 1,
      credential: { keyHash: digest('C') },
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
