/** What an operator sees in an editor, by the YAML language server that editors run. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { readDocument } from '../../core/configuration/document.ts'
import { editorSchema } from '../../core/configuration/editor-schema.ts'
import { ConfigurationError, type Problem } from '../../core/configuration/report.ts'
import { PluginLoader } from '../../core/loader.ts'
import { knownPlugins, load, readCase, resolver } from '../core/configuration/support.ts'
import { type OpenDocument, startEditor, type Underlined } from '../support/language-server.ts'

const CONFIG = resolve(import.meta.dirname, '../../config')
const MODELINE = '# yaml-language-server: $schema=./gateway.schema.json\n'
const example = readFileSync(join(CONFIG, 'gateway.yaml'), 'utf8')

const editor = await startEditor(t)
let opened = 0

/** Opens a text as if it stood beside the schema. */
const open = (text: string): OpenDocument => editor.open(join(CONFIG, `document-${++opened}.yaml`), MODELINE + text)

t.test('nothing is underlined in the example', async t => {
  t.strictSame(await editor.open(join(CONFIG, 'gateway.yaml'), example).underlined, [])
})

t.test('nothing is underlined in the cases beside the example, and a slip in one is', async t => {
  const cases = readFileSync(join(CONFIG, 'gateway.test.yaml'), 'utf8')
  t.strictSame(await editor.open(join(CONFIG, 'gateway.test.yaml'), cases).underlined, [])
  const slip = await editor.open(join(CONFIG, 'slip.test.yaml'), cases.replace('tries: 0', 'trys: 0')).underlined
  t.match(slip, [{ message: /trys/ }])
})

t.test('nothing is underlined in the example of the README', async t => {
  const readme = readFileSync(join(CONFIG, '../README.md'), 'utf8')
  const [, yaml = ''] = /^```yaml\n([\s\S]*?)^```/m.exec(readme) ?? []
  t.ok(yaml.startsWith(MODELINE), 'it names the schema')
  t.strictSame(await editor.open(join(CONFIG, 'readme.yaml'), yaml).underlined, [])
})

t.test('what comes from outside is not underlined, wherever the gateway takes it', async t => {
  const text = `version: 1
listen:
  host: \${HOST}
  port: \${PORT:-8080}
  trustedProxies: \${PROXY}
  headersTimeout: \${SECONDS}s
log: { level: '\${LEVEL:-info}' }
responseHeaders:
  overhead: \${OVERHEAD}
digestKey: \${file:/run/secrets/digest-key}
consumers:
  - id: \${TEAM}
    credentials: { key-auth: { keyHash: '\${HASH}' } }
upstreams:
  - id: chat
    peers: [{ id: eu, url: '\${EU:-https://eu.llm.example.com}', weight: '\${WEIGHT}' }]
    balancer: { use: '\${BALANCER:-weighted}', config: { any: thing } }
    retry: { attempts: '\${ATTEMPTS}', on: ['\${ON}'], nonIdempotent: '\${TWICE}', budget: '\${BUDGET}' }
    plugins:
      - use: upstream-auth
        config: { header: '\${HEADER}', secret: 'prefix-\${KEY}' }
routes:
  - id: chat
    match: { method: '\${METHOD}', path: '\${BASE}/chat', host: ['\${DOMAIN}'] }
    upstream: \${UPSTREAM}
    dialect: \${DIALECT}
    limits: { maxBody: '\${MEBIBYTES}MiB' }
    onClientGone: \${GONE:-cancel}
    plugins:
      - use: least-latency
        config: { measure: '\${MEASURE}', probeShare: '\${SHARE}%' }
      - use: key-auth
        failureMode: \${MODE}
`
  t.strictSame(await open(text).underlined, [])
})

t.test('files and packages may be used with any config, and have credentials of their own', async t => {
  const text = `${withPlugins('')}
plugins:
  - { use: ./plugins/mine.ts, config: { anything: [1, true] } }
  - { use: 'npm:@acme/plugin', config: { anything: {} } }
consumers:
  - { id: a, credentials: { mine: [{ token: x }], other: { token: y } }, settings: { mine: { tier: 2 } } }
`
  t.strictSame(await open(text).underlined, [])
})

