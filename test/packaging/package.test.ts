import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import t from 'tap'
import { VERSION } from '../../core/version.ts'
import { send } from '../support/client.ts'
import { blocksOf, matches } from '../support/documents.ts'
import { installIn, packFolder, packPackage } from '../support/package.ts'
import { runNode } from '../support/process.ts'
import { startUpstream } from '../support/upstream.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
const COMPILER = join(REPOSITORY, 'node_modules', 'typescript', 'lib', 'tsc.js')

// Packing compiles, and installing may ask a registry.
t.setTimeout(300_000)

const PLUGIN = `
import { CONSUMER, definePlugin, Duration, Type } from 'tacit-gateway/plugin'
import { recogniseDialect } from 'tacit-gateway/dialects'

export default definePlugin({
  contract: 1,
  name: 'stamp',
  summary: 'Stamps responses.',
  config: Type.Object({ word: Type.String(), pause: Duration({ default: '1s' }) }),
  data: { reads: ['identity'] },
  setup({ word, pause }) {
    const pauseMs: number = pause
    return {
      responseFilter(exchange, { headers }) {
        const consumer = exchange.get(CONSUMER)?.id ?? 'nobody'
        headers.set('x-stamp', [word, pauseMs, consumer, recogniseDialect('/v1/messages')].join(' '))
      }
    }
  }
})
`

const TEST_OF_PLUGIN = `
import { contract, drive } from 'tacit-gateway/testing'
import stamp from './stamp.ts'

const { response } = await (await drive(stamp, { word: 'driven' })).exchange().run()
const { findings } = await contract(stamp, { word: 'driven' })
console.log(JSON.stringify([response.headers, findings]))
`

const WRONG = `
import { definePlugin, Type } from 'tacit-gateway/plugin'

export default definePlugin({
  contract: 1,
  name: 'wrong',
  summary: 'Wrong.',
  config: Type.Object({ word: Type.String() }),
  data: { reads: [] },
  setup: ({ word }) => ({ finish: () => void word.toFixed() })
})
`

const EMBEDDING = `
import { type Gateway, startGateway } from 'tacit-gateway'
export const open = (): Promise<Gateway> => startGateway({ file: 'gateway.yaml' })
`

const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'esnext',
    lib: ['esnext'],
    types: ['node'],
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true
  }
}

t.test('the package that npm packs', async t => {
  const tarball = await packPackage(t)
  // Outside of the repository, whose packages would be found otherwise.
  const folder = await mkdtemp(join(tmpdir(), 'tacit-package-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const write = (name: string, content: string) => writeFile(join(folder, name), content)
  await write('package.json', '{ "private": true, "type": "module" }\n')
  const { devDependencies } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8'))
  const example = join(REPOSITORY, 'examples', 'npm-plugin')
  const plugin = await packFolder(t, join(example, 'package'), folder)
  if (!(await installIn(t, [tarball, plugin, `@types/node@${devDependencies['@types/node']}`], folder))) {
    t.pass('the package cannot be installed here', { skip: 'no cache and no registry has its dependencies' })
    return
  }
  const installed = join(folder, 'node_modules', 'tacit-gateway')
  const tacit = join(folder, 'node_modules', '.bin', 'tacit')
  const node = (...args: readonly string[]) => runNode(t, args).exited
  await write('stamp.ts', PLUGIN)

  await t.test('holds no source, and nothing that only developing needs', async t => {
    const manifest: object = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
    t.notOk('scripts' in manifest || 'devDependencies' in manifest)
    const files = await readdir(installed, { recursive: true })
    t.ok(files.includes('dist/core/plugin.d.ts'))
    t.strictSame(
      files.filter(name => /(?<!\.d)\.ts$/.test(name)),
      []
    )
  })

  await t.test('its command knows the version, and a plugin of the project', async t => {
    t.strictSame(await node(tacit, 'version'), { code: 0, signal: null, stdout: `${VERSION}\n`, stderr: '' })
    t.match(await node(tacit, 'prices', 'check'), { code: 0, stdout: /models, of which/ }, 'its data came along')
    const { stdout, code } = await node(tacit, 'schema', '--plugin', relative('', join(folder, 'stamp.ts')))
    t.equal(code, 0)
    t.match(stdout, 'Stamps responses.')
  })

  await t.test('starts, with a built-in plugin and one of the project', async t => {
    const upstream = await startUpstream(t, ({ answer }) => answer(200, {}, 'from the upstream'))
    const own = { use: './stamp.ts', config: { word: 'ours' } }
    const configuration = {
      version: 1,
      listen: { port: 0 },
      admin: { port: 0 },
      log: { level: 'error' },
      upstreams: [{ id: 'one', balancer: { use: 'weighted' }, peers: [{ id: 'a', url: upstream.url }] }],
      routes: [{ id: 'all', match: { path: '/*' }, upstream: 'one', plugins: [own] }]
    }
    await write('gateway.yaml', JSON.stringify(configuration))
    const running = runNode(t, [tacit, 'start', join(folder, 'gateway.yaml')])
    const url = await running.reports(/Tacit listens on ([^\s,]+)/)
    const { status, headers, body } = await send({ url: `${url}/x` })
    t.strictSame(
      [status, headers['x-stamp'], body.toString()],
      [200, 'ours 1000 nobody anthropic-messages', 'from the upstream']
    )
    running.child.kill('SIGTERM')
    t.match(await running.exited, { code: 0, signal: null })
  })

  await t.test('runs the tests of a plugin', async t => {
    await write('test.ts', TEST_OF_PLUGIN)
    const { stdout, stderr } = await node(join(folder, 'test.ts'))
    t.equal(stderr, '')
    t.strictSame(JSON.parse(stdout), [{ 'x-stamp': 'driven 1000 nobody anthropic-messages' }, []])
  })

  await t.test('type-checks a plugin, and finds one that is wrong', async t => {
    await write('tsconfig.json', JSON.stringify(TSCONFIG))
    await write('embedding.ts', EMBEDDING)
    t.match(await node(COMPILER, '-p', folder), { code: 0, stdout: '' })
    await write('wrong.ts', WRONG)
    const { code, stdout } = await node(COMPILER, '-p', folder)
    t.not(code, 0)
    t.match(stdout, /wrong\.ts.*toFixed/)
  })

  await t.test('takes a plugin from a package, as the example says', async t => {
    const [asked, answer] = blocksOf(await readFile(join(example, 'README.md'), 'utf8')).slice(1)
    const file = join(folder, 'example.yaml')
    const text = await readFile(join(example, 'gateway.yaml'), 'utf8')
    await writeFile(file, text.replace(/port: \d+/g, 'port: 0'))
    t.match(await node(tacit, 'check', file), { code: 0 })
    const running = runNode(t, [tacit, 'start', file])
    const url = await running.reports(/Tacit listens on ([^\s,]+)/)
    t.equal(asked?.code, 'curl -s -i http://127.0.0.1:8080/anything\n')
    const { status, headers, body } = await send({ url: `${url}/anything` })
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    const found = [`HTTP/1.1 ${status} Service Unavailable`, ...head, '', body.toString()].join('\n')
    t.ok(matches(answer?.code ?? '', found), found)
    running.child.kill('SIGTERM')
    t.match(await running.exited, { code: 0 })
  })
})
