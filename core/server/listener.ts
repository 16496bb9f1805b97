/**
 * The public listener: a server whose life Fastify leads and whose requests go
 * straight to the acceptor, with limits on heads, times and connections set on
 * purpose. Where an application mounts the gateway they come by `mount.ts`.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import { Server as NetServer, type Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { ListenConfiguration } from '../configuration/schema.ts'
import { GatewayError } from '../errors.ts'
import { errorCode } from '../log.ts'
import { LiveList } from '../pipeline/live-list.ts'
import { bind } from './binding.ts'
import { CertificateWatch } from './certificates.ts'

/** What a listener needs. Durations in ms, sizes in bytes. */
export interface ListenerOptions {
  readonly listen: ListenConfiguration
  readonly accept: (request: IncomingMessage, response: ServerResponse) => void
  /** Whether a request is for a WebSocket that is served, and what takes it then. */
  readonly upgrades?: (request: IncomingMessage) => boolean
  readonly upgrade?: (request: IncomingMessage, socket: Socket, first: Buffer) => void
  /** Whether an answer is on its way on this connection. */
  readonly isAnswering: (socket: Socket) => boolean
  /** Something that is no HTTP, or took too long, was answered on the bare socket. */
  readonly clientError: (status: number) => void
  readonly certificateReloaded: (error: unknown) => void
  /** Descriptor of a bound socket to listen on, in place of the address. */
  readonly inherited?: number | undefined
}

/** An open listener. */
export interface Listener {
  /** `http://127.0.0.1:8080`, with the port that was really taken. */
  readonly url: string
  /** File descriptor of its socket, good while it is open; undefined where it cannot be handed on. */
  readonly descriptor: number | undefined
  /** Open connections. */
  connections(): Promise<number>
  /**
   * Takes no new connections and closes idle ones; resolves when the last one is closed.
   * @param lingerMs how long an idle connection may still be used for a last request. A client that sends one just as
   * its connection is closed cannot know whether it was received.
   */
  stop(lingerMs?: number): Promise<void>
  /** Closes every connection at once. */
  destroy(): void
}

/** How often deadlines of heads and bodies are looked at, in ms: they are exceeded by this much at most. */
const CHECK_INTERVAL_MS = 1_000
/** A connection is closed after so many requests, so that load spreads over new processes. */
const MAX_REQUESTS_PER_SOCKET = 10_000
/** Node's own limit on fields; the strict check of heads refuses far fewer. */
const MAX_HEADERS_COUNT = 2_000

