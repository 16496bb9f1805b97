/**
 * What carries requests to a peer and brings answers back: the promise that
 * every transport keeps, and what it is told. Types only.
 */
import type { Socket } from 'node:net'
import type { DialOptions } from './dial.ts'

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

/** A sink that is also told when the peer agrees to a WebSocket. */
export interface UpgradeSink extends ResponseSink {
  /** The connection is the sink's from now on; it is paused. `rest` are bytes that came behind the answer's head. */
  onUpgrade(socket: Socket, headers: ResponseHeaders, rest: Buffer): void
}

/** Names in lower case; a header that came more than once is a list. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** What leaves for a peer. */
export interface OutgoingRequest {
  readonly method: string
  /** Path with query, byte for byte. */
  readonly path: string
  /** Flat list, names in lower case; no hop-by-hop header, and no content-length unless `body` is a stream of known length. */
  readonly headers: string[]
  readonly body: Buffer | AsyncIterable<Uint8Array> | null
}

/** How to connect to a peer. */
export interface ConnectionOptions extends DialOptions {
  readonly max: number
  /** How long an idle connection is kept, at most; shorter where the peer says so. */
  readonly keepAliveMs: number
  /** Connections that are kept open ahead of requests. Default: none. */
  readonly warm?: number
}

/** One request on its way, and its answer. */
export interface Transmission {
  /** Stops asking the peer for more until {@link resume}; what was received already may still be told. */
  pause(): void
  resume(): void
  /** Gives up. The connection is closed at once, and the sink hears nothing more. */
  abort(): void
}

/**
 * The connections to one peer. An answer whose body could end in two places, or that is framed by another coding than
 * `chunked`, is a failure, and is never handed on.
 */
export interface Connections {
  /** Connections that exist, busy or idle. */
  readonly size: number
  /**
   * Starts sending. Returns undefined when every connection is busy.
   * The sink may be called before this returns.
   */
  send(request: OutgoingRequest, sink: ResponseSink): Transmission | undefined
  /**
   * Asks for a WebSocket on a connection of its own, which does not count as one of these. The head of the request has
   * the client's `sec-websocket-*` fields. Missing where nobody is reached.
   */
  upgrade?(request: OutgoingRequest, sink: UpgradeSink): Transmission
  /** Begins to open connections ahead of requests, where that is wanted. Called when requests are about to come, and again with each configuration that goes on with them. */
  warm?(): void
  /** Closes every connection; transmissions under way fail. */
  close(): Promise<void>
}
