/**
 * Responses that the gateway makes itself: refusals in the client's dialect,
 * and answers of plugins. They go through `responseFilter` like any other.
 */
import type { ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { factsOf } from '../dialects/index.ts'
import { coreRefusal, type Refused } from '../errors.ts'
import type { Answer } from '../plugin.ts'
import { Timer } from '../timers.ts'
import type { Accepted, LiveExchange } from './exchange.ts'
import { buildFlow } from './flows.ts'
import { HeaderList } from './headers.ts'
import { isEventStream, Reply } from './messages.ts'
import { Pieces } from './pieces.ts'
import type { Services } from './services.ts'
import { endWithTurn } from './turn-end.ts'

/** How long, and how much of, an unread request body is read on after a refusal, so that the client can read the refusal. */
const LINGER_MS = 2_000
const LINGER_BYTES = 4 * 1024 * 1024
/** A request's body up to this is on its way already, and is read to its end as a rule. */
export const SHORT_BYTES = 64 * 1024

const EMPTY = Buffer.alloc(0)

/** A refusal, as a reply with its body. */
export function refusalReply(
  exchange: LiveExchange,
  refused: Refused
): { readonly reply: Reply; readonly body: string } {
  const facts = factsOf(exchange.dialect)
  const body = facts.errorBody({ ...refused, requestId: exchange.id })
  const headers = [
    'content-type',
    facts.errorContentType,
    facts.requestIdHeader,
    exchange.id,
    'cache-control',
    'no-store'
  ]
  if (refused.retryAfterMs !== undefined) {
    headers.push('retry-after', String(Math.ceil(refused.retryAfterMs / 1000)))
    headers.push('retry-after-ms', String(Math.ceil(refused.retryAfterMs)))
  }
  // The official SDKs repeat 408, 409, 429 and 5xx unless they are told not to.
  if (refused.status >= 500 || refused.status === 429 || refused.status === 408) {
    headers.push('x-should-retry', String(refused.retryable))
  }
  const reply = new Reply('gateway', refused.status, headers, false, exchange)
  for (const [name, value] of Object.entries(refused.headers ?? {})) reply.headers.set(name, value)
  return { reply, body }
}

/** An answer, as a reply without its body. @throws GatewayError `TACIT_HEADER_INVALID`. */
export function answerReply(exchange: LiveExchange, answer: Answer): Reply {
  const headers = new HeaderList([])
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, value)
  return new Reply('gateway', answer.status, headers.flat, isEventStream(headers.get('content-type')), exchange)
}

/**
 * Sends a reply that the gateway made, through what plugins attached to its body.
 * @returns when the last byte was handed to the client's connection.
 * @throws Whatever an observer, a transform or the body itself threw; the head may have left by then.
 */
export async function sendReply(exchange: LiveExchange, reply: Reply, body: Answer['body']): Promise<void> {
  try {
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
      await sendWhole(exchange, reply, typeof body === 'string' ? Buffer.from(body) : (body ?? EMPTY))
    } else if (reply.body.isCollected) {
      await sendWhole(exchange, reply, await collected(exchange, body))
    } else await sendStream(exchange, reply, body)
  } catch (error) {
    reply.body.endObservers(false)
    throw error
  }
}

async function sendWhole(exchange: LiveExchange, reply: Reply, body: Uint8Array): Promise<void> {
  const bytes = reply.body.isUntouched ? body : await transformed(reply, body)
  if (exchange.ended || exchange.accepted.response.destroyed) return
  exchange.responseBytes = bytes.length
  // RFC 9110, 8.6: no Content-Length in a 204.
  if (reply.status !== 204) reply.headers.put('content-length', String(bytes.length))
  writeHead(exchange, reply)
  endResponse(exchange, bytes)
}

async function transformed(reply: Reply, bytes: Uint8Array): Promise<Uint8Array> {
  const pieces = new Pieces()
  const { body } = reply
  const { flow } = buildFlow(body, { push: piece => pieces.add(Buffer.from(piece)), end: () => {} })
  if (bytes.length > 0) await flow.push(bytes)
  await flow.end()
  body.endObservers(true)
  return body.rewrites ? pieces.whole() : bytes
}

/** What is too large for the route ends like any body that breaks. */
async function collected({ plan }: LiveExchange, body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces = new Pieces()
  let length = 0
  for await (const piece of body) {
    length += piece.length
    if (length > plan.limits.maxResponse) throw coreRefusal('response_too_large')
    pieces.add(Buffer.from(piece))
  }
  return pieces.whole()
}

async function sendStream(exchange: LiveExchange, reply: Reply, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const { response } = exchange.accepted
  const { body } = reply
  const send = (piece: Uint8Array) => {
    exchange.responseBytes += piece.length
    response.write(piece)
  }
  const { flow } = buildFlow(body, { push: send, end: () => {} })
  writeHead(exchange, reply)
  response.flushHeaders()
  for await (const piece of pieces) {
    if (exchange.ended || response.destroyed) break
    if (!body.rewrites) send(piece)
    if (!body.isUntouched) await flow.push(piece)
    if (response.writableNeedDrain) await drained(response)
  }
  const isCut = exchange.ended || response.destroyed
  if (!isCut) await flow.end()
  body.endObservers(!isCut)
  if (!isCut) endResponse(exchange)
}

