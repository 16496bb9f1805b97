import t from 'tap'
import { Worker } from '../../../core/processes/worker.ts'

/** A worker in this process, and what it sends. */
function workerOf() {
  const sent: unknown[] = []
  const ended: string[] = []
  const worker = new Worker(
    message => sent.push(message),
    () => ended.push('exit')
  )
  const ask = async (call: string, argument?: unknown) => {
    worker.calls.received({ call, id: sent.length + 1, argument })
    while (sent.length === 0) await new Promise(setImmediate)
    return sent.pop()
  }
  return { worker, ended, ask }
}

t.test('refuses what it is asked before it has started', async t => {
  const { ask } = workerOf()
  for (const call of ['metrics', 'health', 'stop']) {
    t.match(await ask(call, {}), { code: 'TACIT_PROCESS_NOT_STARTED' })
  }
})

t.test('says why it cannot start', async t => {
  const { ask } = workerOf()
  const order = { file: 'gateway.yaml', text: 'version: 1', environment: {}, descriptor: 99, maxConnections: 1 }
  t.match(await ask('start', order), { code: 'TACIT_CONFIGURATION_INVALID' })
})

t.test('ends at once when its parent is gone before it has started', async t => {
  const { worker, ended } = workerOf()
  await worker.orphaned()
  t.strictSame(ended, ['exit'])
})
