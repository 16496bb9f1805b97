/** An upstream that gives every request the same answer, a process of its own. For machines without nginx. */
import { createServer, type Socket } from 'node:net'
import { Type } from '@sinclair/typebox'
import { errand, serveErrands } from '../harness/errands.ts'
import { MessageReader } from '../load/message-reader.ts'
import { ANSWER_BYTES, answerBody } from './answer.ts'

const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER_BYTES}\r\n\r\n${answerBody()}`,
  'latin1'
)

function serve(socket: Socket): void {
  socket.setNoDelay(true)
  const reader = new MessageReader({ head: () => {}, body: () => {}, end: () => socket.write(ANSWER) })
  socket.on('data', bytes => reader.push(bytes))
  socket.on('error', () => socket.destroy())
}

const server = createServer(serve)

serveErrands({
  listen: errand(Type.Object({ port: Type.Integer() }), ({ port }) => {
    return new Promise<void>(resolve => server.listen({ port, host: '127.0.0.1', backlog: 4096 }, resolve))
  })
})