/** When the client takes more, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (response.destroyed) resolve()
  response.on('drain', resolve).on('close', resolve)
  return promise.finally(() => response.off('drain', resolve).off('close', resolve))
}

function writeHead(exchange: LiveExchange, reply: Reply): void {
  const { response } = exchange.accepted
  exchange.status = reply.status
  exchange.firstByteMs = exchange.elapsedMs()
  finishHeaders(exchange, reply)
  response.writeHead(reply.status, reply.headers.flat)
}

/** The gateway's own headers, after everybody else's. */
export function finishHeaders(exchange: LiveExchange, reply: Reply): void {
  const { services, attempts } = exchange
  const { shows } = services
  const { headers } = reply
  services.beforeAnswer?.()
  headers.put('x-tacit-request-id', exchange.id)
  const last = attempts.at(-1)
  if (last !== undefined) {
    if (shows.upstream) headers.put('x-tacit-upstream', last.upstream)
    if (shows.attempts) headers.put('x-tacit-attempts', String(attempts.length))
  }
  if (shows.overhead) {
    const overheadMs = Math.max(0, exchange.elapsedMs() - exchange.waitedMs)
    headers.put('x-tacit-overhead-ms', overheadMs.toFixed(2))
  }
  if (reply.source === 'upstream') headers.flat.push('via', '1.1 tacit')
  if (services.isStopping() || leavesHalf(exchange)) headers.put('connection', 'close')
}

/** Whether the client has more of its body to send. */
function isStillSending({ accepted: { hasBody, request } }: LiveExchange): boolean {
  return hasBody && !request.complete
}

/** Whether half a body may be left on the connection, which cannot be used again then. */
function leavesHalf(exchange: LiveExchange): boolean {
  const { contentLength = Number.POSITIVE_INFINITY } = exchange.accepted
  return isStillSending(exchange) && (contentLength > SHORT_BYTES || !isAwaited(exchange))
}

/** A body that nobody has asked for does not come. */
function isAwaited({ accepted: { expectsContinue }, requestBytes }: LiveExchange): boolean {
  return !expectsContinue || requestBytes > 0
}

/**
 * Ends the response, with its last bytes or all of them. A client that is still
 * sending a body would meet a reset connection instead of the answer if it were
 * closed now, so the body is read on for a while, and thrown away.
 */
export function endResponse(exchange: LiveExchange, bytes: Uint8Array = EMPTY): void {
  if (isReadOn(exchange)) endWhenRead(exchange.services, exchange.accepted, bytes)
  else exchange.accepted.response.end(bytes.length === 0 ? undefined : bytes)
}

/** The same for an exchange that is over with this: its body leaves with those of others, and its head has told how long it is. */
export function endWhole(exchange: LiveExchange, body: Buffer): void {
  if (isReadOn(exchange)) endWhenRead(exchange.services, exchange.accepted, body)
  else endWithTurn(exchange.accepted.response, body)
}

function isReadOn(exchange: LiveExchange): boolean {
  return isStillSending(exchange) && isAwaited(exchange) && !exchange.accepted.request.destroyed
}

/** Sends the last bytes of a response at once, and ends it when the rest of its request has been read. */
export function endWhenRead(services: Services, messages: Messages, bytes: Uint8Array): void {
  if (bytes.length > 0) messages.response.write(bytes)
  new Linger(services, messages).begin()
}

/** A request and its response. */
type Messages = Pick<Accepted, 'request' | 'response'>

/** Breaks a response off whose head has left, in a way that no client takes for its end. */
export function breakOff({ request, response }: Messages): void {
  const { socket } = response
  // To HTTP/1.0 the end of the connection is the end of the body. TLS tells an end from a break by itself.
  if (request.httpVersion === '1.0' && socket !== null && !(socket instanceof TLSSocket)) socket.resetAndDestroy()
  else response.destroy()
}

/** Reads on until the request is whole, or for as long and as much as is bearable. */
class Linger extends Timer {
  readonly #services: Services
  readonly #messages: Messages
  #readBytes = 0

  constructor(services: Services, messages: Messages) {
    super()
    this.#services = services
    this.#messages = messages
  }

  begin(): void {
    const { wheel, clock } = this.#services
    wheel.schedule(this, clock.monotonic() + LINGER_MS)
    this.#messages.request.on('data', this.#count).on('end', this.#end).on('close', this.#end).resume()
  }

  expire(): void {
    this.#end()
  }

  readonly #count = (chunk: Buffer): void => {
    this.#readBytes += chunk.length
    if (this.#readBytes > LINGER_BYTES) this.#end()
  }

  readonly #end = (): void => {
    const { request, response } = this.#messages
    this.#services.wheel.cancel(this)
    request.off('data', this.#count).off('end', this.#end).off('close', this.#end)
    response.end()
    if (!request.complete) response.socket?.destroySoon()
  }
}
