import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { collect, openResponse, send } from '../../support/client.ts'
import { embeddedConfiguration } from '../../support/gateway.ts'
import { runCommand, runNode } from '../../support/process.ts'

const START = fileURLToPath(new URL('../../../examples/demo-upstream/start.ts', import.meta.url))
/** Inside the package, so that snippets find the SDKs; git does not see it. */
const DIRECTORY = fileURLToPath(new URL('../../../.tap/', import.meta.url))
const hasCurl = spawnSync('curl', ['--version']).status === 0

/** A folder for the files of one test. */
async function folder(t: Test): Promise<string> {
  await mkdir(DIRECTORY, { recursive: true })
  const path = await mkdtemp(join(DIRECTORY, 'run-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

/** Starts it on the embedded configuration, with free ports, and waits for what it prints. */
async function start(t: Test) {
  const file = join(await folder(t), 'gateway.yaml')
  await writeFile(file, await embeddedConfiguration())
  const running = runNode(t, [START, file])
  const said = await running.says('Stop with Ctrl-C.')
  const url = /Tacit runs at (http:\/\/127\.0\.0\.1:\d+) /.exec(said)?.[1] ?? ''
  const adminUrl = /metrics: (http:\/\/127\.0\.0\.1:\d+)\//.exec(said)?.[1] ?? ''
  return { ...running, said, url, adminUrl }
}

t.test('everything that it prints works as printed', async t => {
  const { said, url, adminUrl } = await start(t)

  t.equal((await send({ url: `${adminUrl}/health/ready` })).status, 200)
  t.equal((await send({ url: `${adminUrl}/metrics` })).status, 200)
  t.equal((await send({ url: `${url}/v1/models` })).status, 401, 'nobody enters without a key')

  const curls = said.match(/^ {2}curl (?:.*\\\n)*.*$/gm) ?? []
  t.equal(curls.length, 2)
  await t.test('the lines for curl', { skip: hasCurl ? false : 'there is no curl here' }, async t => {
    const answers: string[] = []
    for (const line of curls) answers.push((await runCommand(t, 'sh', ['-c', `${line} --silent`]).exited).stdout)
    t.match(JSON.parse(answers[0] ?? ''), { object: 'chat.completion', choices: [{ message: { content: /morning/ } }] })
    t.match(JSON.parse(answers[1] ?? ''), { type: 'message', stop_reason: 'end_turn' })
  })

  const snippets = said.match(/^ {2}import (?:.*\n)+?(?=\n)/gm) ?? []
  t.equal(snippets.length, 2)
  const path = await folder(t)
  const outputs: string[] = []
  for (const [index, snippet] of snippets.entries()) {
    const file = join(path, `snippet-${index}.mjs`)
    await writeFile(file, `${snippet}\nif (typeof message === 'object') process.stdout.write(message.content[0].text)`)
    outputs.push((await runNode(t, [file]).exited).stdout)
  }
  t.match(outputs, [/^This is the demo upstream/, /^This is the demo upstream/])
})

t.test('stops on a signal, streams included, with exit code 0', async t => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { url, child, exited } = await start(t)
    const messages = [{ role: 'user', content: 'demo:tokens=10000 slow=20ms' }]
    const response = await openResponse({
      url: `${url}/v1/chat/completions`,
      headers: { authorization: 'Bearer tacit-demo-key' },
      body: JSON.stringify({ model: 'demo-large', stream: true, messages })
    })
    const stream = collect(response)
    child.kill(signal)
    t.match(await exited, { code: 0, signal: null, stderr: '' }, signal)
    t.match(await stream, { status: 200, complete: false }, 'the grace is over before the stream is')
  }
})

t.test('says which port is taken', async t => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const address = other.address()
  if (address === null || typeof address === 'string') throw new TypeError('listens on no port')
  const file = join(await folder(t), 'gateway.yaml')
  await writeFile(file, (await embeddedConfiguration()).replace('port: 0', `port: ${address.port}`))
  const { code, stdout, stderr } = await runNode(t, [START, file]).exited
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(stderr, new RegExp(`${address.port}`))
  t.notMatch(stderr, /\n {4}at /, 'no stack')
})
