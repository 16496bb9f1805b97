/**
 * Our own load generator, a process of its own: a fixed number of connections, on each the same request again as soon as
 * the answer is complete. Sockets and as little parsing as framing needs, so that it costs less than what it loads.
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Type } from '@sinclair/typebox'
import { errand, serveErrands } from '../harness/errands.ts'
import { type Load, requestText } from './chat-request.ts'
import type { LoadResult } from './generator.ts'
import { Latencies } from './latencies.ts'
import { MessageReader } from './message-reader.ts'

const Job = Type.Object({
  port: Type.Integer(),
  load: Type.Object({
    method: Type.Union([Type.Literal('GET'), Type.Literal('POST')]),
    path: Type.String(),
    bodyBytes: Type.Integer(),
    connections: Type.Integer(),
    seconds: Type.Number(),
    isStream: Type.Optional(Type.Boolean()),
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    isTls: Type.Optional(Type.Boolean())
  })
})

/** Reads of all sockets land here one after another: each is used up before the next. */
const READ_BUFFER = Buffer.alloc(64 * 1024)

/** What all connections of one load count into. */
class Tally {
  readonly latencies = new Latencies()
  requests = 0
  errors = 0
  stopped = false
}

class Connection {
  readonly #request: Buffer
  readonly #tally: Tally
  readonly #reader: MessageReader
  readonly #socket: Socket
  #sentAt = 0
  #status = ''

  constructor(port: number, request: Buffer, tally: Tally, isTls: boolean) {
    this.#request = request
    this.#tally = tally
    this.#reader = new MessageReader({
      head: head => {
        this.#status = head.slice(9, 12)
      },
      body: () => {},
      end: () => this.#answered()
    })
    this.#socket = isTls ? openTls(port, this.#reader) : open(port, this.#reader)
    this.#socket.once(isTls ? 'secureConnect' : 'connect', () => this.#send())
    // A connection that broke is not replaced: the errors say that the figures are worth nothing.
    this.#socket.once('error', () => this.#failed())
    this.#socket.once('end', () => this.#failed())
  }

  close(): void {
    this.#socket.destroy()
  }

  #send(): void {
    this.#sentAt = performance.now()
    this.#socket.write(this.#request)
  }

  #answered(): void {
    if (this.#tally.stopped) return
    if (this.#status === '200') {
      this.#tally.requests++
      this.#tally.latencies.record((performance.now() - this.#sentAt) * 1000)
    } else {
      this.#tally.errors++
    }
    this.#send()
  }

  #failed(): void {
    if (!this.#tally.stopped) this.#tally.errors++
    this.#socket.destroy()
  }
}

function open(port: number, reader: MessageReader): Socket {
  return connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: READ_BUFFER,
      callback: size => {
        reader.push(READ_BUFFER.subarray(0, size))
        return true
      }
    }
  })
}

/** Trusts whoever answers: the certificate of a run is made for it, and nothing secret is sent. */
function openTls(port: number, reader: MessageReader): Socket {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
  socket.setNoDelay(true)
  socket.on('data', bytes => reader.push(bytes))
  return socket
}

async function send(port: number, load: Load): Promise<LoadResult> {
  const request = Buffer.from(requestText(load, port), 'latin1')
  const tally = new Tally()
  const startedAt = performance.now()
  const connections = Array.from(
    { length: load.connections },
    () => new Connection(port, request, tally, load.isTls === true)
  )
  await new Promise(resolve => setTimeout(resolve, load.seconds * 1000))
  tally.stopped = true
  const seconds = (performance.now() - startedAt) / 1000
  for (const connection of connections) connection.close()
  const { latencies, requests, errors } = tally
  return {
    requests,
    errors,
    seconds,
    p50Us: latencies.quantileUs(0.5),
    p99Us: latencies.quantileUs(0.99),
    p999Us: latencies.quantileUs(0.999)
  }
}

serveErrands({ send: errand(Job, ({ port, load }) => send(port, load)) })
