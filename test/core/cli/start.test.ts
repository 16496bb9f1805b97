import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { send } from '../../support/client.ts'
import { startUpstream } from '../../support/upstream.ts'

const COMMAND = fileURLToPath(new URL('../../../core/cli/tacit.js', import.meta.url))

/** Without what the test runner puts into the environment of its children. */
const environment = { PATH: process.env.PATH ?? '' }

function configuration(upstream: string): string {
  const parts = {
    version: 1,
    listen: { port: 0 },
    admin: { port: 0 },
    upstreams: [{ id: 'one', peers: [{ id: 'a', url: upstream }] }],
    routes: [{ id: 'all', match: { path: '/*' }, upstream: 'one' }]
  }
  return JSON.stringify(parts)
}

/** Collects what the process says until the pattern is there. */
async function saying(stream: Readable, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const piece of stream.iterator({ destroyOnReturn: false })) {
    text += String(piece)
    if (pattern.test(text)) return text
  }
  throw new Error(`ended without ${pattern}: ${text}`)
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, 'exit')
  return code
}

t.test('serves until SIGTERM, lets the last exchange end, and exits with 0', async t => {
  const upstream = await startUpstream(t)
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, configuration(upstream.url))
  const child = spawn(process.execPath, [COMMAND, 'start', file], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = exitOf(child)
  const line = await saying(child.stderr, /\n/)
  const [, url = '', adminUrl = ''] = /listens on (\S+), its admin listener on (\S+)\.\n$/.exec(line) ?? []
  t.equal((await send({ url: `${adminUrl}/health/ready` })).status, 200)
  const answer = send({ url: `${url}/x` })
  const exchange = await upstream.next()
  const stopping = saying(child.stdout, /"event":"gateway_stopping"/)
  child.kill('SIGTERM')
  t.match(await stopping, /"signal":"SIGTERM","exchanges":1/)
  exchange.answer(200, {}, 'done')
  t.equal((await answer).body.toString(), 'done')
  t.equal(await exited, 0)
})

t.test('SIGHUP reads the file again, and --watch does so at each change', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const file = join(t.testdir(), 'gateway.yaml')
  const text = configuration(upstream.url)
  await writeFile(file, text)
  const child = spawn(process.execPath, [COMMAND, 'start', '--watch', file], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = exitOf(child)
  const line = await saying(child.stderr, /\n/)
  const [, url = ''] = /listens on (\S+),/.exec(line) ?? []
  const status = async (path: string) => (await send({ url: url + path })).status
  t.strictSame([await status('/x'), await status('/y')], [200, 200])

  child.kill('SIGHUP')
  t.equal(await saying(child.stderr, /\n/), 'Reloaded: nothing has changed.\n')
  await writeFile(file, text.replace('"/*"', '"/x"'))
  t.equal(await saying(child.stderr, /\n/), 'Reloaded: 1 change.\n')
  t.strictSame([await status('/x'), await status('/y')], [200, 404])
  await writeFile(file, text.replace('"/*"', '"x"'))
  t.match(await saying(child.stderr, /goes on.*\n/), /gateway\.yaml:1:\d+[\s\S]*1 problem\. The gateway goes on/)
  t.strictSame([await status('/x'), await status('/y')], [200, 404])
  child.kill('SIGTERM')
  t.equal(await exited, 0)
})

t.test('--watch looks at included files too, also at one that was refused', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const folder = t.testdir()
  const [file, part] = [join(folder, 'gateway.yaml'), join(folder, 'part.yaml')]
  const text = configuration(upstream.url)
  const including = text.replace('{', '{"include":"part.yaml",')
  const route = (path: string) => JSON.stringify({ routes: [{ id: 'more', match: { path }, upstream: 'one' }] })
  await writeFile(file, text)
  const child = spawn(process.execPath, [COMMAND, 'start', '--watch', file], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = exitOf(child)
  await saying(child.stderr, /listens on/)
  await writeFile(part, route('more'))
  await writeFile(file, including)
  t.match(await saying(child.stderr, /goes on.*\n/), /part\.yaml:1:\d+ {2}TACIT_/)
  await writeFile(part, route('/more'))
  t.equal(await saying(child.stderr, /\n/), 'Reloaded: 1 change.\n')
  await writeFile(part, route('/others'))
  t.equal(await saying(child.stderr, /\n/), 'Reloaded: 1 change.\n')
  child.kill('SIGTERM')
  t.equal(await exited, 0)
})

t.test('reports a broken configuration, and exits with 1', async t => {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, configuration('ftp://example.com'))
  const child = spawn(process.execPath, [COMMAND, 'start', file], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const exited = exitOf(child)
  t.match(await saying(child.stderr, /not started/), /1 problem\. The gateway was not started\.\n$/)
  t.equal(await exited, 1)
})

const SYSTEM_NODE = '/usr/bin/node'
const tooOld = existsSync(SYSTEM_NODE) && !process.execPath.startsWith('/usr/bin/')
t.test('tells an older Node in one sentence', { skip: tooOld ? false : 'no other Node on this machine' }, async t => {
  const version = spawn(SYSTEM_NODE, ['--version'], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] })
  const major = Number(/v(\d+)/.exec(await saying(version.stdout, /\n/))?.[1])
  if (major >= 24) {
    t.pass('the system has a newer one')
    return
  }
  const child = spawn(SYSTEM_NODE, [COMMAND, 'version'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = exitOf(child)
  t.match(
    await saying(child.stderr, /\n/),
    new RegExp(`^Tacit needs Node 24 or later; this is Node ${major}\\.[\\d.]+\\.\\n$`)
  )
  t.equal(await exited, 1)
})
