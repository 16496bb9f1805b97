import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { GatewayError } from '../../../core/errors.ts'
import { faultOf, RecordThread } from '../../../core/records/thread.ts'
import { runNode } from '../../support/process.ts'
import { folder } from './support.ts'

type Call =
  | { readonly method: 'double'; readonly value: number }
  | { readonly method: 'fail' }
  | { readonly method: 'die' }
interface Answers {
  readonly double: number
  readonly fail: undefined
  readonly die: undefined
}

const ECHO = `
  const { parentPort, workerData } = require('node:worker_threads')
  if (workerData.directory === 'unready') {
    parentPort.postMessage({ type: 'unready', error: { code: 'TACIT_NO', message: 'No.', cure: undefined } })
  } else {
    parentPort.on('message', ({ id, call }) => {
      if (call.method === 'die') throw new Error('a secret')
      if (call.method === 'fail') parentPort.postMessage({ type: 'refusal', id, error: { code: 'ECODE' } })
      else parentPort.postMessage({ type: 'answer', id, answer: call.value * 2 })
    })
    parentPort.postMessage({ type: 'ready' })
    parentPort.postMessage({ type: 'stalled', code: 'ENOSPC' })
  }`

async function start(t: Parameters<typeof folder>[0], directory = '') {
  const file = join(await folder(t), 'echo.cjs')
  writeFileSync(file, ECHO)
  const said: unknown[] = []
  const died = Promise.withResolvers<void>()
  const data = { directory, root: { generation: 1, key: new Uint8Array(32) } }
  const thread = new RecordThread<Call, Answers>(pathToFileURL(file), data, {
    said: message => said.push(message),
    died: () => died.resolve()
  })
  t.teardown(() => thread.end())
  return { thread, said, died: died.promise }
}

t.test('answers calls, each with its own answer', async t => {
  const { thread, said } = await start(t)
  await thread.ready
  const answers = await Promise.all([1, 2, 3].map(value => thread.call({ method: 'double', value })))
  t.strictSame(answers, [2, 4, 6])
  t.strictSame(said, [{ type: 'stalled', code: 'ENOSPC' }])
  await t.rejects(thread.call({ method: 'fail' }), { code: 'TACIT_RECORDS_THREAD' })
})

t.test('says why it is not ready', async t => {
  const { thread } = await start(t, 'unready')
  await t.rejects(thread.ready, { code: 'TACIT_NO', message: 'No.' })
})

t.test('fails what waits when the thread dies, and says so, without what it threw', async t => {
  const { thread, died } = await start(t)
  await t.rejects(thread.call({ method: 'die' }), { code: 'TACIT_RECORDS_THREAD', message: /^(?!.*secret)/ })
  await died
  await t.rejects(thread.call({ method: 'double', value: 1 }), { code: 'TACIT_RECORDS_THREAD' })
})

t.test('tells of an error its code and a sentence of the gateway, and nothing else', async t => {
  t.strictSame(faultOf(new GatewayError('TACIT_X', 'A sentence.', 'A cure.')), {
    code: 'TACIT_X',
    message: 'A sentence.',
    cure: 'A cure.'
  })
  t.strictSame(faultOf(new Error('a secret')), { code: 'TACIT_RECORDS_THREAD', message: undefined, cure: undefined })
})

t.test('is waited for until it has ended, also when an answer arrives meanwhile', async t => {
  const directory = await folder(t)
  writeFileSync(join(directory, 'echo.cjs'), ECHO)
  const main = join(directory, 'main.mjs')
  const module = new URL('../../../core/records/thread.ts', import.meta.url).href
  writeFileSync(
    main,
    `import { RecordThread } from ${JSON.stringify(module)}
     const data = { directory: '', root: { generation: 1, key: new Uint8Array(32) } }
     const thread = new RecordThread(new URL('./echo.cjs', import.meta.url), data)
     await thread.ready
     const answer = thread.call({ method: 'double', value: 1 })
     // The answer is there, and not looked at, when the thread is told to end.
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
     const ended = thread.end()
     await answer
     await ended`
  )
  // Node ends with 13 when nothing keeps the process alive before its last line.
  t.match(await runNode(t, [main]).exited, { code: 0, stderr: '' })
})
