import t from 'tap'
import { loadConfiguration } from '../../../core/configuration/load.ts'
import { PluginLoader } from '../../../core/loader.ts'
import { learnCaller, learnNames } from '../../../core/records/names.ts'
import { Vocabulary } from '../../../core/records/vocabulary.ts'

const TEXT = `
version: 1
digestKey: some-digest-key-of-a-test
groups: [{ id: staff }]
consumers:
  - { id: team, group: staff, credentials: { key-auth: { keyHash: 'hmac-sha256:zhWTScK06pBE5sfK6EHeKcEfDsP0CIh7hdrCRr49cxM' } } }
upstreams:
  - { id: main, peers: [{ id: eu, url: 'http://127.0.0.1:1', region: europe }] }
routes:
  - { id: chat, match: { path: /* }, upstream: main, plugins: [{ use: key-auth }] }
`

t.test('learns what a configuration calls its parts, and why it may refuse', async t => {
  const loaded = await loadConfiguration({ file: 'some.yaml', text: TEXT, environment: {} }, new PluginLoader())
  const names = new Vocabulary()
  learnNames(names, loaded)
  for (const [list, name] of [
    ['route', 'chat'],
    ['upstream', 'main'],
    ['peer', 'eu'],
    ['region', 'europe'],
    ['group', 'staff'],
    ['consumer', 'team'],
    ['credential', 'team/key-auth/1'],
    ['provider', 'openai'],
    ['model', 'gpt-6-sol'],
    ['reason', 'upstream_timeout'],
    ['reason', 'unknown_api_key']
  ] as const) {
    t.ok(names.knows(list, name), `${list} ${name}`)
  }
  t.notOk(names.knows('consumer', 'other'))
})

t.test('learns who was found in a store, at once or later', async t => {
  const names = new Vocabulary()
  const found = (id: string) => ({
    consumer: { id, group: undefined, labels: {} },
    credentialId: `${id}/1`,
    credential: {},
    proof: { id: `${id}/1`, scopes: [] }
  })
  t.match(learnCaller(names, found('one')), { credentialId: 'one/1' })
  t.match(await learnCaller(names, Promise.resolve(found('two'))), { credentialId: 'two/1' })
  t.equal(learnCaller(names, undefined), undefined)
  for (const id of ['one', 'two']) t.ok(names.knows('consumer', id) && names.knows('credential', `${id}/1`), id)
})
