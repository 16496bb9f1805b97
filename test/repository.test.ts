import { constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { FLOORS } from './support/rules.ts'

const REPOSITORY = resolve(import.meta.dirname, '..')

/** More direct dependencies than this would need a better reason than each by itself. */
const MOST_DEPENDENCIES = 10
/** Packages that an installation for use brings along, without those for other platforms. */
const MOST_PACKAGES = 70

const Manifest = Type.Object({
  license: Type.Literal('Apache-2.0'),
  bin: Type.Record(Type.String(), Type.String()),
  exports: Type.Record(Type.String(), Type.String()),
  scripts: Type.Record(Type.String(), Type.String()),
  dependencies: Type.Record(Type.String(), Type.String()),
  devDependencies: Type.Record(Type.String(), Type.String()),
  allowScripts: Type.Record(Type.String(), Type.Boolean())
})

const LockedPackage = Type.Object({
  version: Type.String(),
  integrity: Type.String(),
  resolved: Type.Optional(Type.String()),
  dev: Type.Optional(Type.Boolean()),
  optional: Type.Optional(Type.Boolean()),
  devOptional: Type.Optional(Type.Boolean()),
  hasInstallScript: Type.Optional(Type.Boolean())
})

const Lock = Type.Object({
  lockfileVersion: Type.Literal(3),
  packages: Type.Record(Type.String(), Type.Unknown())
})

const manifest = read(Manifest, 'package.json')
const [root, ...locked] = Object.entries(read(Lock, 'package-lock.json').packages)
const packages = locked.map(([folder, entry]) => ({ folder, ...Value.Decode(LockedPackage, entry) }))
const production = packages.filter(entry => entry.dev !== true && entry.optional !== true && entry.devOptional !== true)
const files = filesBelow(REPOSITORY).sort()
const documents = files.filter(file => file.endsWith('.md'))

function read<Schema extends TSchema>(schema: Schema, file: string): Static<Schema> {
  return Value.Parse(['Assert'], schema, JSON.parse(text(file)))
}

function text(file: string): string {
  return readFileSync(join(REPOSITORY, file), 'utf8')
}

/** Files of the project, relative to it; not what was installed, built or measured. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    if (/^(?:\.git|\.tap|node_modules|dist)$/.test(entry.name) || /\.(?:tgz|log)$/.test(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [relative(REPOSITORY, path)]
  })
}

t.test('there are few direct dependencies, and each has its reason in the decisions', async t => {
  const names = Object.keys(manifest.dependencies)
  t.ok(names.length <= MOST_DEPENDENCIES, `${names.length} direct dependencies`)
  const decisions = text('core/DECISIONS.md')
  const reasoned = [...decisions.matchAll(/^- Dependency `([^`]+)`: \S/gm)].map(([, name]) => name)
  t.strictSame(
    names.filter(name => !reasoned.includes(name)),
    [],
    'dependencies without a reason'
  )
  t.strictSame(
    reasoned.filter(name => !names.includes(`${name}`)),
    [],
    'reasons without a dependency'
  )
})

t.test('every version is exact', async t => {
  const inexact = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version)
  )
  t.strictSame(inexact, [])
})

t.test('the lock file goes with package.json, pins contents and names no server', async t => {
  t.match(root, ['', { dependencies: manifest.dependencies, devDependencies: manifest.devDependencies }])
  t.strictSame(
    packages.filter(entry => !entry.integrity.startsWith('sha512-')).map(entry => entry.folder),
    [],
    'every package is pinned by its content'
  )
  t.strictSame(
    packages.filter(entry => entry.resolved !== undefined).map(entry => entry.folder),
    [],
    'no package names the server it came from'
  )
  t.notMatch(text('package-lock.json'), /https?:\/\/[^"]+\.tgz/)
})

t.test('nothing runs while the package is installed, and while developing only what fetches Node', async t => {
  const scripted = packages.filter(entry => entry.hasInstallScript === true)
  t.strictSame(
    scripted.map(entry => [entry.folder, entry.dev]),
    [['node_modules/node', true]]
  )
  t.strictSame(manifest.allowScripts, { node: true })
  const own = Object.keys(manifest.scripts).filter(name => /^(?:pre|post)?(?:install|prepare)$/.test(name))
  t.strictSame(own, [], 'the package has no scripts of its own that run at installation')
  const settings = text('.npmrc').trim().split('\n')
  for (const setting of ['strict-allow-scripts=true', 'allow-git=none', 'allow-remote=none', 'save-exact=true']) {
    t.ok(settings.includes(setting), setting)
  }
})

t.test('an installation for use is small and holds no native code', async t => {
  t.ok(production.length <= MOST_PACKAGES, `${production.length} packages`)
  t.ok(production.length >= Object.keys(manifest.dependencies).length)
  const native = production.flatMap(entry =>
    nativeFiles(join(REPOSITORY, entry.folder)).map(file => relative(REPOSITORY, file))
  )
  t.strictSame(native, [])
})

/** Native add-ons, and instructions for building them, of one package without those nested in it. */
function nativeFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : nativeFiles(path)
    return /\.node$|^binding\.gyp$/.test(entry.name) ? [path] : []
  })
}

