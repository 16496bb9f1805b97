/**
 * A real HTTP upstream on a loopback port whose every answer a test scripts:
 * whole, piece by piece, never, cut or reset. It records what arrived. It knows
 * nothing of the gateway.
 */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What a test needs of tap: a place to put the end of things. */
export interface Teardown {
  teardown(work: () => unknown): void
}

/** A request that arrived whole. */
export interface SeenRequest {
  readonly method: string
  /** Path and query as they stood in the request line. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** How the upstream's side of an exchange ended. */
export interface Closing {
  /** True when the whole response was handed to the connection; false when the connection went first. */
  readonly clean: boolean
  /** `performance.now()` of that moment, in ms. */
  readonly atMs: number
}

/** One request at the upstream and the answer that the test gives it. */
export interface UpstreamExchange {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  /** The whole body. Rejects when the connection broke before it was there. */
  readonly body: Promise<Buffer>
  /** Never rejects. */
  readonly closed: Promise<Closing>
  /** For what the methods below do not cover. */
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket

  /** Sends the whole answer. `Content-Length` is set unless `headers` frames the body. */
  answer(
    status: number,
    headers: Readonly<Record<string, string | readonly string[]>>,
    body?: string | Uint8Array
  ): void
  /** Sends the head by itself; the body is then chunked unless `headers` says otherwise. */
  head(status: number, headers: Readonly<Record<string, string | readonly string[]>>): void
  /**
   * Sends a piece of the body by itself. Resolves two turns of the event loop later, when a gateway
   * in this process has read it: what is written next is another read there.
   */
  write(piece: string | Uint8Array): Promise<void>
  /** Ends the body well. */
  end(): void
  /** Closes the connection with a FIN in the middle of whatever was being sent. */
  cut(): void
  /** Closes the connection with a RST. */
  reset(): void
  /** Writes bytes to the connection as they stand, past all of HTTP. */
  raw(bytes: string | Uint8Array): Promise<void>
}

/** Answers an exchange; called when the head of the request is there. What it throws, the process throws. */
export type Handler = (exchange: UpstreamExchange) => void | Promise<void>

/** The upstream as a test holds it. */
export interface TestUpstream {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Requests that arrived whole, in the order in which they were complete. */
  readonly requests: readonly SeenRequest[]
  /** Connections accepted so far. */
  readonly connections: number
  /** Answers all exchanges that come from now on; without a handler they wait for {@link TestUpstream.next}. */
  handle(handler: Handler | undefined): void
  /** The next exchange that no handler took, in order of arrival. Resolves when its head is there. */
  next(): Promise<UpstreamExchange>
  /** Drops every connection and stops. Done by the test's teardown. */
  close(): Promise<void>
}

/** Starts an upstream on a free loopback port, or on `port`; it ends with the test. */
export async function startUpstream(t: Teardown, handler?: Handler, port = 0): Promise<TestUpstream> {
  const requests: SeenRequest[] = []
  const waiting: UpstreamExchange[] = []
  const takers: ((exchange: UpstreamExchange) => void)[] = []
  let current = handler
  let connections = 0

  function accept(request: IncomingMessage, response: ServerResponse): void {
    const exchange = makeExchange(request, response, seen => requests.push(seen))
    if (current !== undefined) {
      run(current, exchange)
      return
    }
    const taker = takers.shift()
    if (taker === undefined) waiting.push(exchange)
    else taker(exchange)
  }

  // A test decides about `Expect: 100-continue` itself: node would answer before the handler runs.
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, accept)
  server.on('checkContinue', accept)
  server.on('connection', socket => {
    connections += 1
    socket.setNoDelay(true)
    // Connections break here on purpose, and the exchange tells how.
    socket.on('error', () => {})
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the upstream listens on no port')

  async function close(): Promise<void> {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  t.teardown(close)

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    get connections() {
      return connections
    },
    handle(next) {
      current = next
    },
    next() {
      const exchange = waiting.shift()
      if (exchange !== undefined) return Promise.resolve(exchange)
      return new Promise(resolve => takers.push(resolve))
    },
    close
  }
}

/** A handler's fault must not look like a fault of what is under test. */
function run(handler: Handler, exchange: UpstreamExchange): void {
  const fail = (error: unknown): void => {
    process.nextTick(() => {
      throw error
    })
  }
  try {
    handler(exchange)?.catch(fail)
  } catch (error) {
    fail(error)
  }
}

function makeExchange(
  request: IncomingMessage,
  response: ServerResponse,
  record: (seen: SeenRequest) => void
): UpstreamExchange {
  const { socket, rawHeaders, headers } = request
  const method = request.method ?? ''
  const target = request.url ?? ''

  const body = new Promise<Buffer>((resolve, reject) => {
    const pieces: Buffer[] = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => {
      const whole = Buffer.concat(pieces)
      record({ method, target, headers, rawHeaders, body: whole })
      resolve(whole)
    })
    request.on('error', reject)
    request.on('close', () => reject(new Error('the connection broke before the request was complete')))
  })
  // Most tests never look at it.
  body.catch(() => {})

  const closed = new Promise<Closing>(resolve => {
    response.on('close', () => resolve({ clean: response.writableFinished, atMs: performance.now() }))
  })

  return {
    method,
    target,
    headers,
    rawHeaders,
    body,
    closed,
    request,
    response,
    socket,
    answer(status, head, content = '') {
      const framed = Object.keys(head).some(name => /^(content-length|transfer-encoding)$/i.test(name))
      const bytes = Buffer.from(content)
      const bodiless = status === 204 || status === 304 || method === 'HEAD'
      response.writeHead(status, asOutgoing(head, framed || bodiless ? undefined : bytes.length))
      response.end(bytes)
    },
    head(status, head) {
      response.writeHead(status, asOutgoing(head, undefined))
      response.flushHeaders()
    },
    async write(piece) {
      response.write(piece)
      await turns()
    },
    end() {
      response.end()
    },
    cut() {
      // destroySoon sends what is queued, then a FIN; the response itself stays unfinished.
      socket.destroySoon()
    },
    reset() {
      socket.resetAndDestroy()
    },
    async raw(bytes) {
      socket.write(bytes)
      await turns()
    }
  }
}

function asOutgoing(
  headers: Readonly<Record<string, string | readonly string[]>>,
  contentLength: number | undefined
): Record<string, string | string[]> {
  const outgoing: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) outgoing[name] = typeof value === 'string' ? value : [...value]
  if (contentLength !== undefined) outgoing['content-length'] = String(contentLength)
  return outgoing
}

/**
 * Two turns of the event loop. The first ends the turn that wrote; in the poll phase before the second,
 * every other socket of this process sees what the kernel has for it.
 */
export async function turns(count = 2): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve))
}
