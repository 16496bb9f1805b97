import t from 'tap'
import { instanceNames } from '../../../core/configuration/endpoint-checks.ts'
import { load } from './support.ts'

const text = `version: 1
plugins: [{ use: key-auth }, { use: account }]
digestKey: \${DIGEST_KEY}
upstreams: [{ id: chat, balancer: { use: weighted }, plugins: [{ use: account }], peers: [{ id: eu, url: https://eu.example.com }] }]
routes:
  - { id: chat, match: { path: /v1/chat }, upstream: chat, plugins: [{ use: account }] }
  - { id: own, match: { path: /own/* }, endpoints: [account, "account#3"] }
`

t.test('names instances in the order in which they are set up', async t => {
  const loaded = await load(text)
  t.strictSame([...instanceNames(loaded).values()], ['key-auth', 'account', 'weighted', 'account#2', 'account#3'])
  const names = instanceNames(loaded)
  t.equal(names.get(loaded.routes.get('chat')?.[0] ?? (t.fail('no plugin') as never)), 'account#3')
})

t.test('takes endpoints behind a plugin of every route that authenticates', async t => {
  const { configuration, warnings } = await load(text)
  t.strictSame(warnings, [])
  t.strictSame(configuration.routes[1]?.endpoints, ['account', 'account#3'])
})
