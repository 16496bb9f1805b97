import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import t from 'tap'
import { startGateway } from '../core/gateway.ts'
import { startDemoUpstream } from '../examples/demo-upstream/server.ts'
import { type Block, blocksOf, matches } from './support/documents.ts'
import { runCommand, runNode } from './support/process.ts'

const REPOSITORY = resolve(import.meta.dirname, '..')
const hasCurl = spawnSync('curl', ['--version']).status === 0

/** Examples whose README is not a list of commands against a gateway, and what runs them instead. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['demo-upstream', 'test/examples/demo-upstream/server.test.ts'],
  ['deploy', 'test/examples/deploy.test.ts'],
  ['grafana', 'test/examples/grafana.test.ts'],
  ['npm-plugin', 'test/packaging/package.test.ts']
])

/** Addresses of a README, and where things are in a test. */
type Places = Map<string, string>

const names = readdirSync(join(REPOSITORY, 'examples'))

t.setTimeout(240_000)

for (const name of names.filter(name => !ELSEWHERE.has(name))) {
  t.test(`examples/${name} does what its README says`, { skip: hasCurl ? false : 'there is no curl here' }, async t => {
    await mkdir(join(REPOSITORY, '.tap'), { recursive: true })
    const folder = await mkdtemp(join(REPOSITORY, '.tap', `example-${name}-`))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    await cp(join(REPOSITORY, 'examples', name), folder, { recursive: true })
    const blocks = blocksOf(await readFile(join(folder, 'README.md'), 'utf8'))
    const places: Places = new Map([[`examples/${name}/`, `${relative(REPOSITORY, folder)}/`]])
    let ran = 0
    for (const [index, block] of blocks.entries()) {
      if (block.language !== 'sh') continue
      const next = blocks[index + 1]
      const expected = next?.language === 'text' ? next.code : undefined
      if (block.code.startsWith('npm start')) await startDemo(t, block, folder, places)
      else if (/^node \S+server\.ts\n$/.test(block.code)) await startServer(t, block, places)
      else await runBlock(t, block, expected, places)
      ran++
    }
    t.ok(ran > 1, `${ran} blocks were run`)
  })
}

t.test('every example has a README, and something that runs it', async t => {
  for (const name of names) t.ok(existsSync(join(REPOSITORY, 'examples', name, 'README.md')), name)
  for (const [name, file] of ELSEWHERE) {
    t.ok(!names.includes(name) || existsSync(join(REPOSITORY, file)), `${name} is run by ${file}`)
  }
})

/** `npm start`, with the configuration of the example or that of the repository, on free ports. */
async function startDemo(t: Tap, { code }: Block, folder: string, places: Places): Promise<void> {
  const own = /^npm start -- (\S+)\n$/.exec(code)?.[1]
  if (own === undefined) t.equal(code, 'npm start\n')
  const source = own === undefined ? join(REPOSITORY, 'config/gateway.yaml') : join(folder, own.split('/').at(-1) ?? '')
  const file = join(folder, 'started.yaml')
  await writeFile(file, onFreePorts(await readFile(source, 'utf8')))
  const environment: Record<string, string> = {}
  for (const side of ['north', 'south']) {
    const upstream = await startDemoUpstream({ name: side, apiKey: 'demo-upstream-key' })
    t.teardown(() => upstream.close())
    environment[`DEMO_${side.toUpperCase()}`] = upstream.url
  }
  const gateway = await startGateway({ file, environment })
  t.teardown(() => gateway.close())
  places.set('http://127.0.0.1:8080', gateway.url)
  places.set('http://127.0.0.1:9090', gateway.adminUrl)
}

function onFreePorts(configuration: string): string {
  const quiet = 'version: 1\nlog: { level: silent }\nshutdownGrace: 500ms'
  return configuration
    .replace(/^shutdownGrace:.*\n/m, '')
    .replace(/^version: 1$/m, quiet)
    .replace(/\bport: \d+/g, 'port: 0')
}

/** A program that serves, and says where. */
async function startServer(t: Tap, block: Block, places: Places): Promise<void> {
  const file = inPlace(block.code, places).trim().slice('node '.length)
  const configuration = join(REPOSITORY, file, '..', 'gateway.yaml')
  await writeFile(configuration, onFreePorts(await readFile(configuration, 'utf8')))
  const running = runNode(t, [join(REPOSITORY, file)], {
    PORT: '0',
    GATEWAY_URL: inPlace('http://127.0.0.1:8080', places)
  })
  const [, url = ''] = /listens on (\S+)\n/.exec(await running.says('\n')) ?? []
  t.match(url, /^http:/)
  places.set('http://127.0.0.1:3000', url)
}

async function runBlock(t: Tap, { code }: Block, expected: string | undefined, places: Places): Promise<void> {
  const { NODE_OPTIONS: _dropped, ...inherited } = process.env
  const environment = { ...inherited, GATEWAY_URL: inPlace('http://127.0.0.1:8080', places) }
  const command = `cd '${REPOSITORY}' && ${inPlace(code, places)}`
  const { stdout, stderr, code: exit } = await runCommand(t, 'sh', ['-c', command], environment).exited
  t.equal(exit, 0, `${code}${stderr}`)
  if (expected !== undefined) t.ok(matches(expected, stdout), `${code}\nwanted: ${expected}\nfound: ${stdout}`)
}

function inPlace(text: string, places: Places): string {
  let placed = text
  for (const [written, real] of places) placed = placed.replaceAll(written, real)
  return placed
}

/** What of a test is used here. */
type Tap = Pick<typeof t, 'teardown' | 'equal' | 'ok' | 'match'>
