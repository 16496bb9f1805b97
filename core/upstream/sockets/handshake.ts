/**
 * Asks a peer for a WebSocket (RFC 6455, 4.1) on a connection of its own, and
 * hands that over when the peer agrees. Any other answer is an answer like any
 * other. Knows nothing of what is said then.
 */
import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Dialer } from '../dial.ts'
import type { OutgoingRequest, Transmission, UpgradeSink } from '../transport.ts'
import { TransportFault } from './faults.ts'
import { requestHead } from './request-head.ts'
import { Head } from './response-head.ts'
import { ResponseReader } from './response-reader.ts'

/** RFC 6455, 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const MAX_HEAD_BYTES = 64 * 1024
const END = Buffer.from('\r\n\r\n')
const SWITCHING = /^HTTP\/1\.1 101[ \r]/

/** One request for a WebSocket, and its answer. */
export class WebSocketHandshake implements Transmission {
  readonly #request: OutgoingRequest
  readonly #sink: UpgradeSink
  readonly #socket: Socket
  readonly #answer = new ResponseReader()
  /** Before it is known what the answer is. */
  #begun: Buffer | undefined = Buffer.alloc(0)
  #isOver = false

  /** Connects. @throws TransportFault `REQUEST_INVALID`; and what TLS throws for certificates that it cannot read. */
  constructor(dialer: Dialer, authority: string, request: OutgoingRequest, sink: UpgradeSink) {
    this.#request = request
    this.#sink = sink
    const plain = requestHead(request, authority)
    const head = Buffer.concat([
      plain.subarray(0, -2),
      Buffer.from('connection: Upgrade\r\nupgrade: websocket\r\n\r\n')
    ])
    this.#socket = dialer.dial((...[error, socket]) => {
      if (error !== null) this.#fail(error)
      else if (!this.#isOver) {
        sink.onSent()
        socket.write(head)
      }
    })
    this.#socket.on('data', this.#take)
    this.#socket.on('error', this.#fail)
    this.#socket.on('end', this.#end)
    this.#socket.on('close', this.#end)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  abort(): void {
    this.#isOver = true
    this.#socket.destroy()
  }

  readonly #take = (bytes: Buffer): void => {
    if (this.#isOver) return
    try {
      if (this.#begun === undefined) this.#read(bytes)
      else this.#begin(Buffer.concat([this.#begun, bytes]))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Finds out what the answer is. */
  #begin(begun: Buffer): void {
    const end = begun.indexOf(END)
    if (end === -1) {
      if (begun.length > MAX_HEAD_BYTES) throw new TransportFault('RESPONSE_HEAD')
      this.#begun = begun
      return
    }
    this.#begun = undefined
    const text = begun.toString('latin1', 0, end + 2)
    if (SWITCHING.test(text)) {
      this.#switch(text, begun.subarray(end + END.length))
      return
    }
    this.#answer.begin(this.#request.method, this.#sink)
    this.#read(begun)
  }

  #read(bytes: Buffer): void {
    if (this.#answer.read(bytes, 0, bytes.length) === -1) return
    this.abort()
    this.#sink.onEnd()
  }

  #switch(text: string, rest: Buffer): void {
    const { headers } = new Head(text, this.#request.method)
    const key = fieldOf(this.#request.headers, 'sec-websocket-key') ?? ''
    const expected = createHash('sha1')
      .update(key + GUID)
      .digest('base64')
    const offered = (fieldOf(this.#request.headers, 'sec-websocket-protocol') ?? '').split(',').map(name => name.trim())
    const chosen = headers['sec-websocket-protocol']
    const isAgreed =
      String(headers.upgrade).toLowerCase() === 'websocket' &&
      /\bupgrade\b/i.test(String(headers.connection)) &&
      headers['sec-websocket-accept'] === expected &&
      (chosen === undefined || (typeof chosen === 'string' && offered.includes(chosen)))
    if (!isAgreed) throw new TransportFault('RESPONSE_HEAD')
    this.#isOver = true
    this.#socket.off('data', this.#take).off('end', this.#end).off('close', this.#end).off('error', this.#fail)
    this.#socket.pause()
    this.#sink.onUpgrade(this.#socket, headers, rest)
  }

  readonly #end = (): void => {
    if (this.#isOver) return
    if (this.#begun === undefined && this.#answer.endsWithConnection) {
      this.abort()
      this.#sink.onEnd()
    } else this.#fail(new TransportFault('CONNECTION_CLOSED'))
  }

  readonly #fail = (error: unknown): void => {
    if (this.#isOver) return
    this.abort()
    this.#sink.onFailure(error)
  }
}

function fieldOf(headers: readonly string[], wanted: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === wanted) return headers[index + 1]
  return undefined
}