t.test('a file that includes others may leave out what they say, and they what it says', async t => {
  t.strictSame(
    await open('version: 1\ninclude: [consumers.yaml, routes/*.yaml]\nlisten: { port: 8080 }\n').underlined,
    []
  )
  const alone = await open('version: 1\nlisten: { port: 8080 }\n').underlined
  t.match(
    alone.map(({ message }) => message),
    [/"upstreams"/, /"routes"/]
  )
  const folder = t.testdir({
    'part.schema.json': JSON.stringify(editorSchema(await knownPlugins(new PluginLoader()), 'part'))
  })
  const part = (text: string) =>
    editor.open(join(folder, 'part.yaml'), `# yaml-language-server: $schema=./part.schema.json\n${text}`)
  t.strictSame(await part('routes:\n  - { id: a, match: { path: /a }, upstream: chat }\n').underlined, [])
})

t.test('what is wrong is underlined where it stands, with what to write instead', async t => {
  const text = `version: 1
listen: { port: '8080', trustedProxies: everybody }
shutdownGrace: 30
responseHeaders: { overhead: yes }
upstreams:
  - id: chat
    peers: [{ id: eu, url: eu.llm.example.com, weight: 20000 }]
    retry: { on: [503, 200, timeout] }
routes:
  - id: chat
    match: { path: /v1/*/chat, method: [GET, post] }
    onClientGone: stay
    plugins:
      - use: acess-log
      - { use: key-auth, failureMode: allow, config: { hedder: x } }
      - use: upstream-auth
    upstrem: chat
consumers:
  - { id: a, credentials: { key-auth: [{ keyHash: sk-1 }], cors: {} } }
`
  const expected: readonly Underlined[] = [
    { line: 3, text: "'8080'", message: 'Must be a whole number, without quotes.' },
    {
      line: 3,
      text: 'everybody',
      message:
        'Must be an address or a range of addresses. Write an address such as 10.0.0.7, or a range such as 10.0.0.0/8 or fd00::/8.'
    },
    { line: 4, text: '30', message: 'Must be a duration. Write a number and a unit: 250ms, 30s, 10m, 1h, 7d.' },
    { line: 5, text: 'yes', message: 'Must be true or false, without quotes.' },
    {
      line: 8,
      text: 'eu.llm.example.com',
      message: 'Must be the address of a server. Write scheme, host and port, such as https://eu.llm.example.com.'
    },
    { line: 8, text: '20000', message: 'Value is above the maximum of 10000.' },
    { line: 9, text: '200', message: 'Value is below the minimum of 400.' },
    {
      line: 9,
      text: 'timeout',
      message:
        'Must be a reason to try again. Write connect_failed, timed_out, reset, rejected, or a status from 400 to 599.'
    },
    {
      line: 12,
      text: '/v1/*/chat',
      message: 'Must be a path that begins with a slash. Write it as clients send it, such as /v1/chat/completions.'
    },
    { line: 12, text: 'post', message: 'Must be an HTTP method. Write it in capitals, such as POST.' },
    { line: 13, text: 'stay', message: 'Value is not accepted. Valid values: "cancel", "drain".' },
    { line: 15, text: 'acess-log', message: `Value is not accepted. Valid values: ${BUILT_IN}.` },
    {
      line: 16,
      text: 'allow',
      message: '"key-auth" guards something: it cannot let exchanges pass when it fails.'
    },
    { line: 16, text: 'hedder', message: 'Property hedder is not allowed.' },
    { line: 17, text: 'u', message: 'Missing property "config".' },
    { line: 18, text: 'upstrem', message: 'Property upstrem is not allowed.' },
    {
      line: 20,
      text: 'sk-1',
      message:
        'Must be the digest of a credential. Write what `tacit key hash` prints: hmac-sha256: or sha256: and 43 characters.'
    },
    { line: 20, text: 'cors', message: 'Property cors is not allowed.' }
  ]
  const found = await open(text).underlined
  t.strictSame(found.toSorted(byPlace), expected.toSorted(byPlace))
})

const BUILT_IN = new PluginLoader()
  .names()
  .map(name => `"${name}"`)
  .join(', ')

