/**
 * Takes a request from the listener: judges its head, finds its route, and
 * hands it to the pipeline. What is refused here has no route, and so no
 * exchange: it is answered and counted, and no plugin hears of it.
 */
import { randomUUID } from 'node:crypto'
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type Dialect, dialectOfList, factsOf, recogniseDialect } from '../dialects/index.ts'
import { type CoreReason, coreRefusal } from '../errors.ts'
import { LiveExchange } from '../pipeline/exchange.ts'
import { HeaderList } from '../pipeline/headers.ts'
import { LiveList } from '../pipeline/live-list.ts'
import { clientGone, run } from '../pipeline/pipeline.ts'
import type { RoutePlan } from '../pipeline/plan.ts'
import { endWhenRead, SHORT_BYTES } from '../pipeline/respond.ts'
import type { Services } from '../pipeline/services.ts'
import { hostName } from './authority.ts'
import { addForwarded, clientAddress, isLoop, passedOn } from './forwarded.ts'
import { type RequestHead, readHead } from './head.ts'
import type { Matcher } from './matcher.ts'
import { plainAddress, type TrustedProxies } from './trusted-proxies.ts'
import { UnreadAnswers } from './unread-answers.ts'
import { asksForWebSocket, webSocketFault } from './websocket.ts'

/** What the acceptor needs to know. */
export interface AcceptorOptions {
  readonly services: Services
  /** The routes as they stand now. */
  readonly routes: () => Matcher<RoutePlan>
  readonly trustedProxies: TrustedProxies
  /** Name of this gateway in `via`; one of its own for every process. */
  readonly pseudonym: string
  /** How long a client may take nothing of an answer that is whole, in ms. */
  readonly idleMs: number
  /** A request was refused before it had a route. */
  readonly refused: (reason: CoreReason) => void
}

/** What is known of one connection. */
interface Connection {
  readonly exchanges: LiveList<LiveExchange>
  readonly address: string
  readonly trusted: boolean
  readonly secure: boolean
  /** Requests that came while another was being answered, in order. */
  readonly waiting: { readonly request: IncomingMessage; readonly response: ServerResponse }[]
  /** The answer to the latest request that was not left waiting. */
  response: ServerResponse | undefined
  /** An answer that ends the connection is on its way. The parser hands over what was sent behind it all the same. */
  isClosing: boolean
}

/** No client sends so many requests ahead; whoever does wants the memory that they take. */
const MAX_WAITING = 16

/** The door between listener and pipeline. */
export class Acceptor {
  readonly #options: AcceptorOptions
  readonly #connections = new WeakMap<Socket, Connection>()
  readonly #unread: UnreadAnswers

  constructor(options: AcceptorOptions) {
    this.#options = options
    const { services, idleMs } = options
    const { clock, wheel } = services
    const isBusy = (socket: Socket) => (this.#connections.get(socket)?.exchanges.size ?? 0) > 0
    this.#unread = new UnreadAnswers({ clock, wheel, idleMs, isBusy })
  }

  /**
   * Takes one request; never throws. Requests that were sent ahead of the answer to another wait for it: only
   * safe ones could be carried out beside each other (RFC 9112, 9.3.2), and nothing is gained by it here.
   */
  readonly accept = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    const connection = this.#connections.get(socket) ?? this.#open(socket)
    // Nobody would get the answer, and where the head was refused it may be no request at all.
    if (connection.isClosing) return
    const { exchanges, waiting } = connection
    if (exchanges.size === 0 && waiting.length === 0 && !isLingering(connection)) {
      this.#take(connection, request, response)
      return
    }
    if (waiting.length === MAX_WAITING) {
      connection.isClosing = true
      socket.destroy()
      return
    }
    if (waiting.push({ request, response }) === 1) this.#waitForAnswer(connection)
  }

  /** Whether a request is for a WebSocket, on a route that serves them. Its head is judged later, like any other. */
  readonly upgrades = ({ method, headers, url = '' }: IncomingMessage): boolean => {
    if (!asksForWebSocket(method, headers.upgrade)) return false
    const [path = ''] = url.split('?', 1)
    const { route } = this.#options.routes().find(hostName(headers.host ?? ''), 'GET', path)
    return route !== undefined && route.websocket !== null
  }

  /** Takes a request for a WebSocket, of which the parser has let go. @param first what came behind its head. */
  readonly upgrade = (request: IncomingMessage, socket: Socket, first: Buffer): void => {
    const connection = this.#connections.get(socket) ?? this.#open(socket)
    const { exchanges, waiting } = connection
    // A client waits for the answer before it says more (RFC 6455, 4.1); what it has said would reach the peer unjudged.
    if (connection.isClosing || first.length > 0 || exchanges.size > 0 || waiting.length > 0) {
      socket.destroy()
      return
    }
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    socket.on('error', () => {})
    // Whatever the answer is, no other request follows it.
    response.on('finish', () => socket.destroySoon())
    this.#take(connection, request, response, true)
  }

  /** Whether an answer is on its way on this connection, so that nothing else may be written to it. */
  readonly isAnswering = (socket: Socket): boolean => {
    const response = this.#connections.get(socket)?.response
    return response?.headersSent === true && !response.writableFinished
  }

  #waitForAnswer(connection: Connection): void {
    const { response } = connection
    if (response === undefined || response.closed) this.#takeWaiting(connection)
    else response.once('close', () => this.#takeWaiting(connection))
  }

