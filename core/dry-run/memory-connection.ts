/**
 * A client and a server of HTTP/1.1 in one process, over a pair of streams instead of a socket: what is sent is
 * written and parsed by Node as ever, and nothing leaves the process.
 */
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import { GatewayError } from '../errors.ts'
import type { DryRequest } from './explanation.ts'

/** Who a dry request comes from, where nothing is said (RFC 5737). */
export const DRY_CLIENT = '192.0.2.1'

/** What came back. */
export interface MemoryResponse {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** Whether the message was whole; a cut answer is told by a connection that breaks. */
  readonly isWhole: boolean
}

/** Takes requests over streams. */
export class MemoryServer {
  readonly #server: Server

  /** @param maxHeaderBytes as the public listener has it. */
  constructor(accept: RequestListener, maxHeaderBytes: number) {
    this.#server = createServer({
      insecureHTTPParser: false,
      joinDuplicateHeaders: false,
      maxHeaderSize: maxHeaderBytes
    })
    this.#server.on('request', accept)
    // As the listener does: whether a body is wanted is not for Node to say.
    this.#server.on('checkContinue', accept).on('checkExpectation', accept)
  }

  /** Sends one request over a connection of its own. @throws GatewayError `TACIT_REQUEST_INVALID` for one that cannot be written. */
  async send({ method, target, headers = [], body, clientIp = DRY_CLIENT }: DryRequest): Promise<MemoryResponse> {
    // The server would wait for the rest, and nobody here gives up.
    if (announcesMore(headers, body)) throw unwritable()
    const [client, server] = duplexPair()
    this.#server.emit('connection', asSocket(server, clientIp))
    try {
      const answer = await ask(asSocket(client, clientIp), method, target, headersFor(headers, body), body)
      return await whole(answer)
    } finally {
      client.destroy()
      server.destroy()
    }
  }
}

/** What core asks of a socket besides what every stream has. Nobody waits here, so no time passes. */
function asSocket(stream: Duplex, remoteAddress: string): Duplex {
  const nothing = () => stream
  return Object.assign(stream, {
    remoteAddress,
    remotePort: 1,
    bytesRead: 0,
    setTimeout: nothing,
    setNoDelay: nothing,
    setKeepAlive: nothing,
    ref: nothing,
    unref: nothing,
    destroySoon: () => stream.end(),
    resetAndDestroy: () => stream.destroy()
  })
}

function headersFor(lines: readonly (readonly [string, string])[], body: DryRequest['body']): readonly string[] {
  const has = (wanted: string) => lines.some(([name]) => name.toLowerCase() === wanted)
  const flat = lines.flat()
  if (!has('host')) flat.push('host', 'localhost')
  if (body !== undefined && !has('content-length') && !has('transfer-encoding')) {
    flat.push('content-length', String(Buffer.byteLength(body)))
  }
  return flat
}

function ask(
  socket: Duplex,
  method: string,
  target: string,
  headers: readonly string[],
  body: DryRequest['body']
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    try {
      const outgoing = request({
        createConnection: () => socket,
        method,
        path: target,
        headers,
        setDefaultHeaders: false
      })
      outgoing.on('response', resolve).on('error', () => reject(unanswered()))
      outgoing.end(body)
    } catch {
      reject(unwritable())
    }
  })
}

/** Whether a length is announced that the body does not reach. What is no length is left for the server to refuse. */
function announcesMore(lines: readonly (readonly [string, string])[], body: DryRequest['body']): boolean {
  const bytes = body === undefined ? 0 : Buffer.byteLength(body)
  return lines.some(([name, value]) => name.toLowerCase() === 'content-length' && Number(value) > bytes)
}

function unwritable(): GatewayError {
  return new GatewayError(
    'TACIT_REQUEST_INVALID',
    'A request like this cannot be written as HTTP.',
    'Check its method, its path and its headers.'
  )
}

function unanswered(): GatewayError {
  return new GatewayError('TACIT_REQUEST_UNANSWERED', 'The connection was closed before there was an answer.')
}

async function whole(answer: IncomingMessage): Promise<MemoryResponse> {
  const pieces: Buffer[] = []
  let isWhole = true
  try {
    for await (const piece of answer) pieces.push(Buffer.from(piece))
  } catch {
    isWhole = false
  }
  const { rawHeaders, statusCode = 0 } = answer
  const headers: [string, string][] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.push([(rawHeaders[index] ?? '').toLowerCase(), rawHeaders[index + 1] ?? ''])
  }
  return { status: statusCode, headers, body: Buffer.concat(pieces), isWhole: isWhole && answer.complete }
}
