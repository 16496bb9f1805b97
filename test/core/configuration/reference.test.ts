import { Type } from '@sinclair/typebox'
import t from 'tap'
import { reference } from '../../../core/configuration/reference.ts'
import { Digest, Duration, type PluginDefinition } from '../../../core/plugin.ts'
import { knownPlugins, resolver } from './support.ts'

const definition: PluginDefinition = {
  contract: 1,
  name: 'mine',
  summary: 'Does what is wanted.',
  guard: true,
  config: Type.Object({
    every: Duration({ default: '5s', description: 'How often.' }),
    mode: Type.String({ enum: ['a|b', 'c'], description: 'Which way.' }),
    inner: Type.Optional(
      Type.Object({ deep: Type.Array(Type.Object({ size: Type.Integer() })) }, { description: 'More.' })
    )
  }),
  credential: Type.Object({ hash: Digest({ description: 'A digest.' }) }),
  consumerConfig: Type.Object({ burst: Type.Integer({ minimum: 1, default: 3, description: 'At once.' }) }),
  data: { reads: ['metadata'] },
  setup: () => ({})
}

t.test('describes a plugin: what it does, and every key of every part', async t => {
  const page = reference([{ use: './mine.ts', definition }])
  t.equal(
    page.slice(page.indexOf('## Plugins')),
    `## Plugins

[\`./mine.ts\`](#minets)

### \`./mine.ts\`

Does what is wanted. It guards something, so \`failureMode: allow\` is refused.

**\`config\` of its use**

| key | value | default | |
| --- | --- | --- | --- |
| \`every\` | a duration | \`5s\` | How often. |
| \`mode\` | \`a\\|b\` or \`c\` | **required** | Which way. |
| \`inner\` | [a block of keys](#minets-configinner) |  | More. |

#### \`./mine.ts\`: \`config.inner\`

More.

| key | value | default | |
| --- | --- | --- | --- |
| \`deep\` | a list, each entry [a block of keys](#minets-configinnerdeep) | **required** |  |

#### \`./mine.ts\`: \`config.inner.deep[]\`

| key | value | default | |
| --- | --- | --- | --- |
| \`size\` | a whole number | **required** |  |

**\`credentials\` of a consumer: a block, or a list of them**

| key | value | default | |
| --- | --- | --- | --- |
| \`hash\` | the digest of a credential | **required** | A digest. |

**\`settings\` of a group, a consumer or a credential**

| key | value | default | |
| --- | --- | --- | --- |
| \`burst\` | a whole number, at least 1 | \`3\` | At once. |
`
  )
})

t.test('leads to the page of a plugin that is built in, and says when nothing can be set', async t => {
  const page = reference([{ use: 'mine', definition: { ...definition, guard: false, config: Type.Object({}) } }])
  t.match(page, 'Does what is wanted. [More about it](../plugins/mine/README.md).\n\nNothing can be set.\n')
})

t.test('has every block of the file, with links from where it stands', async t => {
  const page = reference([])
  const titles = [...page.matchAll(/^##+ `(.*)`$/gm)].flatMap(([, title]) => title ?? [])
  const ofCatalogue = titles.filter(title => title.startsWith('catalogue.'))
  t.ok(ofCatalogue.includes('catalogue.prices[].rates'))
  t.strictSame(
    titles.filter(title => !ofCatalogue.includes(title)),
    [
      'listen',
      'listen.tls',
      'admin',
      'admin.tokens[]',
      'log',
      'responseHeaders',
      'stores',
      'stores.redis',
      'stores.redis.sentinel',
      'stores.redis.tls',
      'stores.redis.breaker',
      'stores.identities',
      'stores.limits',
      'egress',
      'records',
      'records.stream',
      'records.keep',
      'webhooks[]',
      'consumers[]',
      'groups[]',
      'upstreams[]',
      'upstreams[].peers[]',
      'upstreams[].timeouts',
      'upstreams[].retry',
      'upstreams[].connections',
      'upstreams[].limits',
      'upstreams[].health',
      'upstreams[].health.outlier',
      'upstreams[].health.outlier.successRate',
      'upstreams[].health.outlier.failurePercentage',
      'upstreams[].health.check',
      'upstreams[].health.rest',
      'upstreams[].health.slowStart',
      'upstreams[].tls',
      'upstreams[].egress',
      'routes[]',
      'routes[].match',
      'routes[].limits',
      'routes[].drain',
      'routes[].websocket',
      'catalogue',
      'credentials.goodFor'
    ]
  )
  t.match(page, '| `tls` | [a block of keys](#listentls) |  | TLS for clients.')
  t.match(page, '| `peers` | a list, each entry [a block of keys](#upstreamspeers) | **required** |')
  t.match(page, '| `balancer` | [a use of a plugin](#a-use-of-a-plugin) | `{ use: weighted }` |')
  t.match(page, '| `credentials` | a block with a key for each [plugin](#plugins) |')
  t.match(page, '| `connect` | a duration | `5s` | Time to open a connection to a peer. |')
})

t.test('says how each kind of value is written that occurs, and of no other', async t => {
  const page = reference([])
  t.match(page, '| a size | Write a number and a unit: 512B, 64KiB, 10MiB, 1GB. |')
  t.match(page, '| the digest of a credential | Write what')
  const kinds = [...page.matchAll(/^\| ((?:an?|the) [^|]+) \| [A-Z]/gm)].map(([, kind = '']) => kind)
  t.ok(kinds.length > 10)
  const tables = page.replaceAll(/^\| (?:an?|the) [^|]+ \| [A-Z].*$/gm, '')
  t.strictSame(
    kinds.filter(kind => !tables.includes(kind)),
    []
  )
})

t.test('gives each heading a name of its own, and leads to no other', async t => {
  const page = reference(await knownPlugins(resolver))
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-')
  )
  t.strictSame(
    anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index),
    []
  )
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link)
  t.ok(links.length > 30, `${links.length} links`)
  t.strictSame(
    links.filter(link => !anchors.includes(link)),
    []
  )
})
