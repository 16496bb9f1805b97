/**
 * The rules of the house, as functions from the facts of all sources to what
 * breaks them. The tables are the rules; a line more in one of them needs its
 * reason beside it. Must not know how sources are read.
 */
import { dirname, join, normalize } from 'node:path/posix'
import type { Source } from './sources.ts'

/** Packages that core may use, and the only places where it may. */
const PACKAGES: ReadonlyMap<string, readonly string[]> = new Map([
  ['@sinclair/typebox', ['core/']],
  ['commander', ['core/cli/']],
  ['fastify', ['core/server/']],
  ['fastify-plugin', ['core/server/']],
  ['ioredis', ['core/store/']],
  ['lru-cache', ['core/']],
  ['pino', ['core/log.ts', 'core/log/']],
  ['piscina', ['core/workers.ts']],
  ['undici', ['core/upstream/']],
  ['yaml', ['core/configuration/']]
])

/** What a plugin may import besides its own folder: the gateway's two doors, and libraries that only compute. */
const PLUGIN_IMPORTS: ReadonlySet<string> = new Set(['tacit-gateway/plugin', 'tacit-gateway/dialects', 'lru-cache'])

/** Modules of Node that compute, and touch neither sockets nor files nor threads nor clocks. */
const COMPUTING: ReadonlySet<string> = new Set([
  'node:assert',
  'node:buffer',
  'node:crypto',
  'node:path',
  'node:string_decoder',
  'node:url',
  'node:util'
])

/** What plugins, and the floor that they stand on, take from `host` instead. */
const FROM_HOST = new Set([
  'Date.now',
  'EventSource',
  'Math.random',
  'WebSocket',
  'console',
  'fetch',
  'new Date()',
  'performance',
  'process',
  'setImmediate',
  'setInterval',
  'setTimeout'
])

/** Floors of core, from the bottom: a file imports from its own floor and from those below, types included. */
export const FLOORS: readonly (readonly string[])[] = [
  [
    'core/plugin.ts',
    'core/contract/',
    'core/dialects/',
    'core/errors.ts',
    'core/clock.ts',
    'core/log/error-code.ts',
    'core/nearest.ts',
    'core/paint.ts',
    'core/testing/manual-clock.ts',
    'core/testing/seeded-random.ts',
    'core/version.ts'
  ],
  [
    'core/command-definition.ts',
    'core/definition.ts',
    'core/opaque.ts',
    'core/within.ts',
    'core/configuration/',
    'core/catalogue/',
    'core/endpoints/',
    'core/records/codec.ts',
    'core/records/days.ts',
    'core/records/fields.ts',
    'core/records/kind.ts',
    'core/records/rollup-layout.ts'
  ],
  [
    'core/store/',
    'core/identity/',
    'core/log.ts',
    'core/log/',
    'core/metrics.ts',
    'core/metrics/',
    'core/events/',
    'core/records/',
    'core/timers.ts',
    'core/workers.ts'
  ],
  ['core/upstream/', 'core/pipeline/'],
  ['core/server/'],
  [
    'core/admin/',
    'core/assembly.ts',
    'core/dry-run/',
    'core/file-watch.ts',
    'core/gateway.ts',
    'core/host.ts',
    'core/instances.ts',
    'core/loader.ts',
    'core/measures.ts',
    'core/mounted.ts',
    'core/processes/',
    'core/readiness.ts',
    'core/reload.ts',
    'core/restart-settings.ts',
    'core/retirement.ts',
    'core/seats.ts',
    'core/serving.ts',
    'core/stored-identities.ts',
    'core/shared.ts',
    'core/takeover.ts',
    'core/traffic.ts',
    'core/upstream-pools.ts'
  ],
  ['core/index.ts', 'core/testing.ts', 'core/testing/'],
  ['core/cli/']
]

/** Pure parts of core: they compute, like a plugin. */
const PURE = ['core/plugin.ts', 'core/contract/', 'core/dialects/']

/** The only casts in what is shipped: how many each file has, and why the type checker cannot see it. */
const CASTS: ReadonlyMap<string, { readonly count: number; readonly why: string }> = new Map([
  ['core/plugin.ts', { count: 2, why: 'the brand: a unique symbol made by `Symbol.for`, and an opaque type' }],
  ['core/contract/commands.ts', { count: 1, why: 'options of a command were decoded by its schema' }],
  [
    'core/admin/source.ts',
    { count: 1, why: 'what an endpoint is called with was checked by the schemas that type it' }
  ],
  ['core/assembly.ts', { count: 1, why: 'a configuration was decoded by the schema of the plugin that gets it' }],
  ['core/opaque.ts', { count: 2, why: 'opaque types of the contract' }],
  [
    'core/contract/units.ts',
    { count: 2, why: 'what a regular expression captured is a key of the table it was made from' }
  ],
  ['core/processes/calls.ts', { count: 2, why: 'both ends of a channel are the same version of one table of methods' }],
  ['core/pipeline/exchange.ts', { count: 1, why: 'a value is stored under a key of its own type' }],
  [
    'core/testing/contract/shared-threads.ts',
    { count: 1, why: 'the file that a pool runs decides what it takes and gives, and pools are kept by file' }
  ],
  ['core/upstream/undici.ts', { count: 1, why: 'the types of undici lack an option that it takes' }]
])

