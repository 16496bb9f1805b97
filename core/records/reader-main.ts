/** The thread that reads records: pages are found here, so that neither requests nor writing wait for them. */
import { parentPort, workerData } from 'node:worker_threads'
import type { CallMessage, FromThread, ReaderCall, ThreadData } from './messages.ts'
import { RecordReader } from './reader.ts'
import { faultOf } from './thread.ts'

const { directory, root }: ThreadData = workerData
const reader = new RecordReader({ directory, root, monotonic: () => performance.now() })

function answer(call: ReaderCall): unknown {
  switch (call.method) {
    case 'query':
      return reader.query(call.kind, call.query)
    case 'rollup':
      return reader.rollup(call.kind, call.layout, call.query)
    case 'forget':
      return reader.forget()
    case 'close':
      return reader.close()
  }
}

function say(message: FromThread): void {
  parentPort?.postMessage(message)
}

parentPort?.on('message', ({ id, call }: CallMessage<ReaderCall>) => {
  try {
    say({ type: 'answer', id, answer: answer(call) })
  } catch (error) {
    say({ type: 'refusal', id, error: faultOf(error) })
  }
})
say({ type: 'ready' })
