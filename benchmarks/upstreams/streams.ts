/** An upstream of endless event streams, a process of its own. Every event carries the instant it was written. */
import { createServer, type Socket } from 'node:net'
import { Type } from '@sinclair/typebox'
import { errand, serveErrands } from '../harness/errands.ts'
import { MessageReader } from '../load/message-reader.ts'
import { EVENT_BYTES, stampedEvent } from '../load/stamped-events.ts'

const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n'
const TICK_MS = 1
/** A reader this far behind gets no more events: they would only measure memory. */
const BEHIND_BYTES = 1024 * 1024

const streams: Socket[] = []
/** What requests say that ask for usage. */
const ASKS = Buffer.from('"include_usage":true')
const asking = new Set<Socket>()

function nowNs(): number {
  return Number(process.hrtime.bigint())
}

function writeEvent(socket: Socket): void {
  if (socket.writableLength > BEHIND_BYTES) return
  socket.write(`${EVENT_BYTES.toString(16)}\r\n${stampedEvent(nowNs(), asking.has(socket))}\r\n`, 'latin1')
}

function serve(socket: Socket): void {
  socket.setNoDelay(true)
  const reader = new MessageReader({
    head: () => {},
    body: bytes => {
      if (bytes.includes(ASKS)) asking.add(socket)
    },
    end: () => {
      socket.write(HEAD, 'latin1')
      writeEvent(socket)
      streams.push(socket)
    }
  })
  socket.on('data', bytes => reader.push(bytes))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    const place = streams.indexOf(socket)
    if (place >= 0) streams.splice(place, 1)
    asking.delete(socket)
  })
}

/** Lets the streams take turns, evenly within each period. */
function takeTurns(periodMs: number): void {
  let next = 0
  let dueNs = nowNs()
  setInterval(() => {
    const now = nowNs()
    const gapNs = (periodMs * 1e6) / Math.max(1, streams.length)
    // Whoever is late by more than a period does not catch up: a burst would measure itself.
    if (now - dueNs > periodMs * 1e6) dueNs = now
    for (; dueNs <= now && streams.length > 0; dueNs += gapNs) {
      next = (next + 1) % streams.length
      const stream = streams[next]
      if (stream !== undefined) writeEvent(stream)
    }
  }, TICK_MS)
}

const server = createServer(serve)

serveErrands({
  listen: errand(Type.Object({ port: Type.Integer(), periodMs: Type.Number() }), ({ port, periodMs }) => {
    if (periodMs > 0) takeTurns(periodMs)
    return new Promise<void>(resolve => server.listen({ port, host: '127.0.0.1', backlog: 4096 }, resolve))
  })
})
