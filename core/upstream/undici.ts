/**
 * The transport by undici: HTTP/1.1 to one peer over a bounded list of
 * connections, the one used last first, and one transmission per attempt. Knows
 * nothing of routes, plugins or retries; timeouts are its caller's, who aborts.
 *
 * One `Client` per connection from an own list, rather than undici's `Pool`:
 * the connection used last is warm, and no queue stands between.
 */
import type { Socket } from 'node:net'
import type { Client, Dispatcher } from 'undici'
import { Dialer, type DialParts } from './dial.ts'
import { loadUndici } from './load-undici.ts'
import { TransportFault } from './sockets/faults.ts'
import { WebSocketHandshake } from './sockets/handshake.ts'
import type {
  ConnectionOptions,
  Connections,
  OutgoingRequest,
  ResponseHeaders,
  ResponseSink,
  Transmission,
  UpgradeSink
} from './transport.ts'

/** What undici takes; its own types know neither `servername` nor async iterables as bodies. */
interface DispatchOptions extends OutgoingRequest {
  readonly servername: string
  /** Undici would make it anew from the URL of the client with each request. */
  readonly origin: string
}

/** Undici takes a name from each Host header, which may be the client's, and connects anew when it changes. The dialer knows the name. */
const SAME_FOR_ALL = 'peer'

/** Heads of answers beyond this are a failure of the peer. */
const MAX_RESPONSE_HEAD_BYTES = 64 * 1024

/** One connection, which undici opens again as it is needed. */
class Connection {
  readonly client: Client
  #socket: Socket | undefined

  constructor(origin: string, dialer: Dialer, keepAliveMs: number) {
    const idleMs = Math.max(1, keepAliveMs)
    const { Client } = loadUndici()
    this.client = new Client(origin, {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
      // The deadline of the attempt covers connecting, waiting and silence alike.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_RESPONSE_HEAD_BYTES,
      strictContentLength: true,
      connect: (_options, told) => {
        this.#socket = dialer.dial(told)
      }
    })
  }

  /** Closes it at once; also while it is being opened, when undici by itself would wait for the system to give up. */
  destroy(): Promise<void> {
    this.#socket?.destroy()
    return this.client.destroy().catch(() => {})
  }
}

/** The connections to one peer. */
export class UndiciConnections implements Connections {
  readonly origin: string
  readonly #options: ConnectionOptions
  readonly #dialer: Dialer
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()

  constructor(origin: string, options: ConnectionOptions, parts: DialParts = {}) {
    this.origin = origin
    this.#options = options
    this.#dialer = new Dialer(origin, options, parts)
  }

  get size(): number {
    return this.#all.size
  }

  send(request: OutgoingRequest, sink: ResponseSink): Transmission | undefined {
    const connection = this.#idle.pop() ?? this.#open()
    if (connection === undefined) return undefined
    const transmission = new UndiciTransmission(this, connection, sink)
    transmission.start(request)
    return transmission
  }

  upgrade(request: OutgoingRequest, sink: UpgradeSink): Transmission {
    return new WebSocketHandshake(this.#dialer, new URL(this.origin).host, request, sink)
  }

  /** Takes a connection back for the next request. */
  release(connection: Connection): void {
    if (this.#all.has(connection)) this.#idle.push(connection)
  }

  /** Drops a connection that is not to be used again. */
  discard(connection: Connection): void {
    this.#all.delete(connection)
    void connection.destroy()
  }

  async close(): Promise<void> {
    const connections = [...this.#all]
    this.#all.clear()
    this.#idle.length = 0
    await Promise.all(connections.map(connection => connection.destroy()))
  }

  #open(): Connection | undefined {
    if (this.#all.size >= this.#options.max) return undefined
    const connection = new Connection(this.origin, this.#dialer, this.#options.keepAliveMs)
    this.#all.add(connection)
    return connection
  }
}

/** One request on its way, and its answer. */
class UndiciTransmission implements Transmission, Dispatcher.DispatchHandler {
  readonly #connections: UndiciConnections
  readonly #connection: Connection
  #sink: ResponseSink | undefined
  #controller: Dispatcher.DispatchController | undefined

  constructor(connections: UndiciConnections, connection: Connection, sink: ResponseSink) {
    this.#connections = connections
    this.#connection = connection
    this.#sink = sink
  }

  /** Called once, by {@link UndiciConnections.send}. */
  start(request: OutgoingRequest): void {
    const { method, path, headers, body } = request
    const { origin } = this.#connections
    const options: DispatchOptions = { origin, method, path, headers, body, servername: SAME_FOR_ALL }
    try {
      this.#connection.client.dispatch(options as Dispatcher.DispatchOptions, this)
    } catch (error) {
      this.onResponseError(undefined, error)
    }
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  abort(): void {
    if (this.#sink === undefined) return
    this.#sink = undefined
    this.#controller?.abort(new Error('aborted'))
    // Without a controller it is still connecting, and only the client can be stopped.
    this.#connections.discard(this.#connection)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#sink?.onSent()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    const sink = this.#sink
    if (sink === undefined) return
    if (!isPlainFraming(headers)) {
      this.abort()
      sink.onFailure(new TransportFault('RESPONSE_FRAMING'))
    } else if (status >= 200) sink.onHead(status, headers)
    else sink.onInformation(status, headers)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sink?.onData(chunk)
  }

  onResponseEnd(): void {
    const sink = this.#sink
    if (sink === undefined) return
    this.#sink = undefined
    this.#connections.release(this.#connection)
    sink.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    const sink = this.#sink
    if (sink === undefined) return
    this.#sink = undefined
    this.#connections.discard(this.#connection)
    sink.onFailure(error)
  }
}

/** RFC 9112, 6.1: the only transfer coding that we ask for or take is `chunked`, once. Undici takes others as well. */
function isPlainFraming(headers: ResponseHeaders): boolean {
  const coding = headers['transfer-encoding']
  return coding === undefined || (typeof coding === 'string' && coding.toLowerCase() === 'chunked')
}
