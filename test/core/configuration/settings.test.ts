import t from 'tap'
import { PluginUse } from '../../../core/configuration/schema.ts'
import { settingsOf } from '../../../core/configuration/settings.ts'
import { Duration, type PluginDefinition, Secret, SecretText, Type } from '../../../core/plugin.ts'

const PLUGIN: PluginDefinition = {
  contract: 1,
  name: 'limit',
  summary: 'For a test.',
  config: Type.Object({ per: Duration({ default: '1m' }), key: Type.Optional(Secret()) }),
  data: { reads: [] },
  setup: () => ({})
}
const schema = Type.Object({
  id: Type.String(),
  wait: Duration({ default: '5s' }),
  peers: Type.Array(Type.Object({ id: Type.String(), weight: Type.Integer({ default: 1 }) })),
  plugins: Type.Array(PluginUse)
})

const of = (value: unknown) =>
  Object.fromEntries(
    [...settingsOf(schema, value, name => (name === 'limit' ? PLUGIN : undefined))].map(([path, setting]) => [
      path,
      setting.isDefault ? `${setting.shown} (default)` : setting.shown
    ])
  )

t.test('names entries by their id, and plugins by their use, whose order is a setting', async t => {
  const value = {
    id: 'chat',
    wait: 1000,
    peers: [
      { id: 'eu', weight: 3 },
      { id: 'us', weight: 1 }
    ],
    plugins: [
      { use: 'limit', config: { per: 60_000 }, failureMode: 'deny' },
      { use: 'limit', config: { per: 1000, key: new SecretText('x') }, failureMode: 'allow' },
      { use: './mine.ts', config: { a: 1 }, failureMode: 'deny' }
    ]
  }
  t.strictSame(of(value), {
    wait: '1s',
    'peers.eu.weight': '3',
    'peers.us.weight': '1 (default)',
    'plugins.limit.per': '1m (default)',
    'plugins.limit.failureMode': 'deny (default)',
    'plugins.limit#2.per': '1s',
    'plugins.limit#2.key': '[secret]',
    'plugins.limit#2.failureMode': 'allow',
    'plugins../mine.ts.config.a': '1',
    'plugins../mine.ts.failureMode': 'deny (default)',
    plugins: '[limit, limit#2, ./mine.ts]'
  })
})

t.test('tells secrets apart without showing or keeping them', async t => {
  const keyed = (text: string) =>
    settingsOf(schema, { plugins: [{ use: 'limit', config: { key: new SecretText(text) } }] }, () => PLUGIN).get(
      'plugins.limit.key'
    )
  t.equal(keyed('one')?.compared, keyed('one')?.compared)
  t.not(keyed('one')?.compared, keyed('two')?.compared)
  t.notMatch(JSON.stringify(keyed('hunter')), 'hunter')
})

t.test('compares blocks by what they hold, not by the order of their keys', async t => {
  const labels = (value: unknown) =>
    settingsOf(Type.Object({}), { list: [1, value] }, () => undefined).get('list')?.compared
  t.equal(labels({ a: 1, b: 'x' }), labels({ b: 'x', a: 1 }))
  t.not(labels({ a: 1 }), labels({ a: '1' }))
})