/** Opens the public listener. @throws GatewayError `TACIT_LISTEN_FAILED`, `TACIT_CERTIFICATE_INVALID`. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { listen } = options
  const { app, server, watch } = build(options)
  server.keepAliveTimeout = listen.keepAliveTimeout
  server.maxConnections = listen.maxConnections
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET
  server.maxHeadersCount = MAX_HEADERS_COUNT
  // Without a listener Node sends `100 Continue` itself, before anybody has judged the request.
  const again = (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response)
  server.on('checkContinue', again)
  server.on('checkExpectation', again)
  server.on('upgrade', (request: IncomingMessage, socket: Socket, first: Buffer) => {
    options.upgrade?.(request, socket, first)
  })
  const sockets = new LiveList<Socket>()
  const empty = Promise.withResolvers<void>()
  let isStopping = false
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      if (isStopping && sockets.size === 0) empty.resolve()
    })
  })
  const { host, port } = listen
  let descriptor: number | undefined
  try {
    const binding = bind({ host, port }, options.inherited)
    descriptor = binding.descriptor
    await app.listen(binding.listen)
  } catch (error) {
    watch?.close()
    throw new GatewayError(
      'TACIT_LISTEN_FAILED',
      `The gateway could not listen on ${host}:${port} (${errorCode(error)}).`,
      'Choose another `port`, or stop what uses this one.'
    )
  }
  return {
    url: urlOf(server, listen),
    descriptor,
    connections: () => new Promise(resolve => server.getConnections((_error, count) => resolve(count ?? 0))),
    stop: async (lingerMs = 0) => {
      watch?.close()
      isStopping = true
      if (sockets.size === 0) empty.resolve()
      if (lingerMs > 0) {
        // That of the HTTP server would close idle connections, too.
        NetServer.prototype.close.call(server)
        const over = setTimeout(empty.resolve, lingerMs)
        await empty.promise
        clearTimeout(over)
      }
      const closed = app.close()
      // What is answered from now on is the last answer of its connection, also where its head has left already.
      server.keepAliveTimeout = 1
      // Node takes a connection for idle only after its first request, and looks at its time limits no more.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      await closed
    },
    destroy: () => server.closeAllConnections()
  }
}

interface Built {
  readonly app: FastifyInstance
  readonly server: Server | SecureServer
  readonly watch: CertificateWatch | undefined
}

function build(options: ListenerOptions): Built {
  const { listen, accept, certificateReloaded } = options
  const settings = {
    maxHeaderSize: listen.maxHeaderSize,
    headersTimeout: listen.headersTimeout,
    requestTimeout: listen.requestTimeout,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, listen.headersTimeout, listen.requestTimeout),
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
    noDelay: true,
    shouldUpgradeCallback: options.upgrades ?? (() => false)
  }
  const { tls } = listen
  let watch: CertificateWatch | undefined
  let server: Server | SecureServer
  if (tls === undefined) server = createServer(settings)
  else {
    const secure = certified(() => {
      const pair = { cert: readFileSync(tls.cert), key: readFileSync(tls.key) }
      return createSecureServer({
        ...settings,
        ...pair,
        minVersion: tls.minVersion,
        ALPNProtocols: ['http/1.1'],
        // Nobody sends a head before the handshake is over.
        handshakeTimeout: listen.headersTimeout
      })
    })
    watch = new CertificateWatch(secure, tls, certificateReloaded)
    server = secure
  }
  const app = Fastify({
    logger: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => answerBareSocket(error, socket, options),
    // Routing is the acceptor's: what Fastify would make of each request here, nobody looks at.
    serverFactory: () => server.on('request', accept)
  })
  return { app, server, watch }
}

/** @throws GatewayError `TACIT_CERTIFICATE_INVALID` when a file cannot be read, or the two do not belong together. */
function certified<Value>(make: () => Value): Value {
  try {
    return make()
  } catch (error) {
    throw new GatewayError(
      'TACIT_CERTIFICATE_INVALID',
      `The certificate or its key cannot be used (${errorCode(error)}).`,
      'Check the files named under `listen.tls`.'
    )
  }
}

/** What Node's parser refuses, or what never came to an end: there is no response object, only the socket. */
function answerBareSocket(
  error: NodeJS.ErrnoException,
  socket: Socket,
  { clientError, isAnswering }: ListenerOptions
): void {
  const status = statusOf(error.code)
  clientError(status)
  // What is written now would be taken for a part of the answer that is on its way.
  if (!socket.writable || socket.destroyed || isAnswering(socket)) {
    socket.destroy()
    return
  }
  socket.end(`HTTP/1.1 ${status} ${PHRASES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  // Whoever sends such a thing is not waited for.
  socket.setTimeout(1_000, () => socket.destroy())
}

const PHRASES = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large'
}

function statusOf(code: string | undefined): keyof typeof PHRASES {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408
    case 'HPE_HEADER_OVERFLOW':
      return 431
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 413
    default:
      return 400
  }
}

function urlOf(server: Server | SecureServer, { host, tls }: ListenConfiguration): string {
  const bound = server.address()
  if (typeof bound !== 'object' || bound === null) throw new TypeError('the listener has no address')
  const { port, address } = bound
  const name = host === '0.0.0.0' || host === '::' ? address : host
  return `${tls === undefined ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`
}
