import { resolve } from 'node:path'
import t from 'tap'
import { EXCEPTIONS, violations } from './support/rules.ts'
import { readSources } from './support/sources.ts'

const REPOSITORY = resolve(import.meta.dirname, '..')

t.test('the repository keeps the rules of the house', async t => {
  const sources = readSources(REPOSITORY)
  const paths = new Set(sources.map(source => source.path))
  t.ok(paths.has('core/plugin.ts') && paths.has('test/boundaries.test.ts'), `${paths.size} files were read`)
  t.strictSame(violations(sources), [])
  t.strictSame(
    EXCEPTIONS.filter(path => !paths.has(path)),
    [],
    'every exception is for a file that exists'
  )
})

/** Sources by path, line by line; all but tests begin with a head. Sources get the test that the rules expect. */
type Planted = Readonly<Record<string, readonly string[]>>

const TSCONFIG = JSON.stringify({
  compilerOptions: { module: 'nodenext', noEmit: true, allowImportingTsExtensions: true, types: [] },
  include: ['core', 'plugins', 'examples', 'test']
})

/** A folder of files, as `t.testdir` takes it. */
interface Folder {
  [name: string]: string | Folder
}

/** What breaks the rules in a project of the given files. */
function brokenIn(t: { testdir(content: Folder): string }, planted: Planted, without: readonly string[] = []) {
  const tests = Object.keys(planted)
    .filter(path => /^(?:core|plugins)\//.test(path))
    .map(path => `test/${path.replace(/^(plugins\/[^/]+)\/index\.ts$/, '$1.ts').replace(/\.ts$/, '.test.ts')}`)
    .filter(path => !without.includes(path))
  const root: Folder = { 'tsconfig.json': TSCONFIG }
  for (const path of tests) put(root, path, 'export {}\n')
  for (const [path, lines] of Object.entries(planted)) {
    put(root, path, `${[...(path.startsWith('test/') ? [] : ['/** For a test. */']), ...lines].join('\n')}\n`)
  }
  return violations(readSources(t.testdir(root)))
}

function put(root: Folder, path: string, content: string): void {
  const names = path.split('/')
  let folder = root
  for (const name of names.slice(0, -1)) {
    const known = folder[name]
    const next: Folder = typeof known === 'object' ? known : {}
    folder[name] = next
    folder = next
  }
  folder[names.at(-1) ?? ''] = content
}

t.test('a project that keeps the rules breaks none', async t => {
  const broken = brokenIn(t, {
    'core/errors.ts': [
      "import type { Reason } from './plugin.ts'",
      '/** A word. */',
      'export const error: Reason = 1 as const satisfies number'
    ],
    'core/plugin.ts': [
      "import { error } from './errors.ts'",
      '/** A word. */',
      'export type Reason = number',
      '/** Two casts are in the table. */',
      'export const brand: unique symbol = Symbol.for("x") as never',
      'export { error as again } from "./errors.ts"',
      'use(error as unknown as string)',
      'function use(_: string) {}'
    ],
    'core/log.ts': [
      "import { createHash } from 'node:crypto'",
      "import { pino } from 'pino'",
      'setTimeout(pino, Date.now(), createHash)'
    ],
    'core/contract/kinds.ts': [
      "import type {} from './keys.ts'",
      '/** A schema. */',
      'export const Kind = 1',
      'export type Kind = typeof Kind',
      '/** In two ways. */',
      'export function read(x: string): string',
      'export function read(x: unknown): unknown { return x }'
    ],
    'plugins/one/index.ts': [
      "import { Type } from 'tacit-gateway/plugin'",
      "import { part } from './part.ts'",
      'export default [Type, part]'
    ],
    'plugins/one/part.ts': [
      "import { createHmac } from 'node:crypto'",
      "import { LRUCache } from 'lru-cache'",
      '/** A word. */',
      'export const part = [createHmac, LRUCache, new Date(1)]'
    ],
    'examples/one/main.ts': [
      "import { createServer } from 'node:http'",
      "import { help } from './help.ts'",
      'help(createServer)'
    ],
    'examples/one/help.ts': ['/** A word. */', 'export function help(_: unknown) {}'],
    'test/life/whole.test.ts': ["import '../../core/log.ts'", 'setImmediate(() => {})', 'const x = [1][0]!']
  })
  t.strictSame(broken, [])
})

t.test('core imports nothing but core, and each package in its place', async t => {
  const broken = brokenIn(t, {
    'core/errors.ts': ["import '../plugins/one/index.ts'", "import('../examples/one/main.ts')"],
    'core/log.ts': ["import fastify from 'fastify'", "export * from 'left-pad/lib'", 'import(fastify)'],
    'core/store/keys.ts': ["import '@acme/pad'", "import type { Pool } from 'undici'", 'let x: Pool'],
    'core/server/types.ts': ["let y: typeof import('yaml')", 'y = 1'],
    'plugins/one/index.ts': [],
    'examples/one/main.ts': [
      "import '../../core/errors.ts'",
      "import '../../plugins/one/index.ts'",
      "import '../two/main.ts'"
    ],
    'examples/two/main.ts': []
  })
  t.strictSame(broken, [
    'circle of imports: core/errors.ts → examples/one/main.ts → core/errors.ts',
    'core/errors.ts:2 imports ../plugins/one/index.ts: core imports only core',
    'core/errors.ts:3 imports ../examples/one/main.ts: core imports only core',
    'core/log.ts:2 imports fastify: belongs to core/server/',
    'core/log.ts:3 imports left-pad/lib: not a package of core',
    'core/log.ts:4 imports *: only the loader imports what it computes',
    'core/server/types.ts:2 imports yaml: belongs to core/configuration/',
    'core/store/keys.ts:2 imports @acme/pad: not a package of core',
    'core/store/keys.ts:3 imports undici: belongs to core/upstream/',
    'examples/one/main.ts:3 imports ../../plugins/one/index.ts: an example stands by itself',
    'examples/one/main.ts:4 imports ../two/main.ts: an example stands by itself'
  ])
})

t.test('a plugin comes and goes through its door', async t => {
  const broken = brokenIn(t, {
    'plugins/one/index.ts': [
      "import '../two/index.ts'",
      "import '../../core/errors.ts'",
      "import 'node:net'",
      "import 'ioredis'",
      "import 'tacit-gateway'",
      'use(Math.random(), Date.now(), new Date(), process.env, performance.now())',
      "fetch('x')",
      'function use(..._: unknown[]) {}'
    ],
    'plugins/two/index.ts': ['setTimeout(() => {}, 1)', "new WebSocket('x')", 'console.log(1)'],
    'core/errors.ts': [],
    'core/dialects/http.ts': ["import { readFileSync } from 'node:fs'", 'readFileSync(String(Date.now()))']
  })
  const fromHost = 'time, chance, sockets and the console come from the host'
  t.strictSame(broken, [
    `core/dialects/http.ts:2 imports node:fs: this part of core is pure`,
    `core/dialects/http.ts:3 uses Date.now: ${fromHost}`,
    "plugins/one/index.ts:2 imports ../two/index.ts: not through a plugin's door",
    "plugins/one/index.ts:3 imports ../../core/errors.ts: not through a plugin's door",
    "plugins/one/index.ts:4 imports node:net: not through a plugin's door",
    "plugins/one/index.ts:5 imports ioredis: not through a plugin's door",
    "plugins/one/index.ts:6 imports tacit-gateway: not through a plugin's door",
    `plugins/one/index.ts:7 uses Date.now: ${fromHost}`,
    `plugins/one/index.ts:7 uses Math.random: ${fromHost}`,
    `plugins/one/index.ts:7 uses new Date(): ${fromHost}`,
    `plugins/one/index.ts:7 uses performance: ${fromHost}`,
    `plugins/one/index.ts:7 uses process: ${fromHost}`,
    `plugins/one/index.ts:8 uses fetch: ${fromHost}`,
    `plugins/two/index.ts:2 uses setTimeout: ${fromHost}`,
    `plugins/two/index.ts:3 uses WebSocket: ${fromHost}`,
    `plugins/two/index.ts:4 uses console: ${fromHost}`
  ])
})

t.test('the floors of core hold, and nothing goes round', async t => {
  const broken = brokenIn(t, {
    'core/errors.ts': ["import type { Log } from './log.ts'", 'let x: Log'],
    'core/homeless.ts': ['use()', 'function use() {}'],
    'core/log.ts': ["import './metrics.ts'", '/** A word. */', 'export type Log = 1'],
    'core/metrics.ts': ["import './store/local.ts'"],
    'core/store/local.ts': ["import { type Log } from '../log.ts'", "import type {} from './shared.ts'", 'let x: Log'],
    'core/store/shared.ts': ["import './local.ts'", 'use()', 'function use() {}']
  })
  t.strictSame(broken, [
    'circle of imports: core/log.ts → core/metrics.ts → core/store/local.ts → core/log.ts',
    'core/errors.ts:2 imports ./log.ts: it stands on a higher floor',
    'core/homeless.ts stands on no floor: give it one in the table'
  ])
})

t.test('nothing escapes the type checker unseen', async t => {
  const broken = brokenIn(t, {
    'core/plugin.ts': ['use(1)', 'function use(x: any): asserts x is any {}'],
    'core/errors.ts': ['let x = <unknown>1 as unknown as string', 'x!.length', '// @ts-ignore', 'x = 1'],
    'plugins/one/index.ts': ['/* biome-ignore lint: why */', 'let z = 1 as number', '// biome-ignore lint: all of it'],
    'core/log.ts': ['// biome-ignore lint/style/noVar: it is what is looked for', 'var y = 1', 'y'],
    'test/life/whole.test.ts': ['let x = <any>1 as string', '// @ts-expect-error why', 'x = 1']
  })
  t.strictSame(broken, [
    'core/errors.ts has 3 casts and not 0: line 2, line 2, line 3',
    'core/errors.ts:4 silences a tool: // @ts-ignore',
    'core/plugin.ts has 0 casts and not 2: ',
    'core/plugin.ts:3 says any: asserts x is any',
    'core/plugin.ts:3 says any: x: any',
    'plugins/one/index.ts has 1 casts and not 0: line 3',
    'plugins/one/index.ts:2 silences a tool: /* biome-ignore lint: why */',
    'plugins/one/index.ts:4 silences a tool: // biome-ignore lint: all of it',
    'test/life/whole.test.ts:1 says any: <any>1',
    'test/life/whole.test.ts:2 silences a tool: // @ts-expect-error why'
  ])
})

t.test('files are short, begin with what they are for, and export nothing without a word', async t => {
  const broken = brokenIn(t, {
    'core/log.ts': Array.from({ length: 400 }, () => '0'),
    'core/errors.ts': [
      '// no documentation',
      'export const one = 1',
      '/** A word. */',
      'export function two() {}',
      'export interface Three {}',
      'export type Four = 4',
      'export class Five {}'
    ],
    'test/support/help.ts': ['export async function help() {}'],
    'test/life/whole.test.ts': ['export const fine = 1']
  })
  t.strictSame(broken, [
    'core/errors.ts:3 exports without a word: export const one = 1',
    'core/errors.ts:6 exports without a word: export interface Three {}',
    'core/errors.ts:7 exports without a word: export type Four = 4',
    'core/errors.ts:8 exports without a word: export class Five {}',
    'core/log.ts has 401 lines; 400 are enough',
    'test/support/help.ts does not begin by saying what it is for',
    'test/support/help.ts:1 exports without a word: export async function help() {}'
  ])
})

t.test('tests wait for events and mirror the sources', async t => {
  const broken = brokenIn(
    t,
    {
      'core/log.ts': ['use()', 'function use() {}'],
      'core/contract/host.ts': ['/** A word. */', 'export interface Host {}'],
      'plugins/one/index.ts': ['export default 1'],
      'plugins/one/part.ts': ['export default 1'],
      'test/core/gone.test.ts': [],
      'test/life/wait.test.ts': [
        "import { setTimeout } from 'node:timers/promises'",
        'await setTimeout(1)',
        'globalThis.setInterval(() => {}, 1)'
      ]
    },
    ['test/core/log.test.ts', 'test/core/contract/host.test.ts', 'test/plugins/one.test.ts']
  )
  t.strictSame(broken, [
    'core/log.ts has no test/core/log.test.ts',
    'plugins/one/index.ts has no test/plugins/one.test.ts',
    'test/core/gone.test.ts mirrors no source',
    'test/life/wait.test.ts:1 imports node:timers/promises: tests wait for events',
    'test/life/wait.test.ts:2 uses setTimeout: tests wait for events',
    'test/life/wait.test.ts:3 uses globalThis.setInterval: tests wait for events'
  ])
})
