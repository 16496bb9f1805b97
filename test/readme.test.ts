import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { loadConfiguration } from '../core/configuration/load.ts'
import { ConfigurationError, renderReport } from '../core/configuration/report.ts'
import { readConfiguration } from '../core/gateway.ts'
import { PluginLoader } from '../core/loader.ts'
import { startDemoUpstream } from '../examples/demo-upstream/server.ts'
import { send } from './support/client.ts'
import { embeddedConfiguration, startTestGateway } from './support/gateway.ts'
import { runCommand, runNode } from './support/process.ts'

const REPOSITORY = resolve(import.meta.dirname, '..')
const readme = await readFile(join(REPOSITORY, 'README.md'), 'utf8')
const hasCurl = spawnSync('curl', ['--version']).status === 0

/** What package.json says. */
async function manifest(): Promise<unknown> {
  return JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8'))
}

/** The blocks of code of one language. */
function blocksOf(language: string): readonly string[] {
  return [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
    .filter(([, found]) => found === language)
    .map(([, , block = '']) => block)
}

t.test('what the README says to try works against what `npm start` runs', async t => {
  const north = await startDemoUpstream({ name: 'north', apiKey: 'demo-upstream-key' })
  t.teardown(() => north.close())
  const south = await startDemoUpstream({ name: 'south', apiKey: 'demo-upstream-key' })
  t.teardown(() => south.close())
  const environment = { DEMO_NORTH: north.url, DEMO_SOUTH: south.url }
  const gateway = await startTestGateway(t, await embeddedConfiguration(), { environment })
  const here = (block: string) => block.replaceAll('http://127.0.0.1:8080', gateway.url)

  await t.test('the request with curl', { skip: hasCurl ? false : 'there is no curl here' }, async t => {
    const [curl = ''] = blocksOf('sh').filter(block => block.startsWith('curl '))
    const { stdout } = await runCommand(t, 'sh', ['-c', here(`${curl.trim()} --silent`)]).exited
    t.match(JSON.parse(stdout), { object: 'chat.completion', choices: [{ message: { content: /morning/ } }] })
  })

  await t.test('the programs with the SDKs', async t => {
    // Inside the package, so that they find the SDKs; git does not see it.
    await mkdir(join(REPOSITORY, '.tap'), { recursive: true })
    const folder = await mkdtemp(join(REPOSITORY, '.tap', 'readme-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const programs = blocksOf('js')
    t.equal(programs.length, 2)
    for (const [index, program] of programs.entries()) {
      const file = join(folder, `program-${index}.mjs`)
      await writeFile(file, here(program))
      t.match(await runNode(t, [file]).exited, { code: 0, stderr: '', stdout: /This is the demo upstream/ })
    }
  })

  await t.test('the addresses of health and metrics', async t => {
    const paths = [...readme.matchAll(/`http:\/\/127\.0\.0\.1:9090(\/[^`]*)`/g)].map(([, path = '']) => path)
    t.strictSame(paths, ['/health/ready', '/metrics'])
    for (const path of paths) t.equal((await send({ url: `${gateway.adminUrl}${path}` })).status, 200, path)
  })
})

t.test('the README names only files, commands and plugins that exist', async t => {
  const paths = [...readme.matchAll(/`((?:core|plugins|config|examples|benchmarks|test|\.ci)\/[\w./-]*)`/g)]
  t.ok(paths.length > 0)
  for (const [, path = ''] of paths) t.ok(existsSync(join(REPOSITORY, path)), path)
  const commands = [...readme.matchAll(/(?:^|`)npm (?:run )?([a-z][a-z:]*)/gm)].map(([, name = '']) => name)
  const { scripts } = Value.Parse(Type.Object({ scripts: Type.Record(Type.String(), Type.String()) }), await manifest())
  const known = new Set(['ci', 'pack', ...Object.keys(scripts)])
  t.ok(commands.includes('start') && commands.includes('test'))
  t.strictSame(
    commands.filter(name => !known.has(name)),
    []
  )
  const listed = [...readme.matchAll(/^\| \[`([a-z0-9-]+)`\]\(plugins\//gm)].map(([, name = '']) => name)
  t.strictSame(listed.toSorted(), new PluginLoader().names())
})

t.test('the configuration in the README is in order', async t => {
  const [yaml = ''] = blocksOf('yaml')
  const folder = t.testdir({ 'gateway.yaml': yaml })
  const environment = { TACIT_DIGEST_KEY: 'a digest key of a test', LLM_KEY: 'the key of a provider' }
  const { configuration, warnings } = await readConfiguration({ file: join(folder, 'gateway.yaml'), environment })
  t.equal(configuration.routes[0]?.id, 'chat')
  t.strictSame(warnings, [])
})

t.test('the report in the README is what a misspelt plugin gets', async t => {
  const [yaml = ''] = blocksOf('yaml')
  const misspelt = yaml.replace('use: access-log', 'use: acess-log')
  t.not(misspelt, yaml)
  const environment = { TACIT_DIGEST_KEY: 'a digest key of a test', LLM_KEY: 'the key of a provider' }
  const loading = loadConfiguration({ file: 'gateway.yaml', text: misspelt, environment }, new PluginLoader())
  const error = await t.rejects(loading)
  const report = error instanceof ConfigurationError ? renderReport(error.problems) : ''
  const shown = /^ {2}```\n([\s\S]*?)^ {2}```/m.exec(readme)?.[1]?.replace(/^ {2}/gm, '')
  t.equal(report, shown)
})

t.test('the plugin in the README can be used', async t => {
  const [plugin = ''] = blocksOf('ts')
  const folder = t.testdir({ 'mine.ts': plugin })
  t.match(await new PluginLoader().find('./mine.ts', folder), { name: 'model-allowlist' })
})