  #takeWaiting(connection: Connection): void {
    const next = connection.waiting.shift()
    if (next === undefined || connection.isClosing || !next.request.socket.writable) {
      connection.waiting.length = 0
      return
    }
    this.#take(connection, next.request, next.response)
    if (connection.waiting.length > 0) this.#waitForAnswer(connection)
  }

  #take(connection: Connection, request: IncomingMessage, response: ServerResponse, upgrades = false): void {
    const { services, routes, pseudonym } = this.#options
    connection.response = response
    this.#unread.release(request.socket)
    const method = request.method ?? ''
    const target = request.url ?? ''
    const head = readHead(method, target, request.httpVersion, request.rawHeaders, connection.trusted)
    if (typeof head === 'string') {
      this.#refuse(connection, request, response, head, true)
      return
    }
    if (isLoop(head.via, pseudonym)) {
      this.#refuse(connection, request, response, 'loop_detected', true)
      return
    }
    const query = target.indexOf('?')
    const path = query < 0 ? target : target.slice(0, query)
    const match = routes().find(hostName(head.host), method, path)
    if (match.route === undefined) {
      const { allowed } = match
      if (allowed.length > 0) response.setHeader('allow', allowed.join(', '))
      const reason = allowed.length > 0 ? 'method_not_allowed' : 'route_not_found'
      this.#refuse(connection, request, response, reason, false)
      return
    }
    const plan = match.route
    const accepted = this.#accepted(request, response, head, connection, method, target, upgrades)
    if (upgrades) {
      const { connection: field } = request.headers
      const fault = plan.websocket && webSocketFault(accepted.headers, field, plan.websocket.origins)
      if (fault) {
        this.#refuse(connection, request, response, fault, true)
        return
      }
    }
    run(new LiveExchange(accepted, plan, plan.dialect ?? dialectOf(method, path, request), services))
  }

  #accepted(
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
    connection: Connection,
    method: string,
    target: string,
    upgrades: boolean
  ) {
    const { trustedProxies, pseudonym } = this.#options
    const { headers, host, contentLength, chunked, expectContinue, forwardedFor, nominated } = head
    const { address, trusted, secure, exchanges } = connection
    const clientIp = trusted ? clientAddress(address, forwardedFor, trustedProxies) : address
    const outgoingHeaders = passedOn(headers, nominated)
    addForwarded(outgoingHeaders, head, {
      peerAddress: address,
      peerTrusted: trusted,
      secure,
      httpVersion: request.httpVersion,
      pseudonym,
      revealClient: true
    })
    return {
      id: randomUUID(),
      request,
      response,
      method,
      target,
      clientIp,
      headers: new HeaderList(headers),
      host,
      contentLength,
      hasBody: chunked || (contentLength !== undefined && contentLength > 0),
      expectsContinue: expectContinue,
      readBytes: request.socket.bytesRead,
      connection: exchanges,
      upgrades,
      outgoingHeaders
    }
  }

  /** One listener per connection, rather than one per request, tells when clients leave. */
  #open(socket: Socket): Connection {
    const address = plainAddress(socket.remoteAddress ?? '')
    const connection: Connection = {
      exchanges: new LiveList(),
      address,
      trusted: this.#options.trustedProxies.trusts(address),
      secure: socket instanceof TLSSocket,
      waiting: [],
      response: undefined,
      isClosing: false
    }
    this.#connections.set(socket, connection)
    this.#unread.watch(socket)
    socket.on('close', () => {
      for (const exchange of connection.exchanges) clientGone(exchange)
    })
    return connection
  }

  /** Answers in the dialect that the path suggests. After a head that could not be trusted the connection is closed. */
  #refuse(
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    reason: CoreReason,
    closes: boolean
  ): void {
    const { refused, services } = this.#options
    refused(reason)
    const { status, message, retryable } = coreRefusal(reason)
    const facts = factsOf(recogniseDialect((request.url ?? '').split('?', 1)[0] ?? ''))
    const requestId = randomUUID()
    const body = Buffer.from(facts.errorBody({ status, reason, message, retryable, requestId }))
    const rest = restOf(request)
    if (closes || services.isStopping() || rest === 'long') {
      connection.isClosing = true
      response.setHeader('connection', 'close')
    }
    response.writeHead(status, {
      'content-type': facts.errorContentType,
      [facts.requestIdHeader]: requestId,
      'content-length': body.length,
      'cache-control': 'no-store',
      'x-tacit-request-id': requestId
    })
    // Who is still sending would meet a reset connection instead of the answer. What cannot be trusted is not read.
    if (closes || rest === 'none' || request.headers.expect !== undefined) response.end(body)
    else endWhenRead(services, { request, response }, body)
  }
}

/** As the path tells it, and for lists of models the client. */
function dialectOf(method: string, path: string, { headers }: IncomingMessage): Dialect {
  const dialect = recogniseDialect(path)
  return method === 'GET' ? dialectOfList(dialect, headers['anthropic-version']?.toString()) : dialect
}

/** Whether an answer has still to end whose exchange is over: the rest of its request is read first. It may end the connection. */
function isLingering({ exchanges, response }: Connection): boolean {
  return exchanges.size === 0 && response?.headersSent === true && !response.writableEnded
}

/** What may still come of a request's body that nobody wants: a long one will not be read to its end. */
function restOf({ headers, complete }: IncomingMessage): 'none' | 'short' | 'long' {
  const length = Number(headers['content-length'] ?? 0)
  if (complete || (length === 0 && headers['transfer-encoding'] === undefined)) return 'none'
  return length > 0 && length <= SHORT_BYTES && headers.expect === undefined ? 'short' : 'long'
}
