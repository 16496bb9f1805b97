/** Writes the body of a request as it comes, no faster than the peer takes it. Knows nothing of answers. */
import type { Socket } from 'node:net'
import { TransportFault } from './faults.ts'

/**
 * Writes a stream: of the length that `headers` announce, or else in chunks (RFC 9112, 7.1). Stops when the socket is
 * destroyed.
 * @throws TransportFault `REQUEST_LENGTH` when it is not as long as announced; and what reading it throws.
 */
export async function writeBody(socket: Socket, body: AsyncIterable<Uint8Array>, headers: readonly string[]) {
  const announced = announcedLength(headers)
  const isChunked = announced === undefined
  let left = announced ?? Number.POSITIVE_INFINITY
  for await (const piece of body) {
    if (socket.destroyed) return
    if (piece.length === 0) continue
    left -= piece.length
    if (left < 0) throw new TransportFault('REQUEST_LENGTH')
    socket.cork()
    if (isChunked) socket.write(`${piece.length.toString(16)}\r\n`, 'latin1')
    let isTaken = socket.write(piece)
    if (isChunked) isTaken = socket.write('\r\n', 'latin1')
    socket.uncork()
    if (!isTaken) await drained(socket)
  }
  if (isChunked) socket.write('0\r\n\r\n', 'latin1')
  else if (left > 0) throw new TransportFault('REQUEST_LENGTH')
}

function announcedLength(headers: readonly string[]): number | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === 'content-length') return Number(headers[index + 1])
  }
  return undefined
}

function drained(socket: Socket): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