function byPlace(one: Underlined, other: Underlined): number {
  return one.line - other.line || (one.text < other.text ? -1 : 1)
}

t.test('hovers say what a key means, how its value is written and what counts without', async t => {
  const document = editor.open(join(CONFIG, 'gateway.yaml'), example)
  const shown = async (text: string) => (await document.hover(text)).replace(/\n+Source: .*/, '')
  t.equal(await shown('listen:'), 'Where clients call.')
  t.equal(
    await shown('port: 8080'),
    'Port to listen on; 0 for any free one.\n\nA whole number from 0 to 65535. Default: `8080`.'
  )
  t.equal(
    await shown('connect: 1s'),
    'Time to open a connection to a peer.\n\nA duration. Write a number and a unit: 250ms, 30s, 10m, 1h, 7d. Default: `5s`.'
  )
  t.match(await shown('onClientGone'), 'When the client leaves: `cancel` closes')
  t.match(await shown('onClientGone'), '* `drain`')
  t.match(await shown('least-latency'), '* `least-latency`: Prefers the peer that answers soonest.')
  t.equal(await shown('config:'), "Settings of upstream-auth. Sends the gateway's own credential to an upstream.")
  t.match(await shown('keyHash'), 'Digest of the API key, as `tacit key hash` prints it.')
})

t.test('what the schema says once for many places is shown and checked in each of them', async t => {
  const text = `${withPlugins('')}
groups:
  - id: gold
    settings: { rate-limit: { limits: [{ requests: 10, per: 1m }] } }
consumers:
  - id: team
    settings: { rate-limit: { keyLimits: [{ tokens: 5, per: 1h, brust: 2 }] } }
    credentials:
      key-auth:
        - keyHash: \${HASH}
          settings: { budget: { budgets: [{ amount: 5.00, each: month }] } }
`
  const document = open(text)
  const underlined = await document.underlined
  t.strictSame(underlined.map(({ text }) => text).sort(), ['5.00', 'brust'])
  for (const [key, sentence] of [
    ['limits:', /limits/i],
    ['requests: 10', /requests/i],
    ['keyLimits', /key/i],
    ['tokens: 5', /tokens/i],
    ['budgets:', /budgets/i],
    ['each: month', /midnight/]
  ] as const) {
    t.match(await document.hover(key), sentence, key)
  }
})

/** A file with a route, whose plugins come last. */
function withPlugins(plugins: string): string {
  return `version: 1
upstreams: [{ id: chat, peers: [{ id: eu, url: 'https://eu.llm.example.com' }] }]
routes:
  - id: chat
    match: { path: /v1/* }
    upstream: chat
    plugins:${plugins === '' ? ' []' : `\n${plugins}`}`
}

t.test('keys and words are offered where they may stand', async t => {
  const after = async (text: string, place: string) => open(text).offers(place)
  t.strictSame(await after('version: 1\nlog:\n  ', 'log:\n  '), ['level'])
  t.strictSame(await after('version: 1\nlog:\n  level: ', 'level: '), [
    'debug',
    'error',
    'info',
    'silent',
    'trace',
    'warn'
  ])
  t.strictSame(await after('version: 1\nresponseHeaders:\n  overhead: ', 'overhead: '), ['false', 'true'])
  t.strictSame(await after('version: 1\nshutdownGrace: ', 'shutdownGrace: '), ['30s'])
  const retry = 'version: 1\nupstreams:\n  - id: chat\n    retry:\n      on:\n        - '
  t.strictSame(await after(retry, 'on:\n        - '), [
    '429',
    '503',
    'connect_failed',
    'rejected',
    'reset',
    'timed_out'
  ])
  t.strictSame(await after(withPlugins('      - use: '), 'use: '), new PluginLoader().names())
  t.strictSame(await after(withPlugins('      - use: cors\n        '), 'cors\n        '), ['config', 'failureMode'])
  const consumer = 'version: 1\nconsumers:\n  - id: a\n    credentials:\n      '
  t.strictSame(await after(consumer, 'credentials:\n      '), ['basic-auth', 'hmac-auth', 'key-auth'])
})

