import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { PluginLoader } from '../../../core/loader.ts'
import { TestTerminal } from '../../support/terminal.ts'

const REPOSITORY = resolve(import.meta.dirname, '../../..')

/** A folder from which plugins find `tacit-gateway`. */
async function scratch(t: { teardown(end: () => unknown): unknown }): Promise<string> {
  await mkdir(join(REPOSITORY, '.tap'), { recursive: true })
  const folder = await mkdtemp(join(REPOSITORY, '.tap', 'new-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Without what is put into the environment of its children; the runner adds NODE_OPTIONS again, which `env -u` takes out. */
const environment = { PATH: process.env.PATH ?? '' }

t.test('writes a plugin that the gateway takes, and whose test passes', async t => {
  const folder = await scratch(t)
  const terminal = new TestTerminal()
  t.equal(await main(['new', 'plugin', 'house-rule', '--directory', folder], terminal), 0)
  t.match(terminal.printed, `wrote ${folder}/house-rule/index.ts\nwrote ${folder}/house-rule/index.test.ts\n`)
  t.match(await new PluginLoader().find('./house-rule/index.ts', folder), { name: 'house-rule' })
  // As it says itself.
  const [, ...command] = /^Test it: +node (\S+) (\S+)$/m.exec(terminal.printed) ?? []
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    env: environment,
    encoding: 'utf8'
  })
  t.equal(status, 0, stdout + stderr)
  t.match(stdout, /pass 2\b/)
})

t.test('what it writes type-checks, and the linter has nothing to say', async t => {
  const folder = await scratch(t)
  await main(['new', 'plugin', 'house-rule', '--directory', folder], new TestTerminal())
  const files = ['index.ts', 'index.test.ts'].map(name => join(folder, 'house-rule', name))
  const bin = (name: string) => join(REPOSITORY, 'node_modules/.bin', name)
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'esnext',
    '--allowImportingTsExtensions',
    '--erasableSyntaxOnly',
    '--types',
    'node',
    '--skipLibCheck'
  ]
  const types = spawnSync('env', ['-u', 'NODE_OPTIONS', bin('tsc'), ...options, '--ignoreConfig', ...files], {
    cwd: REPOSITORY,
    env: environment,
    encoding: 'utf8'
  })
  t.strictSame([types.status, types.stdout, types.stderr], [0, '', ''])
  for (const file of files) {
    const formatted = spawnSync(bin('biome'), ['format', '--stdin-file-path=plugins/x/index.ts'], {
      cwd: REPOSITORY,
      env: environment,
      input: await readFile(file),
      encoding: 'utf8'
    })
    t.equal(formatted.stdout, await readFile(file, 'utf8'))
  }
})

t.test('writes over nothing, and takes no name that could not be used', async t => {
  const folder = await scratch(t)
  const refused = async (name: string) => {
    const terminal = new TestTerminal()
    t.equal(await main(['new', 'plugin', name, '--directory', folder, '--json'], terminal), 1)
    return JSON.parse(terminal.printed).error.code
  }
  const first = new TestTerminal()
  t.equal(await main(['new', 'plugin', 'mine', '--directory', folder, '--json'], first), 0)
  t.strictSame(JSON.parse(first.printed), {
    name: 'mine',
    files: ['index.ts', 'index.test.ts'].map(name => join(folder, 'mine', name))
  })
  t.equal(await refused('mine'), 'TACIT_FILE_EXISTS')
  for (const name of ['key-auth', 'Mine', '../mine', 'a b']) t.equal(await refused(name), 'TACIT_PLUGIN_NAME', name)
})
