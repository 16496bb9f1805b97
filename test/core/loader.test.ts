import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { PluginLoader } from '../../core/loader.ts'
import { handAlarm } from '../support/alarm.ts'

const FIXTURES = resolve(import.meta.dirname, '../fixtures/plugins')
const REPOSITORY = resolve(import.meta.dirname, '../..')
const loader = new PluginLoader({ folder: pathToFileURL(`${FIXTURES}/built-in/`) })

/** Name of the plugin that was found, or code and message of the problem. */
async function found(use: string, directory = FIXTURES): Promise<string | readonly [code: string, message: string]> {
  const result = await loader.find(use, directory)
  return 'code' in result ? [result.code, result.message] : result.name
}

/** An installed package in JavaScript, whose plugin takes the given name. */
function plugin(name: string): string {
  return `import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1, name: '${name}', summary: 'Does nothing.', config: Type.Object({}), data: { reads: [] }, setup: () => ({})
})
`
}

t.test('a name is a folder that holds an index file', async t => {
  t.strictSame(loader.names(), ['misnamed', 'stamp'])
  t.equal(await found('stamp'), 'stamp')
})

t.test('the built-in plugins stand beside core', async t => {
  const names = new PluginLoader().names()
  for (const name of names) {
    const definition = await new PluginLoader().find(name, FIXTURES)
    t.equal('code' in definition ? definition.message : definition.name, name)
  }
})

t.test('a folder of plugins that is not there holds none', async t => {
  const empty = new PluginLoader({ folder: pathToFileURL(`${FIXTURES}/nowhere/`) })
  t.strictSame(empty.names(), [])
  t.match(await empty.find('stamp', FIXTURES), { code: 'TACIT_PLUGIN_UNKNOWN' })
})

t.test('a built index.js is found as well as an index.ts', async t => {
  const folder = t.testdir({ built: { 'index.js': plugin('built') } })
  const definition = await new PluginLoader({ folder: pathToFileURL(`${folder}/`) }).find('built', FIXTURES)
  t.equal('name' in definition ? definition.name : definition.message, 'built')
})

t.test('the same plugin asked for twice is the same definition', async t => {
  t.equal(await loader.find('stamp', FIXTURES), await loader.find('./built-in/stamp/index.ts', FIXTURES))
})

t.test('suggests the built-in that was probably meant', async t => {
  t.strictSame(await loader.find('stmap', FIXTURES), {
    code: 'TACIT_PLUGIN_UNKNOWN',
    message: 'No plugin is called "stmap".',
    cure: 'Did you mean "stamp"?'
  })
  t.strictSame(await loader.find('metering', FIXTURES), {
    code: 'TACIT_PLUGIN_UNKNOWN',
    message: 'No plugin is called "metering".',
    cure: 'There are: misnamed, stamp.'
  })
  t.strictSame(await found('no-index'), ['TACIT_PLUGIN_UNKNOWN', 'No plugin is called "no-index".'])
})

t.test('refuses what is no name, file or package', async t => {
  for (const use of ['', 'Stamp', 'stamp/index', '/etc/plugin.ts', 'file:///plugin.ts', 'C:\\plugin.ts', 'stamp.ts']) {
    t.strictSame(await found(use), ['TACIT_PLUGIN_USE', `"${use}" names no plugin.`])
  }
})

t.test('a built-in must bear the name of its folder', async t => {
  t.strictSame(await found('misnamed'), [
    'TACIT_PLUGIN_NAME',
    'The plugin in the folder "misnamed" calls itself "another-name".'
  ])
  t.equal(await found('./built-in/misnamed/index.js'), 'another-name', 'a file may be called anything')
})

t.test('a file is found from the folder of the configuration', async t => {
  t.equal(await found('./stamp/index.ts', `${FIXTURES}/built-in`), 'stamp')
  t.equal(await found('../built-in/stamp/index.ts', `${FIXTURES}/files`), 'stamp')
  t.strictSame(await loader.find('./stamp/index.ts', FIXTURES), {
    code: 'TACIT_PLUGIN_NOT_FOUND',
    message: 'There is no file "./stamp/index.ts".',
    cure: `It is looked for from the folder of the configuration file: ${FIXTURES}/stamp/index.ts.`
  })
  t.equal(await found('./stamp/index.ts', relative('', `${FIXTURES}/built-in`)), 'stamp', 'by a relative path')
  t.strictSame(await found('./built-in'), ['TACIT_PLUGIN_NOT_FOUND', 'There is no file "./built-in".'])
})

