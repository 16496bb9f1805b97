import { readdirSync, readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { readDocument } from '../../../core/configuration/document.ts'
import { editorSchema } from '../../../core/configuration/editor-schema.ts'
import { type Path, valueAt } from '../../../core/configuration/path.ts'
import { ConfigurationError } from '../../../core/configuration/report.ts'
import { misfitsOf } from '../../support/json-schema.ts'
import { knownPlugins, load, readCase, resolver } from './support.ts'

const misfits = misfitsOf(editorSchema(await knownPlugins(resolver)))

/** A consumer lacks what neither it nor its group sets. */
const OF_GROUPS = 'settings-missing.yaml'

/** Problems that lie in one value. The others come of what stands elsewhere. */
const OF_FORM = new Set([
  'TACIT_CREDENTIALS_REFUSED',
  'TACIT_GUARD_ALLOW',
  'TACIT_HOST_INVALID',
  'TACIT_ID_INVALID',
  'TACIT_KEY_MISSING',
  'TACIT_KEY_UNKNOWN',
  'TACIT_METHOD_INVALID',
  'TACIT_NETWORK_INVALID',
  'TACIT_PATH_INVALID',
  'TACIT_PATH_WILDCARD',
  'TACIT_SETTINGS_REFUSED',
  'TACIT_UNIT_WRONG',
  'TACIT_URL_INVALID',
  'TACIT_VALUE_INVALID',
  'TACIT_VALUE_TYPE'
])

/** What is wrong with a whole file that has some parts in it. */
const misfitsIn = (parts: object) =>
  misfits({
    version: 1,
    upstreams: [{ id: 'chat', peers: [{ id: 'eu', url: 'https://eu.example.com' }] }],
    routes: [{ id: 'chat', match: { path: '/v1/*' } }],
    ...parts
  }).map(({ path }) => path)

t.test('takes every file that the gateway takes, and refuses those whose form is wrong', async t => {
  const folder = new URL('cases/', import.meta.url)
  const counts = { taken: 0, refused: 0 }
  for (const file of readdirSync(folder)) {
    const { written, files } = readCase(readFileSync(new URL(file, folder), 'utf8'))
    const { value } = readDocument(written)
    if (value === undefined) continue
    const codes = await codesOf(written, files)
    const found = misfits(value)
    if (codes.length === 0) {
      t.strictSame(found, [], `takes ${file}`)
      counts.taken++
    } else if (codes.some(code => OF_FORM.has(code)) && !written.includes('${') && file !== OF_GROUPS) {
      t.ok(found.length > 0, `refuses ${file}`)
      counts.refused++
    }
  }
  t.ok(counts.taken >= 5 && counts.refused >= 25, JSON.stringify(counts))
})

t.test('lets a file that includes others leave out what they may say, and no other', async t => {
  t.strictSame(misfits({ version: 1, include: 'routes/*.yaml' }), [])
  t.strictSame(
    misfits({ version: 1 }).map(({ keyword }) => keyword),
    ['required', 'required', 'if']
  )
  const part = misfitsOf(editorSchema(await knownPlugins(resolver), 'part'))
  t.strictSame(part({ routes: [{ id: 'a', match: { path: '/' } }] }), [])
  t.not(part({ routs: [] }).length, 0)
})

/** Codes of the errors that the gateway finds in the main file. */
async function codesOf(text: string, files: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  try {
    await load(text, { files })
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems
      .filter(({ severity, file }) => severity === 'error' && file.endsWith('gateway.yaml'))
      .map(({ code }) => code)
  }
}

/** A file with most of what can be said. */
const FULL = {
  version: 1,
  listen: { host: '127.0.0.1', port: 0, trustedProxies: ['10.0.0.0/8'], maxHeaderSize: '16KiB' },
  admin: { port: 9090 },
  log: { level: 'info' },
  responseHeaders: { overhead: true },
  shutdownGrace: '30s',
  digestKey: '${DIGEST_KEY}',
  groups: [{ id: 'gold', settings: { 'rate-limit': { plan: 'gold' } } }],
  consumers: [
    {
      id: 'team',
      group: 'gold',
      labels: { floor: '3' },
      credentials: { 'key-auth': [{ keyHash: `hmac-sha256:${'A'.repeat(43)}`, id: 'one' }] },
      settings: { 'rate-limit': { plan: 'free', burst: 5 } }
    }
  ],
  plugins: [{ use: 'key-auth', config: { header: 'authorization' }, failureMode: 'deny' }],
  upstreams: [
    {
      id: 'chat',
      balancer: { use: 'weighted', config: {} },
      peers: [{ id: 'eu', url: 'https://eu.example.com', weight: 1, region: 'eu', labels: {} }],
      plugins: [{ use: 'upstream-auth', config: { secret: '${LLM_KEY}' } }],
      hostHeader: 'peer',
      timeouts: { connect: '1s' },
      retry: { attempts: 2, on: ['connect_failed', 503], nonIdempotent: false, budget: '20%' },
      connections: { max: 10 },
      tls: { serverName: 'x' }
    }
  ],
  routes: [
    {
      id: 'chat',
      match: { host: ['a.example.com'], method: 'POST', path: '/v1/*' },
      upstream: 'chat',
      dialect: 'http',
      stripPrefix: '/v1',
      limits: { maxBody: '10MiB' },
      onClientGone: 'cancel',
      drain: { maxConcurrent: 1 },
      plugins: [
        { use: 'rate-limit', config: { by: 'consumer', limits: [{ requests: 1, per: '1m' }] } },
        { use: 'metering' },
        { use: 'sampler', config: { share: '5%', mode: 'first', rule: { path: '/', max: 1 }, at: true, name: 'x' } }
      ]
    }
  ]
}

/** What stands in place of something else. No upstream, group or plugin has one of these names. */
const STRANGE: readonly unknown[] = [
  ...[null, true, 0, 7, -1, 1.5, 99_999, '', 'x', 'X Y', '8', 'true', '7s', '7KiB', '7%', '/x/*', 'GET', 'http://x'],
  ...['${PORT_NUMBER}', '${NONE:-true}', 'a ${PORT_NUMBER} b', '$${X}', [], ['x'], [{}], {}, { x: 7 }]
]

/** A number may be a host or an address by its form, and is none. */
const LAX = new Set(['TACIT_HOST_INVALID', 'TACIT_NETWORK_INVALID'])

t.test('agrees with the gateway on files that are strange in one place', async t => {
  const places = placesIn(FULL)
  t.strictSame(misfits(FULL), [])
  t.strictSame(await codesOf(JSON.stringify(FULL)), [])
  const disagreed: string[] = []
  const counts = { taken: 0, refused: 0 }
  for (const place of places) {
    for (const change of [...STRANGE.map(value => ({ value })), { remove: true }, { add: true }]) {
      const file = changed(FULL, place, change)
      const codes = await codesOf(JSON.stringify(file))
      const found = misfits(file)
      // Only the gateway sees what comes from outside, what must fit something elsewhere, and more than a form.
      const isSeen = codes.some(code => OF_FORM.has(code) && !LAX.has(code)) && !JSON.stringify(change).includes('${')
      if (codes.length === 0) counts.taken++
      else counts.refused++
      const isWrong = codes.length === 0 ? found.length > 0 : isSeen && found.length === 0
      if (isWrong) disagreed.push(`${place.join('.')} ${JSON.stringify(change)}: ${codes} / ${found[0]?.path}`)
    }
  }
  t.strictSame(disagreed, [])
  t.ok(counts.taken > 300 && counts.refused > 2_000, JSON.stringify(counts))
})

/** Every place in a value, the value itself left out. */
function placesIn(value: unknown, place: Path = []): readonly Path[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
  const below = inner.flatMap(([key, item]) => placesIn(item, [...place, Array.isArray(value) ? Number(key) : key]))
  return place.length === 0 ? below : [place, ...below]
}

/** A copy of `file` with another value at a place, or without the place, or with a key more beside it. */
function changed(file: object, place: Path, change: { readonly value?: unknown; readonly add?: boolean }): unknown {
  const copy: unknown = structuredClone(file)
  const key = place.at(-1)
  const holder = valueAt(copy, place.slice(0, -1))
  if (key === undefined || typeof holder !== 'object' || holder === null) return copy
  if ('value' in change) Reflect.set(holder, key, change.value)
  else if (Array.isArray(holder)) holder.splice(Number(key), change.add === true ? 0 : 1)
  else if (change.add === true) Reflect.set(holder, `${key}s`, 'x')
  else Reflect.deleteProperty(holder, key)
  return copy
}

t.test('checks the config of a plugin by what stands after `use`', async t => {
  const using = (use: object) => misfitsIn({ plugins: [use] })
  t.strictSame(using({ use: 'rate-limit', config: { by: 'address' } }), [])
  t.strictSame(using({ use: 'rate-limit', config: { by: 'adress' } }).includes('/plugins/0/config/by'), true)
  t.strictSame(using({ use: 'rate-limit', config: { limits: [{ per: '1m', requests: '${N}' }] } }), [])
  t.strictSame(using({ use: 'rate-limit', config: { header: 'x' } }).includes('/plugins/0/config'), true)
  t.strictSame(using({ use: 'key-auth', config: { header: 'x' } }), [])
})

t.test('asks for a config where one of its keys has no default', async t => {
  const at = (use: object) => misfitsIn({ plugins: [use] })
  t.strictSame(at({ use: 'upstream-auth' }), ['/plugins/0', '/plugins/0'])
  t.strictSame(at({ use: 'upstream-auth', config: {} }).includes('/plugins/0/config'), true)
  t.strictSame(at({ use: 'upstream-auth', config: { secret: '${KEY}' } }), [])
  t.strictSame(at({ use: 'key-auth' }), [])
})

t.test('lets files, packages and references pass with any config, and no other name', async t => {
  const config = { anything: [1] }
  const taken = ['./mine.ts', '../mine.js', 'npm:acme-plugin', '${PLUGIN}', '${PLUGIN:-key-auth}']
  const refused = ['key-atuh', 'mine.ts', './', 'npm:', '']
  const takes = (use: string) => misfitsIn({ plugins: [{ use, config }] }).length === 0
  t.strictSame([...taken, ...refused].filter(takes), taken)
  t.strictSame(misfitsIn({ plugins: [{ use: './mine.ts', config: 5 }] }).length > 0, true)
})

t.test('knows a plugin of the operator by its file', async t => {
  const [known] = await knownPlugins(resolver)
  if (known === undefined) throw new Error('there is none')
  const definition = { ...known.definition, name: 'mine', config: Type.Object({ size: Type.Integer() }) }
  const own = misfitsOf(editorSchema([known, { use: './mine.ts', definition }]))
  const file = (size: unknown) => ({
    version: 1,
    consumers: [{ id: 'a', credentials: { mine: { keyHash: '${HASH}' } } }],
    upstreams: [{ id: 'chat', peers: [{ id: 'eu', url: 'https://eu.example.com' }] }],
    routes: [{ id: 'chat', match: { path: '/v1/*' }, plugins: [{ use: './mine.ts', config: { size } }] }]
  })
  t.strictSame(own(file(5)), [])
  t.strictSame(
    own(file('large')).some(({ path }) => path === '/routes/0/plugins/0/config/size'),
    true
  )
})

t.test('takes plugins in every place where they stand, balancers too', async t => {
  const wrong = [{ use: 'key-auth', config: { hedder: 'x' } }]
  const peers = [{ id: 'eu', url: 'https://eu.example.com' }]
  const found = misfitsIn({
    plugins: wrong,
    upstreams: [{ id: 'chat', peers, plugins: wrong, balancer: wrong[0] }],
    routes: [{ id: 'chat', match: { path: '/' }, plugins: wrong }]
  })
  t.strictSame(found.filter(path => path.endsWith('/config')).sort(), [
    '/plugins/0/config',
    '/routes/0/plugins/0/config',
    '/upstreams/0/balancer/config',
    '/upstreams/0/plugins/0/config'
  ])
})

t.test('keeps guards from failing open', async t => {
  const at = (failureMode: string, use: string) => misfitsIn({ plugins: [{ use, failureMode }] }).length === 0
  t.strictSame(
    [at('deny', 'key-auth'), at('allow', 'key-auth'), at('${MODE}', 'key-auth'), at('allow', 'metering')],
    [true, false, true, true]
  )
})

t.test(
  'takes one credential or a list of them, for plugins that have any, and for plugins it does not know',
  async t => {
    const keyHash = `hmac-sha256:${'A'.repeat(43)}`
    const takes = (credentials: object) => misfitsIn({ consumers: [{ id: 'a', credentials }] }).length === 0
    t.strictSame(
      [
        takes({ 'key-auth': { keyHash } }),
        takes({ 'key-auth': [{ keyHash, id: 'one' }, { keyHash }] }),
        takes({ 'own-auth': { anything: 1 }, other: [{}] }),
        takes({ 'key-auth': { keyHash: 'a key' } }),
        takes({ 'key-auth': [{ keyHash }, {}] }),
        takes({ 'key-auth': { keyHash, name: 'x' } }),
        takes({ 'rate-limit': { keyHash } })
      ],
      [true, true, true, false, false, false, false]
    )
  }
)

t.test('takes parts of the settings, from a group and from a consumer', async t => {
  const takes = (settings: object) =>
    misfitsIn({ groups: [{ id: 'g', settings }], consumers: [{ id: 'a', settings }] }).length === 0
  t.strictSame(
    [
      takes({ 'rate-limit': { burst: 5 } }),
      takes({ 'rate-limit': { plan: 'gold' } }),
      takes({ own: { anything: 1 } }),
      takes({ 'rate-limit': { plan: 'silver' } }),
      takes({ 'rate-limit': { size: 5 } }),
      takes({ 'key-auth': {} })
    ],
    [true, true, true, false, false, false]
  )
})

t.test('of two plugins with one name, the later one says what credentials are', async t => {
  const [known] = await knownPlugins(resolver)
  if (known === undefined) throw new Error('there is none')
  const credential = Type.Object({ token: Type.String({ unit: 'digest' }) })
  const schema = editorSchema([known, { use: './copy.ts', definition: { ...known.definition, credential } }])
  t.match(schema.definitions, { 'key-auth-credential': { properties: { token: { type: 'string' } } } })
})
