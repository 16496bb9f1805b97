import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { byPlugin, type LoadedUse, type PluginResolver, Uses, usesOf } from '../../../core/configuration/uses.ts'
import { type PluginDefinition, Type } from '../../../core/plugin.ts'
import { resolver } from './support.ts'

const uses = (plugins: PluginResolver = resolver) =>
  new Uses(
    '/etc/tacit/gateway.yaml',
    { root: {}, substitutions: new Substitutions(), placeOf: () => 'line 1', isWritten: () => true },
    plugins
  )

t.test('finds plugins and decodes what is configured', async t => {
  const found = uses()
  const [use] = await found.list({ plugins: [{ use: 'rate-limit', config: { limits: [{ per: '1m' }] } }] }, 'plugins')
  t.strictSame(
    { name: use?.definition.name, config: use?.config, failureMode: use?.failureMode, path: use?.path },
    {
      name: 'rate-limit',
      config: { by: 'consumer', limits: [{ per: 60_000 }] },
      failureMode: 'deny',
      path: ['plugins', 0, 'use']
    }
  )
  t.ok(Object.isFrozen(use?.config))
  t.strictSame(found.findings, [])
})

t.test('asks for each plugin once, from the folder of the file', async t => {
  const asked: string[] = []
  const found = uses({
    names: resolver.names,
    find(use, directory) {
      asked.push(`${use} ${directory}`)
      return resolver.find(use, directory)
    }
  })
  await found.list(
    { plugins: [{ use: 'metering' }, { use: 'metering' }, { use: './mine.ts' }, { use: './mine.ts' }] },
    'plugins'
  )
  t.strictSame(asked, ['metering /etc/tacit', './mine.ts /etc/tacit'])
  t.strictSame(
    found.findings.map(({ path }) => path.join('.')),
    ['plugins.2.use', 'plugins.3.use']
  )
})

t.test('leaves out what is not sound, and goes on', async t => {
  const found = uses()
  const list = await found.list(
    { plugins: [{ use: 'metering', config: { x: 1 } }, { use: 5 }, null, { use: 'metering', failureMode: 'allow' }] },
    'plugins'
  )
  t.strictSame(
    list.map(({ failureMode }) => failureMode),
    ['allow']
  )
  t.strictSame(
    found.findings.map(({ code }) => code),
    ['TACIT_KEY_UNKNOWN']
  )
})

t.test('takes the sentence of whoever looked for the plugin', async t => {
  const found = uses({
    names: () => [],
    find: async () => ({ code: 'TACIT_PLUGIN_CONTRACT', message: 'It is too old.', cure: 'Take a newer one.' })
  })
  await found.list({ plugins: [{ use: 'npm:old' }] }, 'plugins')
  t.match(found.findings, [{ code: 'TACIT_PLUGIN_CONTRACT', message: 'It is too old.', cure: 'Take a newer one.' }])
})

t.test('knows plugins by name that are not in use, and names that are near', async t => {
  const found = uses()
  t.equal((await found.named('metering'))?.name, 'metering')
  t.equal(await found.named('teleporter'), undefined)
  t.equal(await found.similar('metring'), 'metering')
  t.equal(await found.similar('x'.repeat(100_000)), undefined)
})

t.test('lists what an entry says by plugin', async t => {
  const entry = { value: { settings: { a: { x: 1 } }, credentials: 'x' }, path: ['groups', 0] }
  t.strictSame(byPlugin(entry, 'settings'), [['a', { x: 1 }, ['groups', 0, 'settings', 'a']]])
  t.strictSame(byPlugin(entry, 'credentials'), [])
})

const definition: PluginDefinition = {
  contract: 1,
  name: 'some',
  summary: 'Stands in configurations.',
  data: { reads: ['metadata'] },
  config: Type.Object({}),
  setup: () => ({})
}

t.test('names every use in the order in which they are set up, balancers included', async t => {
  const use = (name: string): LoadedUse => ({
    definition: { ...definition, name },
    config: {},
    failureMode: 'deny',
    path: [],
    fingerprint: name,
    nested: []
  })
  const placed = {
    plugins: [use('everywhere')],
    routes: new Map([['chat', [use('first'), use('second')]]]),
    upstreams: new Map([['main', { balancer: use('balancer'), plugins: [use('behind')] }]])
  }
  t.strictSame(
    usesOf(placed).map(({ fingerprint }) => fingerprint),
    ['everywhere', 'balancer', 'behind', 'first', 'second']
  )
})

t.test('has plugins that stand within another before it', t => {
  const use = (name: string, nested: readonly LoadedUse[] = []): LoadedUse => ({
    definition: { ...definition, name },
    config: {},
    failureMode: 'deny',
    path: [],
    fingerprint: '',
    nested
  })
  const plugins = [use('first'), use('around', [use('a'), use('b', [use('deep')])])]
  t.strictSame(
    usesOf({ plugins, routes: new Map(), upstreams: new Map() }).map(({ definition }) => definition.name),
    ['first', 'a', 'deep', 'b', 'around']
  )
  t.end()
})