t.test('what looks for native code finds it', async t => {
  const folder = t.testdir({ 'binding.gyp': '', deep: { 'x.node': '' }, node_modules: { 'y.node': '' }, 'x.js': '' })
  t.strictSame(
    nativeFiles(folder).map(file => relative(folder, file)),
    ['binding.gyp', 'deep/x.node']
  )
})

t.test('every door of the package opens', async t => {
  for (const [door, target] of Object.entries({ ...manifest.exports, ...manifest.bin })) {
    t.ok(existsSync(join(REPOSITORY, target)), `${door} is ${target}`)
  }
  for (const [door, target] of Object.entries(manifest.exports)) {
    if (!target.endsWith('.ts')) continue
    const module: object = await import(join('tacit-gateway', door))
    const direct: object = await import(pathToFileURL(join(REPOSITORY, target)).href)
    t.equal(module, direct, `tacit-gateway${door.slice(1)}`)
  }
})

t.test('commands of the package can be run, so that npm changes no file to run them', async t => {
  for (const file of Object.values(manifest.bin)) t.ok(statSync(join(REPOSITORY, file)).mode & constants.S_IXUSR, file)
})

t.test('the licence is the one that package.json names', async t => {
  t.match(text('LICENSE'), /^\s+Apache License\n\s+Version 2\.0, January 2004\n/)
  t.match(text('LICENSE'), 'END OF TERMS AND CONDITIONS')
})

t.test('every link in a document leads somewhere', async t => {
  t.ok(documents.includes('README.md') && documents.includes('core/README.md'))
  t.strictSame(
    documents.flatMap(file => brokenLinks(file, text(file))),
    []
  )
})

/** Links of a document that lead nowhere: a file that is not there, or a heading that the file does not have. */
function brokenLinks(file: string, content: string): readonly string[] {
  const prose = content.replace(/^```[\s\S]*?^```/gm, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^(?:https?|mailto):/.test(link)) return []
    const [path = '', heading] = link.split('#')
    const target = path === '' ? file : join(dirname(file), decodeURIComponent(path))
    if (!existsSync(join(REPOSITORY, target))) return [`${file}: ${link}`]
    return heading === undefined || headings(text(target)).includes(heading) ? [] : [`${file}: ${link}`]
  })
}

/** Headings as links name them. */
function headings(content: string): readonly string[] {
  return [...content.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-')
  )
}

t.test('what looks for broken links finds them', async t => {
  const content = '[a](core/README.md) [b](gone.md) [c](#gone) [d](https://example.com/x)\n```\n[e](gone.md)\n```\n'
  t.strictSame(brokenLinks('README.md', content), ['README.md: gone.md', 'README.md: #gone'])
  t.strictSame(headings('# A Title, `with` words\n## b\n'), ['a-title-with-words', 'b'])
})

t.test('the guide to core names what exists, and the floors as they are held', async t => {
  const guide = text('core/README.md')
  const paths = [...guide.matchAll(/`((?:[\w-]+\/)*(?:[\w-]+\.ts)|[\w-]+\/)`/g)].map(([, path = '']) => path)
  t.strictSame(
    paths.filter(path => !existsSync(join(REPOSITORY, 'core', path)) && !existsSync(join(REPOSITORY, path))),
    []
  )
  const floors = [...guide.matchAll(/^\| \d+ \| (.*) \|$/gm)].map(([, row = '']) =>
    [...row.matchAll(/`([\w./-]+)`/g)].map(([, path]) => `core/${path}`)
  )
  t.strictSame(
    floors.map(floor => floor.sort()),
    FLOORS.toReversed().map(floor => floor.toSorted())
  )
})

t.test('every dependency is used', async t => {
  const sources = files.filter(file => /^(?:core|plugins)\/.*\.ts$/.test(file)).map(text)
  const unused = Object.keys(manifest.dependencies).filter(
    name => !sources.some(source => source.includes(` from '${name}'`))
  )
  t.strictSame(unused, [])
})

t.test('the check of a clone can be run', async t => {
  const { mode } = statSync(join(REPOSITORY, '.ci/run'))
  t.ok(mode & constants.S_IXUSR)
})

/** What belongs to somebody's machine, and says nothing to anybody else. Put together here so as not to find itself. */
const FOREIGN = new RegExp(
  [
    ['/wo', 'rk/'],
    ['/ro', 'ot/'],
    ['/ho', 'me/[a-z]'],
    ['/Us', 'ers/[A-Za-z]'],
    ['reg', 'istry\\.[a-z0-9-]+\\.'],
    ['npm', 'mirror'],
    ['_auth', 'Token']
  ]
    .map(parts => parts.join(''))
    .join('|')
)

t.test('no file tells of the machine it was written on', async t => {
  const found = files.flatMap(file =>
    text(file)
      .split('\n')
      .flatMap((line, index) => (FOREIGN.test(line) ? [`${file}:${index + 1}`] : []))
  )
  t.strictSame(found, [])
  t.ok(FOREIGN.test(`see ${['/wo', 'rk/x'].join('')}`))
})
