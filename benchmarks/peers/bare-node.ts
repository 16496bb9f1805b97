/**
 * The least that a proxy on Node can do with `node:http` and undici's `dispatch`: the floor that the gateway is held
 * against. It carries requests and answers, small ones in one piece and streams as they come, and refuses, checks, retries
 * and logs nothing. Never to be used for anything else.
 *
 *     node benchmarks/peers/bare-node.ts <port> <port of the upstream> [<certificate> <key>]
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Client, type Dispatcher } from 'undici'

const WHOLE_UP_TO_BYTES = 64 * 1024
const [port = '0', upstreamPort = '0', cert, key] = process.argv.slice(2)
const origin = `http://127.0.0.1:${upstreamPort}`

/** Connections without a request, the one used last on top: fewer of them stay warm than if they took turns. */
const idle: Client[] = []

/** Names that belong to one connection (RFC 9110, 7.6.1), and framing, which each side does anew. */
function isDropped(name: string): boolean {
  switch (name.toLowerCase()) {
    case 'connection':
    case 'keep-alive':
    case 'te':
    case 'trailer':
    case 'transfer-encoding':
    case 'upgrade':
    case 'expect':
    case 'host':
      return true
    default:
      return false
  }
}

/** Bytes of a header as Node writes them back. */
function latin1(text: Buffer | string | undefined): string {
  return typeof text === 'object' ? text.toString('latin1') : (text ?? '')
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  readonly #client: Client
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #headers: string[] = []
  #held: Buffer | undefined
  #isStreamed = false

  constructor(response: ServerResponse, client: Client) {
    this.#response = response
    this.#client = client
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#response.on('close', () => {
      if (!this.#response.writableFinished) controller.abort(new Error('the client has left'))
    })
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    const raw = controller.rawHeaders
    if (!Array.isArray(raw)) return
    let lengthBytes = Number.POSITIVE_INFINITY
    for (let at = 0; at < raw.length; at += 2) {
      const name = latin1(raw[at])
      if (isDropped(name)) continue
      const value = latin1(raw[at + 1])
      if (name.length === 14 && name.toLowerCase() === 'content-length') lengthBytes = Number(value)
      this.#headers.push(name, value)
    }
    this.#status = status
    this.#isStreamed = lengthBytes > WHOLE_UP_TO_BYTES
    if (!this.#isStreamed) return
    this.#response.writeHead(status, this.#headers)
    this.#response.on('drain', () => this.#controller?.resume())
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isStreamed) this.#held = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk])
    else if (!this.#response.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    idle.push(this.#client)
    if (!this.#isStreamed) this.#response.writeHead(this.#status, this.#headers)
    this.#response.end(this.#held)
  }

  onResponseError(): void {
    idle.push(this.#client)
    if (this.#response.headersSent) this.#response.destroy()
    else this.#response.writeHead(502).end()
  }
}

function forward(request: IncomingMessage, response: ServerResponse, body: Buffer | null): void {
  const headers: string[] = []
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? ''
    if (!isDropped(name)) headers.push(name, request.rawHeaders[at + 1] ?? '')
  }
  const client = idle.pop() ?? new Client(origin, { pipelining: 1, allowH2: false })
  const { method = 'GET', url: path = '/' } = request
  client.dispatch({ method, path, headers, body }, new Exchange(response, client))
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  let body: Buffer | null = null
  request.on('data', (chunk: Buffer) => {
    body = body === null ? chunk : Buffer.concat([body, chunk])
  })
  request.on('end', () => forward(request, response, body))
}

const server =
  cert === undefined || key === undefined
    ? createServer(serve)
    : createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, serve)
// An idle connection is to be measured, not closed.
server.keepAliveTimeout = 600_000
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
