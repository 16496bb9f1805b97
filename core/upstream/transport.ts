/**
 * HTTP/1.1 to one peer, by undici: a bounded last-in-first-out list of
 * connections, and one transmission per attempt. Knows nothing of routes,
 * plugins or retries; timeouts are its caller's, who aborts.
 *
 * One `Client` per connection from an own list, rather than undici's `Pool`:
 * the connection used last is warm, and no queue stands between.
 */
import { Client, type Dispatcher } from 'undici'

/** Told how one transmission goes. Nothing is told after {@link Transmission.abort}. */
export interface ResponseSink {
  /** The first byte of the request is about to leave: from here on the peer may have received it. */
  onSent(): void
  /** An informational answer (1xx), before the real one. */
  onInformation(status: number, headers: ResponseHeaders): void
  onHead(status: number, headers: ResponseHeaders): void
  onData(chunk: Buffer): void
  onEnd(): void
  /** `code` is safe to log: an error's own code, never its message. */
  onFailure(error: unknown): void
}

/** Names in lower case; a header that came more than once is a list. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** What leaves for a peer. */
export interface OutgoingRequest {
  readonly method: string
  /** Path with query, byte for byte. */
  readonly path: string
  /** Flat list; no hop-by-hop header and no content-length unless `body` is a stream of known length. */
  readonly headers: string[]
  readonly body: Buffer | AsyncIterable<Uint8Array> | null
}

/** How to connect to a peer. */
export interface ConnectionOptions {
  readonly max: number
  readonly keepAliveMs: number
  /** PEM of the authorities to trust instead of the well-known ones. */
  readonly ca: string | undefined
  /** Name to ask for and to verify; undefined for plain connections and for addresses. */
  readonly serverName: string | undefined
}

/** What undici takes; its own types know neither `servername` nor async iterables as bodies. */
interface DispatchOptions extends OutgoingRequest {
  servername?: string
}

/** Heads of answers beyond this are a failure of the peer. */
const MAX_RESPONSE_HEAD_BYTES = 64 * 1024

/** The connections to one peer. */
export class Connections {
  readonly #origin: string
  readonly #options: ConnectionOptions
  readonly #idle: Client[] = []
  readonly #all = new Set<Client>()

  constructor(origin: string, options: ConnectionOptions) {
    this.#origin = origin
    this.#options = options
  }

  /** Connections that exist, busy or idle. */
  get size(): number {
    return this.#all.size
  }

  /**
   * Starts sending. Returns undefined when every connection is busy.
   * The sink may be called before this returns.
   */
  send(request: OutgoingRequest, sink: ResponseSink): Transmission | undefined {
    const client = this.#idle.pop() ?? this.#open()
    if (client === undefined) return undefined
    const transmission = new Transmission(this, client, sink)
    transmission.start(request, this.#options.serverName)
    return transmission
  }

  /** Takes a connection back for the next request. */
  release(client: Client): void {
    if (this.#all.has(client) && !client.destroyed && !client.closed) this.#idle.push(client)
  }

  /** Drops a connection that is not to be used again. */
  discard(client: Client): void {
    this.#all.delete(client)
    void client.destroy().catch(() => {})
  }

  /** Closes every connection; transmissions under way fail. */
  async close(): Promise<void> {
    const clients = [...this.#all]
    this.#all.clear()
    this.#idle.length = 0
    await Promise.all(clients.map(client => client.destroy().catch(() => {})))
  }

  #open(): Client | undefined {
    if (this.#all.size >= this.#options.max) return undefined
    const { ca, serverName, keepAliveMs } = this.#options
    const client = new Client(this.#origin, {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: Math.max(keepAliveMs, 60_000),
      // The deadline of the attempt covers connecting, waiting and silence alike.
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: 0,
      maxHeaderSize: MAX_RESPONSE_HEAD_BYTES,
      strictContentLength: true,
      connect: {
        timeout: 0,
        rejectUnauthorized: true,
        ...(ca === undefined ? {} : { ca }),
        ...(serverName === undefined ? {} : { servername: serverName })
      }
    })
    this.#all.add(client)
    return client
  }
}

/** One request on its way, and its answer. */
export class Transmission implements Dispatcher.DispatchHandler {
  readonly #connections: Connections
  readonly #client: Client
  #sink: ResponseSink | undefined
  #controller: Dispatcher.DispatchController | undefined

  constructor(connections: Connections, client: Client, sink: ResponseSink) {
    this.#connections = connections
    this.#client = client
    this.#sink = sink
  }

  /** Called once, by {@link Connections.send}. */
  start(request: OutgoingRequest, serverName: string | undefined): void {
    const { method, path, headers, body } = request
    const options: DispatchOptions = { method, path, headers, body }
    // Otherwise undici takes the name from the Host header, which may be the client's.
    if (serverName !== undefined) options.servername = serverName
    try {
      this.#client.dispatch(options as Dispatcher.DispatchOptions, this)
    } catch (error) {
      this.onResponseError(undefined, error)
    }
  }

  /** Stops asking the peer for more until {@link resume}. */
  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  /** Gives up. The connection is closed at once, and the sink hears nothing more. */
  abort(): void {
    if (this.#sink === undefined) return
    this.#sink = undefined
    this.#controller?.abort(new Error('aborted'))
    // Without a controller it is still connecting, and only the client can be stopped.
    this.#connections.discard(this.#client)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#sink?.onSent()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    const sink = this.#sink
    if (sink === undefined) return
    if (status >= 200) sink.onHead(status, headers)
    else sink.onInformation(status, headers)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sink?.onData(chunk)
  }

  onResponseEnd(): void {
    const sink = this.#sink
    if (sink === undefined) return
    this.#sink = undefined
    this.#connections.release(this.#client)
    sink.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    const sink = this.#sink
    if (sink === undefined) return
    this.#sink = undefined
    this.#connections.discard(this.#client)
    sink.onFailure(error)
  }
}
