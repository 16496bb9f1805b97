import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const PROGRAM = fileURLToPath(new URL('../../../core/processes/worker-main.ts', import.meta.url))

t.test('does not end by signals that reach every process, and ends with its parent', { timeout: 60_000 }, async t => {
  const { NODE_OPTIONS: _dropped, ...env } = process.env
  const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const ask = async () => {
    const answer = once(child, 'message')
    child.send({ call: 'metrics', id: 1 })
    return (await answer)[0]
  }
  t.match(await ask(), { fault: 1, code: 'TACIT_PROCESS_NOT_STARTED' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const) child.kill(signal)
  t.match(await ask(), { fault: 1 })
  child.disconnect()
  t.strictSame(await exited, [0, null])
})
