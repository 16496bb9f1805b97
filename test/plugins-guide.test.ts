import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t from 'tap'
import { readConfiguration } from '../core/gateway.ts'
import { PluginLoader } from '../core/loader.ts'
import type { Phases } from '../core/plugin.ts'
import { blocksOf } from './support/documents.ts'
import { runNode } from './support/process.ts'

const REPOSITORY = resolve(import.meta.dirname, '..')
const COMPILER = join(REPOSITORY, 'node_modules', 'typescript', 'lib', 'tsc.js')
const guide = await readFile(join(REPOSITORY, 'plugins', 'README.md'), 'utf8')
const blocks = blocksOf(guide)

t.setTimeout(120_000)

await mkdir(join(REPOSITORY, '.tap'), { recursive: true })
// Inside the package, so that its doors are found; git does not see it.
const folder = await mkdtemp(join(REPOSITORY, '.tap', 'guide-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
for (const { name, code } of blocks) if (name !== '') await writeFile(join(folder, name), code)

t.test('every block of the guide has a name, and is run', async t => {
  t.strictSame(
    blocks.filter(({ name, language }) => name === '' && language !== 'sh'),
    []
  )
  const tested = blocks.filter(({ name }) => name.endsWith('.test.ts')).map(({ code }) => code)
  const plugins = blocks.filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  t.ok(plugins.length > 2)
  for (const { name } of plugins)
    t.ok(
      tested.some(code => code.includes(`./${name}`)),
      name
    )
})

t.test('what it shows type-checks', async t => {
  const extended = { extends: '../../tsconfig.json', include: ['*.ts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(extended))
  t.match(await runNode(t, [COMPILER, '-p', folder]).exited, { code: 0, stdout: '' })
})

t.test('its tests pass', async t => {
  for (const { name } of blocks.filter(({ name }) => name.endsWith('.test.ts'))) {
    const { code, stdout } = await runNode(t, ['--test', join(folder, name)]).exited
    t.equal(code, 0, `${name}: ${stdout}`)
  }
})

t.test('its configuration is in order', async t => {
  const { configuration, warnings } = await readConfiguration({ file: join(folder, 'gateway.yaml'), environment: {} })
  t.equal(configuration.routes[0]?.id, 'chat')
  t.strictSame(warnings, [])
})

t.test('it names every phase, and every plugin of this folder has a README', async t => {
  const phases: Record<keyof Required<Phases>, true> = {
    requestFilter: true,
    upstreamPeers: true,
    upstreamPeer: true,
    upstreamRequestFilter: true,
    upstreamResult: true,
    responseFilter: true,
    finish: true,
    logging: true,
    show: true,
    health: true,
    close: true
  }
  const listed = [...guide.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  )
  t.strictSame(listed, Object.keys(phases))
  for (const name of new PluginLoader().names()) t.ok(await readFile(join(REPOSITORY, 'plugins', name, 'README.md')))
})