t.test('in the config of each plugin its own keys are offered', async t => {
  for (const { use, definition } of await knownPlugins(new PluginLoader())) {
    const keys = Object.keys(definition.config.properties).sort()
    const offered = await open(withPlugins(`      - use: ${use}\n        config:\n          `)).offers(
      'config:\n          '
    )
    t.strictSame(
      keys.filter(key => !offered.includes(key)),
      [],
      `${use}: ${offered}`
    )
    t.ok(offered.length <= keys.length + 1, 'with one more that writes what is required')
  }
})

t.test('of every way to get a file wrong, the editor shows what lies in one value, at its line', async t => {
  const folder = new URL('../core/configuration/cases/', import.meta.url)
  const directory = t.testdir({
    'gateway.schema.json': JSON.stringify(editorSchema(await knownPlugins(resolver)))
  })
  let compared = 0
  const files = readdirSync(folder).filter(file => !file.startsWith('yaml-'))
  const documents = files.map(file => {
    const { written, files: beside } = readCase(readFileSync(new URL(file, folder), 'utf8'))
    return { file, written, beside, document: editor.open(join(directory, file), MODELINE + written) }
  })
  for (const { file, written, beside, document } of documents) {
    if (readDocument(written).value === undefined) continue
    // The line that names the schema was added.
    const shown = (await document.underlined).map(({ line }) => line - 1)
    const problems = await problemsIn(written, beside)
    const inOneValue = problems.filter(problem => isOfOneValue(problem, written)).map(({ line }) => line)
    const reported = problems.map(({ line }) => line)
    const { notShown = [], shownToo = [] } = DIFFERENCES[file] ?? {}
    t.strictSame(
      {
        notShown: unique(inOneValue.filter(line => !shown.includes(line))),
        shownToo: unique(shown.filter(line => !reported.includes(line)))
      },
      { notShown, shownToo },
      file
    )
    compared += inOneValue.length
  }
  t.strictSame(
    Object.keys(DIFFERENCES).filter(file => !files.includes(file)),
    []
  )
  t.ok(compared > 50, `${compared} lines were compared`)
})

function unique(lines: readonly number[]): readonly number[] {
  return [...new Set(lines)].sort((one, other) => one - other)
}

/** Lines where the editor and the gateway's report differ, and why they must. */
const DIFFERENCES: Readonly<
  Record<string, { readonly notShown?: readonly number[]; readonly shownToo?: readonly number[]; readonly why: string }>
> = {
  'credential-plugin-unknown.yaml': { notShown: [13], why: 'a plugin of the operator may have any name' },
  'key-misspelt-is-told-once.yaml': { shownToo: [6], why: 'the key that was meant is missing, too' },
  'peer-url.yaml': { notShown: [10, 11], why: 'the port and the path are judged by more than their form' },
  'settings-missing.yaml': { notShown: [16, 17], why: 'what a consumer leaves out, its group may have set' },
  'settings-not-a-block.yaml': { notShown: [15], why: 'the same' },
  'type-block-for-list.yaml': { notShown: [9], shownToo: [10], why: 'the block is underlined rather than its key' },
  'webhooks-values.yaml': { notShown: [7, 9], why: 'credentials and the bits of a range are judged by more than form' }
}

/** What is wrong with the main file. */
async function problemsIn(text: string, files: Readonly<Record<string, string>>): Promise<readonly Problem[]> {
  try {
    return (await load(text, { files })).warnings
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.filter(({ file }) => file.endsWith('gateway.yaml'))
    throw error
  }
}

/** What an editor can see: not what comes from outside, and not what must fit something elsewhere. */
function isOfOneValue({ code, line }: Problem, text: string): boolean {
  return OF_ONE_VALUE.has(code) && !text.split('\n')[line - 1]?.includes('${')
}

const OF_ONE_VALUE: ReadonlySet<string> = new Set([
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
  'TACIT_PLUGIN_UNKNOWN',
  'TACIT_SETTINGS_REFUSED',
  'TACIT_UNIT_WRONG',
  'TACIT_URL_INVALID',
  'TACIT_VALUE_INVALID',
  'TACIT_VALUE_TYPE'
])
