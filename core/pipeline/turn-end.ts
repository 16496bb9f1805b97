/**
 * Ends responses that are whole when the event loop has seen to everything that
 * sockets had for it in this turn. Written one by one between the answers of
 * upstreams, each would wake its reader by itself, and find the code that writes
 * gone from the processor's cache. Knows nothing of exchanges.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Bodies up to this leave as text behind the text of their head: one write of one piece, where a buffer is a second piece. */
const TEXT_BYTES = 4 * 1024

let responses: ServerResponse[] = []
let bodies: Buffer[] = []

/** Ends a response whose head says how long its body is. */
export function endWithTurn(response: ServerResponse, body: Buffer): void {
  bodies.push(body)
  if (responses.push(response) === 1) setImmediate(endAll)
}

function endAll(): void {
  const ending = responses
  const lasts = bodies
  responses = []
  bodies = []
  for (let index = 0; index < ending.length; index++) end(ending[index], lasts[index])
}

function end(response: ServerResponse | undefined, body: Buffer | undefined): void {
  if (response === undefined) return
  if (body === undefined || body.length === 0) response.end()
  else if (body.length <= TEXT_BYTES) response.end(body.toString('latin1'), 'latin1')
  else response.end(body)
}

let corked: Socket[] = []

/** Keeps what is written to a socket from now on together until this turn is over. */
export function holdForTurn(socket: Socket): void {
  if (socket.writableCorked > 0) return
  socket.cork()
  if (corked.push(socket) === 1) setImmediate(uncorkAll)
}

function uncorkAll(): void {
  const sockets = corked
  corked = []
  for (const socket of sockets) socket.uncork()
}