/** The type checker is never silenced; the linter only for one named rule and with a reason. */
const EXCUSED = /^\/\/ biome-ignore lint\/\w+\/\w+: \w.{9,}/

/** The file that shows what must not type-check. */
const TYPE_PROOFS = 'test/types.ts'

/** Sources that have no test of their own name, and why. */
const UNMIRRORED: ReadonlyMap<string, string> = new Map([])

/** Tests of a whole folder, beside those of its files: attacks on it, and cases as an operator meets them. */
const OF_A_FOLDER = /\/(?:attacks|cases)\.test\.ts$/

/** Test files that use a timer, and what for: never to wait for something to be over. */
const TIMERS_IN_TESTS: ReadonlyMap<string, string> = new Map([
  ['test/core/file-watch.test.ts', 'keeps the process alive while files are watched, which do not'],
  ['test/core/timers.test.ts', 'keeps the process alive while timers that do not are waited for']
])

const LONGEST_FILE = 400

/** Files that the tables make exceptions for. One that is gone has no business there. */
export const EXCEPTIONS: readonly string[] = [CASTS, UNMIRRORED, TIMERS_IN_TESTS].flatMap(table => [...table.keys()])

/** Everything that breaks a rule, one line each, sorted. */
export function violations(sources: readonly Source[]): readonly string[] {
  return [
    ...sources.flatMap(source => [
      ...importsOfCore(source),
      ...importsOfPlugins(source),
      ...importsOfExamples(source),
      ...escapes(source),
      ...form(source),
      ...sleeps(source)
    ]),
    ...floors(sources),
    ...circles(sources),
    ...mirrors(sources)
  ].sort()
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some(place => (place.endsWith('/') ? path.startsWith(place) : path === place))
}

/** The file that a relative import means; undefined for packages and modules of Node. */
function targetOf(source: Source, specifier: string): string | undefined {
  return specifier.startsWith('.') ? normalize(join(dirname(source.path), specifier)) : undefined
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function importsOfCore(source: Source): readonly string[] {
  if (!source.path.startsWith('core/')) return []
  const pure = isIn(source.path, PURE)
  const imports = source.imports.flatMap(({ line, specifier }) => {
    const refuse = (why: string) => [`${source.path}:${line} imports ${specifier}: ${why}`]
    const target = targetOf(source, specifier)
    if (target !== undefined) return target.startsWith('core/') ? [] : refuse('core imports only core')
    if (specifier === '*')
      return source.path === 'core/loader.ts' ? [] : refuse('only the loader imports what it computes')
    if (specifier.startsWith('node:'))
      return !pure || COMPUTING.has(specifier) ? [] : refuse('this part of core is pure')
    const places = PACKAGES.get(packageOf(specifier))
    if (places === undefined) return refuse('not a package of core')
    return isIn(source.path, places) ? [] : refuse(`belongs to ${places.join(', ')}`)
  })
  return pure ? [...imports, ...takenFromHost(source)] : imports
}

function importsOfPlugins(source: Source): readonly string[] {
  const [folder] = /^plugins\/[^/]+\//.exec(source.path) ?? []
  if (folder === undefined) return []
  const imports = source.imports.flatMap(({ line, specifier }) => {
    const target = targetOf(source, specifier)
    const allowed = target?.startsWith(folder) ?? (PLUGIN_IMPORTS.has(specifier) || COMPUTING.has(specifier))
    return allowed ? [] : [`${source.path}:${line} imports ${specifier}: not through a plugin's door`]
  })
  return [...imports, ...takenFromHost(source)]
}

function importsOfExamples(source: Source): readonly string[] {
  const [folder] = /^examples\/[^/]+\//.exec(source.path) ?? []
  if (folder === undefined) return []
  return source.imports.flatMap(({ line, specifier }) => {
    const target = targetOf(source, specifier)
    const allowed = target === undefined || isIn(target, [folder, 'core/'])
    return allowed ? [] : [`${source.path}:${line} imports ${specifier}: an example stands by itself`]
  })
}

function takenFromHost(source: Source): readonly string[] {
  return source.uses
    .filter(({ text }) => FROM_HOST.has(text))
    .map(
      ({ line, text }) =>
        `${source.path}:${line} uses ${text}: time, chance, sockets and the console come from the host`
    )
}

function floors(sources: readonly Source[]): readonly string[] {
  return sources
    .filter(source => source.path.startsWith('core/'))
    .flatMap(source => {
      const floor = floorOf(source.path)
      if (floor < 0) return [`${source.path} stands on no floor: give it one in the table`]
      return source.imports.flatMap(({ line, specifier }) => {
        const target = targetOf(source, specifier)
        const above = target?.startsWith('core/') === true && floorOf(target) > floor
        return above ? [`${source.path}:${line} imports ${specifier}: it stands on a higher floor`] : []
      })
    })
}

function floorOf(path: string): number {
  return FLOORS.findIndex(places => isIn(path, places))
}

/** Types may know of each other; what is left at run time may not go round. */
function circles(sources: readonly Source[]): readonly string[] {
  const targets = new Map(
    sources.map(source => [
      source.path,
      source.imports.filter(({ typeOnly }) => !typeOnly).flatMap(({ specifier }) => targetOf(source, specifier) ?? [])
    ])
  )
  const found = new Set<string>()
  const done = new Set<string>()
  const walk = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start >= 0) {
      const circle = way.slice(start)
      const first = circle.indexOf(circle.toSorted()[0] ?? path)
      found.add([...circle.slice(first), ...circle.slice(0, first + 1)].join(' → '))
    }
    if (start >= 0 || done.has(path)) return
    for (const target of targets.get(path) ?? []) walk(target, [...way, path])
    done.add(path)
  }
  for (const path of targets.keys()) walk(path, [])
  return [...found].map(circle => `circle of imports: ${circle}`)
}