t.test('a module that cannot be used is refused in one line', async t => {
  const cases: readonly [file: string, code: string, message: RegExp][] = [
    ['no-default.js', 'TACIT_PLUGIN_NO_DEFAULT', /^"\.\/files\/no-default\.js" has no default export\.$/],
    ['unbranded.js', 'TACIT_PLUGIN_NOT_BRANDED', /^The default export of "\.\/files\/unbranded\.js" was not made by/],
    ['throws.js', 'TACIT_PLUGIN_IMPORT_FAILED', /^"\S+" cannot be imported: RangeError: the table is empty$/],
    [
      'throws-nothing.js',
      'TACIT_PLUGIN_IMPORT_FAILED',
      /^"\S+" cannot be imported: it threw something that is no Error\.$/
    ],
    [
      'missing-import.js',
      'TACIT_PLUGIN_IMPORT_FAILED',
      /: Error: Cannot find package 'no-such-package' imported from /
    ],
    ['keeps-rows.js', 'TACIT_PLUGIN_MALFORMED', /: `records` cannot be kept: /]
  ]
  for (const [file, code, message] of cases) {
    const problem = await loader.find(`./files/${file}`, FIXTURES)
    t.match(problem, { code, message, cure: /\.$/ }, file)
  }
})

t.test('a module that does not parse is refused', async t => {
  const directory = t.testdir({ 'broken.js': 'export default {' })
  t.strictSame(await found('./broken.js', directory), [
    'TACIT_PLUGIN_IMPORT_FAILED',
    '"./broken.js" cannot be imported: SyntaxError: Unexpected end of input'
  ])
})

t.test('a module that never becomes ready is given up', async t => {
  const alarm = handAlarm()
  const patient = new PluginLoader({ alarm: alarm.alarm })
  const finding = patient.find('./files/never-ready.js', FIXTURES)
  alarm.ring()
  t.strictSame(await finding, {
    code: 'TACIT_PLUGIN_IMPORT_FAILED',
    message: '"./files/never-ready.js" was still being imported after 10 seconds.',
    cure: 'Do in `setup` what it waits for at the top level of the module.'
  })
})

t.test('a package is found as an import beside the configuration would find it', async t => {
  const directory = t.testdir({
    node_modules: {
      'tacit-gateway': t.fixture('symlink', REPOSITORY),
      'acme-plugin': {
        'package.json': JSON.stringify({
          name: 'acme-plugin',
          type: 'module',
          exports: { '.': { import: './lib/main.js' }, './extra': './lib/extra.js', './gone': './lib/gone.js' }
        }),
        lib: { 'main.js': plugin('acme'), 'extra.js': plugin('acme-extra'), 'hidden.js': plugin('acme-hidden') }
      },
      '@acme': {
        scoped: {
          'package.json': JSON.stringify({ name: '@acme/scoped', type: 'module', main: './index.js' }),
          'index.js': plugin('acme-scoped'),
          'other.js': plugin('acme-other')
        },
        typed: {
          'package.json': JSON.stringify({ name: '@acme/typed', type: 'module', exports: './index.ts' }),
          'index.ts': plugin('acme-typed')
        }
      }
    },
    deeper: { config: {} }
  })
  t.equal(await found('npm:acme-plugin', directory), 'acme')
  t.equal(await found('npm:acme-plugin', `${directory}/deeper/config`), 'acme', 'from a folder below')
  t.equal(await found('npm:acme-plugin/extra', directory), 'acme-extra')
  t.equal(await found('npm:@acme/scoped', directory), 'acme-scoped')
  t.equal(await found('npm:@acme/scoped/other.js', directory), 'acme-other')
  for (const name of ['acme-plugin/lib/hidden.js', 'acme-plugin/gone', '@acme/none', 'acme', 'fs', 'fs/promises']) {
    t.strictSame(await loader.find(`npm:${name}`, directory), {
      code: 'TACIT_PLUGIN_NOT_FOUND',
      message: `There is no package "${name}" to be found from ${directory}.`,
      cure: `Install it there with \`npm install ${name}\`, and check that it exports what is named.`
    })
  }
  t.strictSame(await found('npm:@acme/typed', directory), [
    'TACIT_PLUGIN_IMPORT_FAILED',
    '"npm:@acme/typed" cannot be imported: it is TypeScript inside node_modules, which Node does not run.'
  ])
})

t.test('a package is looked for from nowhere but the folder of the configuration', async t => {
  const directory = t.testdir({ empty: {} })
  for (const name of [
    '',
    '.',
    '..',
    '../stamp',
    './stamp',
    '/etc',
    'node:fs',
    'https://example.com/x.js',
    '#internal'
  ]) {
    t.match(await found(`npm:${name}`, directory), ['TACIT_PLUGIN_NOT_FOUND'], name)
  }
})
