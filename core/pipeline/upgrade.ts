/**
 * A WebSocket's place in the life of an exchange: from the peer's agreement to
 * its end. Knows nothing of frames.
 */
import type { Socket } from 'node:net'
import type { LiveAttempt } from './attempt.ts'
import type { LiveExchange } from './exchange.ts'
import { passingHeaders, Reply } from './messages.ts'
import { finishHeaders } from './respond.ts'
import { collapse, finish, rearm } from './stages.ts'
import { Tunnel } from './tunnel.ts'

/** Agrees with the client as the peer has agreed, and connects the two. */
export function connectTunnel(attempt: LiveAttempt, peer: Socket, rest: Buffer): void {
  const { exchange } = attempt
  const { accepted, plan, startedMs } = exchange
  const { socket } = accepted.response
  if (plan.websocket === null || socket === null || exchange.ended) {
    peer.destroy()
    return
  }
  try {
    exchange.source = 'upstream'
    agree(exchange, attempt)
    accepted.response.detachSocket(socket)
    exchange.tunnel = new Tunnel(exchange, plan.websocket, socket, peer, ({ reason, refusal }) => {
      attempt.tunnelEnded()
      exchange.reason = refusal
      if (reason === 'upstream_cut') exchange.error ??= { code: 'TUNNEL_CUT', origin: 'upstream' }
      if (reason === 'client_gone') exchange.error ??= { code: 'CLIENT_GONE', origin: 'client' }
      finish(exchange, reason)
    })
    exchange.deadlineMs = startedMs + plan.websocket.maxDuration
    rearm(exchange)
    exchange.tunnel.start(rest)
  } catch (error) {
    peer.destroy()
    socket.destroy()
    attempt.tunnelEnded()
    collapse(exchange, error)
  }
}

/** The head of the answer. Filters of responses do not see it: there is nothing in it that they could change. */
function agree(exchange: LiveExchange, attempt: LiveAttempt): void {
  const { response } = exchange.accepted
  const reply = new Reply('upstream', 101, passingHeaders(attempt.headers), false, exchange)
  reply.headers.delete('content-length')
  finishHeaders(exchange, reply)
  reply.headers.set('connection', 'Upgrade')
  reply.headers.set('upgrade', 'websocket')
  exchange.status = 101
  exchange.firstByteMs = exchange.elapsedMs()
  response.writeHead(101, reply.headers.flat)
  response.flushHeaders()
}
