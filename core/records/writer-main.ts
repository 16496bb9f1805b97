/** Where the thread that writes records begins: the only file of it that knows that it is a thread. */
import { parentPort, workerData } from 'node:worker_threads'
import type { FromThread, ThreadData } from './messages.ts'
import { faultOf } from './thread.ts'
import { RecordWriter } from './writer.ts'
import { WriterThread } from './writer-thread.ts'

const { directory, root, travelKey }: ThreadData = workerData
const port = parentPort
if (port !== null) {
  try {
    const failed = (code: string) => {
      const message: FromThread = { type: 'failed', code }
      port.postMessage(message)
    }
    new WriterThread(port, new RecordWriter({ directory, root, travelKey, failed }))
  } catch (error) {
    const unready: FromThread = { type: 'unready', error: faultOf(error) }
    port.postMessage(unready)
  }
}
