/**
 * Responses that the gateway makes itself: refusals in the client's dialect,
 * and answers of plugins. They go through `responseFilter` like any other.
 */
import { factsOf } from '../dialects/index.ts'
import type { Refused } from '../errors.ts'
import type { Answer } from '../plugin.ts'
import type { LiveExchange } from './exchange.ts'
import { buildFlow, isPromise } from './flows.ts'
import { Reply } from './messages.ts'

/** How long, and how much of, an unread request body is read on after a refusal, so that the client can read the refusal. */
const LINGER_MS = 2_000
const LINGER_BYTES = 4 * 1024 * 1024

/** A refusal, as a reply with its body. */
export function refusalReply(
  exchange: LiveExchange,
  refused: Refused
): { readonly reply: Reply; readonly body: string } {
  const facts = factsOf(exchange.dialect)
  const body = facts.errorBody({ ...refused, requestId: exchange.id })
  const headers = ['content-type', facts.errorContentType, 'cache-control', 'no-store']
  if (refused.retryAfterMs !== undefined) {
    headers.push('retry-after', String(Math.ceil(refused.retryAfterMs / 1000)))
    headers.push('retry-after-ms', String(Math.ceil(refused.retryAfterMs)))
  }
  // The official SDKs repeat 408, 409, 429 and 5xx unless they are told not to.
  if (refused.status >= 500 || refused.status === 429 || refused.status === 408) {
    headers.push('x-should-retry', String(refused.retryable))
  }
  const reply = new Reply('gateway', refused.status, headers, false)
  for (const [name, value] of Object.entries(refused.headers ?? {})) reply.headers.set(name, value)
  return { reply, body }
}

/** An answer, as a reply without its body. */
export function answerReply(answer: Answer): Reply {
  const reply = new Reply('gateway', answer.status, [], false)
  for (const [name, value] of Object.entries(answer.headers)) reply.headers.set(name, value)
  return reply
}

/**
 * Sends a reply that the gateway made, through what plugins attached to its body.
 * @returns when the last byte was handed to the client's connection.
 * @throws Whatever a transform threw, before anything was sent.
 */
export async function sendReply(exchange: LiveExchange, reply: Reply, body: Answer['body']): Promise<void> {
  const { response } = exchange.accepted
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    await sendStream(exchange, reply, body)
    return
  }
  let bytes: Uint8Array = typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.alloc(0))
  if (!reply.body.isUntouched) bytes = await transformed(reply, bytes)
  if (exchange.ended || response.destroyed) return
  exchange.responseBytes = bytes.length
  // RFC 9110, 8.6: no Content-Length in a 204.
  if (reply.status !== 204) reply.headers.set('content-length', String(bytes.length))
  writeHead(exchange, reply)
  response.write(bytes)
  lingerThenEnd(exchange)
}

async function transformed(reply: Reply, bytes: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  const { body } = reply
  const { flow } = buildFlow(body, { push: piece => void pieces.push(piece), end: () => {} })
  const wait = flow.push(bytes)
  if (isPromise(wait)) await wait
  await flow.end()
  let whole = body.transforms.length > 0 ? Buffer.concat(pieces) : bytes
  for (const transform of body.wholes) whole = Buffer.from(await transform(whole))
  body.endObservers(true)
  return whole
}

async function sendStream(exchange: LiveExchange, reply: Reply, body: AsyncIterable<Uint8Array>): Promise<void> {
  const { response } = exchange.accepted
  writeHead(exchange, reply)
  for await (const piece of body) {
    if (exchange.ended || response.destroyed) return
    exchange.responseBytes += piece.length
    if (!response.write(piece)) await new Promise(resolve => response.once('drain', resolve).once('close', resolve))
  }
  response.end()
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
  const { services } = exchange
  const { flat } = reply.headers
  flat.push('x-tacit-request-id', exchange.id)
  if (services.showsOverhead) {
    const overheadMs = Math.max(0, exchange.elapsedMs() - exchange.waitedMs)
    flat.push('x-tacit-overhead-ms', overheadMs.toFixed(2))
  }
  if (reply.source === 'upstream') flat.push('via', '1.1 tacit')
  if (services.isStopping()) flat.push('connection', 'close')
}

/**
 * Ends the response. A client that is still sending a body would meet a reset
 * connection instead of the answer if it were closed now, so the body is read on
 * for a while, and thrown away.
 */
function lingerThenEnd({ accepted, requestBytes }: LiveExchange): void {
  const { request, response, hasBody, expectsContinue } = accepted
  if (!hasBody || request.complete || request.readableEnded) {
    response.end()
    return
  }
  // A connection with half a body on it cannot be used again.
  response.shouldKeepAlive = false
  // Nobody has asked for this body, so it does not come.
  if (expectsContinue && requestBytes === 0) {
    response.end()
    return
  }
  let readBytes = 0
  const end = () => {
    clearTimeout(timer)
    request.off('data', count)
    request.off('end', end)
    request.off('close', end)
    response.end()
  }
  const count = (chunk: Buffer) => {
    readBytes += chunk.length
    if (readBytes > LINGER_BYTES) end()
  }
  const timer = setTimeout(end, LINGER_MS)
  request.on('data', count)
  request.on('end', end)
  request.on('close', end)
  request.resume()
}
