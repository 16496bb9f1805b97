/** Keeps connections that have nothing to do, a process of its own: each sends one request, is answered, and stays. */
import { connect, type Socket } from 'node:net'
import { type Static, Type } from '@sinclair/typebox'
import { errand, serveErrands } from '../harness/errands.ts'
import { requestText } from './chat-request.ts'
import { MessageReader } from './message-reader.ts'

/** Connections opened and not answered yet. */
const OPENING_AT_ONCE = 32

const Job = Type.Object({
  port: Type.Integer(),
  path: Type.String(),
  connections: Type.Integer(),
  headers: Type.Optional(Type.Record(Type.String(), Type.String()))
})
type Job = Static<typeof Job>

const open = new Set<Socket>()

/** Resolves when the connection's request is answered. */
function openOne({ port, path, headers = {} }: Job): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    let status = ''
    const reader = new MessageReader({
      head: head => {
        status = head.slice(9, 12)
      },
      body: () => {},
      end: () => {
        if (status === '200') resolve()
        else reject(new Error(`a connection was answered ${status}`))
      }
    })
    open.add(socket)
    socket.on('data', bytes => reader.push(bytes))
    socket.once('connect', () => {
      const request = { method: 'POST', path, bodyBytes: 256, connections: 1, seconds: 0, headers } as const
      socket.write(requestText(request, port), 'latin1')
    })
    socket.once('error', reject)
    socket.once('close', () => {
      open.delete(socket)
      reject(new Error('a connection was closed before its answer'))
    })
  })
}

async function openAll(job: Job): Promise<void> {
  let left = job.connections
  const opener = async () => {
    while (left-- > 0) await openOne(job)
  }
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, opener))
}

serveErrands({
  /** Opens connections beside those that are open. */
  open: errand(Job, openAll),
  /** How many are open still. */
  count: errand(Type.Null(), () => open.size)
})
