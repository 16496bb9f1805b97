/**
 * The public listener: a Fastify server that hands every request to the
 * acceptor, with limits on heads, times and connections set on purpose.
 */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { ListenConfiguration } from '../configuration/schema.ts'
import { GatewayError } from '../errors.ts'
import { errorCode } from '../log.ts'
import { CertificateWatch } from './certificates.ts'
import { mount } from './mount.ts'

/** What a listener needs. Durations in ms, sizes in bytes. */
export interface ListenerOptions {
  readonly listen: ListenConfiguration
  readonly accept: (request: IncomingMessage, response: ServerResponse) => void
  /** Something that is no HTTP, or took too long, was answered on the bare socket. */
  readonly clientError: (status: number) => void
  readonly certificateReloaded: (error: unknown) => void
}

/** An open listener. */
export interface Listener {
  /** `http://127.0.0.1:8080`, with the port that was really taken. */
  readonly url: string
  /** Open connections. */
  connections(): Promise<number>
  /** Takes no new connections and closes idle ones; resolves when the last one is closed. */
  stop(): Promise<void>
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
  const { listen, accept } = options
  const app = build(options)
  const { server } = app
  server.maxConnections = listen.maxConnections
  server.maxHeadersCount = MAX_HEADERS_COUNT
  // Without a listener Node sends `100 Continue` itself, before anybody has judged the request.
  const again = (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response)
  server.on('checkContinue', again)
  server.on('checkExpectation', again)
  await app.register(mount, { accept })
  await app.ready()
  const { host, port } = listen
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw new GatewayError(
      'TACIT_LISTEN_FAILED',
      `The gateway could not listen on ${host}:${port} (${errorCode(error)}).`,
      'Choose another `port`, or stop what uses this one.'
    )
  }
  const watch = listen.tls && new CertificateWatch(server as SecureServer, listen.tls, options.certificateReloaded)
  return {
    url: urlOf(server, listen),
    connections: () => new Promise(resolve => server.getConnections((_error, count) => resolve(count ?? 0))),
    stop: async () => {
      watch?.close()
      await app.close()
    },
    destroy: () => server.closeAllConnections()
  }
}

function build({ listen, accept, clientError }: ListenerOptions): FastifyInstance {
  const limits = {
    maxHeaderSize: listen.maxHeaderSize,
    headersTimeout: listen.headersTimeout,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, listen.headersTimeout, listen.requestTimeout),
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
    noDelay: true
  }
  const common = {
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestTimeout: listen.requestTimeout,
    keepAliveTimeout: listen.keepAliveTimeout,
    connectionTimeout: 0,
    maxRequestsPerSocket: MAX_REQUESTS_PER_SOCKET,
    // What Fastify's router cannot read, ours judges.
    frameworkErrors: (_error: unknown, request: { raw: IncomingMessage }, reply: HijackableReply) => {
      reply.hijack()
      accept(request.raw, reply.raw)
    },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => answerBareSocket(error, socket, clientError)
  } as const
  if (listen.tls === undefined) return Fastify({ ...common, http: limits }) as unknown as FastifyInstance
  const { cert, key, minVersion } = listen.tls
  const https = {
    ...limits,
    ...readCertificate(cert, key),
    minVersion: minVersion as 'TLSv1.3',
    ALPNProtocols: ['http/1.1']
  }
  return Fastify({ ...common, https }) as unknown as FastifyInstance
}

interface HijackableReply {
  readonly raw: ServerResponse
  hijack(): unknown
}

/** @throws GatewayError `TACIT_CERTIFICATE_INVALID` when a file cannot be read. */
function readCertificate(cert: string, key: string): { readonly cert: Buffer; readonly key: Buffer } {
  try {
    return { cert: readFileSync(cert), key: readFileSync(key) }
  } catch (error) {
    throw new GatewayError(
      'TACIT_CERTIFICATE_INVALID',
      `The certificate or its key could not be read (${errorCode(error)}).`,
      'Check the files named under `listen.tls`.'
    )
  }
}

/** What Node's parser refuses, or what never came to an end: there is no response object, only the socket. */
function answerBareSocket(error: NodeJS.ErrnoException, socket: Socket, told: (status: number) => void): void {
  const status = statusOf(error.code)
  told(status)
  if (!socket.writable || socket.destroyed) {
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

function urlOf(server: Server, { host, tls }: ListenConfiguration): string {
  const { port, address } = server.address() as AddressInfo
  const name = host === '0.0.0.0' || host === '::' ? address : host
  return `${tls === undefined ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`
}