function isShipped(source: Source): boolean {
  return /^(?:core|plugins|examples|benchmarks|packaging)\//.test(source.path)
}

function escapes(source: Source): readonly string[] {
  const anys = source.anys.map(({ line, text }) => `${source.path}:${line} says any: ${text}`)
  const silenced = source.suppressions
    .filter(
      ({ text }) => !EXCUSED.test(text) && !(source.path === TYPE_PROOFS && text.startsWith('// @ts-expect-error'))
    )
    .map(({ line, text }) => `${source.path}:${line} silences a tool: ${text}`)
  const allowed = CASTS.get(source.path)?.count ?? 0
  const casts =
    isShipped(source) && source.casts.length !== allowed
      ? [
          `${source.path} has ${source.casts.length} casts and not ${allowed}: ` +
            source.casts.map(({ line }) => `line ${line}`).join(', ')
        ]
      : []
  return [...anys, ...silenced, ...casts]
}

function form(source: Source): readonly string[] {
  const long =
    source.lines > LONGEST_FILE ? [`${source.path} has ${source.lines} lines; ${LONGEST_FILE} are enough`] : []
  const isHelp = source.path.startsWith('test/support/') && !source.path.endsWith('.test.ts')
  if (!isShipped(source) && !isHelp) return long
  const headless = source.hasHead ? [] : [`${source.path} does not begin by saying what it is for`]
  const undocumented = source.undocumented.map(
    ({ line, text }) => `${source.path}:${line} exports without a word: ${text}`
  )
  return [...long, ...headless, ...undocumented]
}

function sleeps(source: Source): readonly string[] {
  if (!source.path.startsWith('test/') || TIMERS_IN_TESTS.has(source.path)) return []
  return [
    ...source.imports
      .filter(({ specifier }) => /^(?:node:)?timers/.test(specifier))
      .map(({ line, specifier }) => `${source.path}:${line} imports ${specifier}: tests wait for events`),
    ...source.uses
      .filter(({ text }) => /^(?:globalThis\.)?set(?:Timeout|Interval)$/.test(text))
      .map(({ line, text }) => `${source.path}:${line} uses ${text}: tests wait for events`)
  ]
}

/** `core/x/y.ts` is tested by `test/core/x/y.test.ts`, `plugins/p/index.ts` by `test/plugins/p.test.ts`. */
function mirrors(sources: readonly Source[]): readonly string[] {
  const paths = new Set(sources.map(source => source.path))
  const mirrored = sources.filter(source => /^(?:core|plugins)\//.test(source.path))
  const missing = mirrored.filter(
    source => !source.typesOnly && !paths.has(testOf(source.path)) && !UNMIRRORED.has(source.path)
  )
  const expected = new Set(mirrored.map(source => testOf(source.path)))
  const orphans = [...paths].filter(
    path => /^test\/(?:core|plugins)\/.*\.test\.ts$/.test(path) && !expected.has(path) && !OF_A_FOLDER.test(path)
  )
  return [
    ...missing.map(({ path }) => `${path} has no ${testOf(path)}`),
    ...orphans.map(path => `${path} mirrors no source`)
  ]
}

function testOf(path: string): string {
  return `test/${path.replace(/^(plugins\/[^/]+)\/index\.ts$/, '$1.ts').replace(/\.ts$/, '.test.ts')}`
}
