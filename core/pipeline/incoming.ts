/** How the body of a request comes in: collected as a whole, or passed on as a stream. */
import { coreRefusal } from '../errors.ts'
import type { LiveExchange } from './exchange.ts'
import { Pieces } from './pieces.ts'

/** Bodies of known length up to this are collected even if nobody reads them: one buffer costs less than a stream, and can be sent again. */
const SMALL_BYTES = 64 * 1024

const EMPTY = Buffer.alloc(0)

/** Chunks may cost so much on the wire beyond their content: a part that is free, and a part for each byte of content. */
const FREE_FRAMING_BYTES = 64 * 1024
const FRAMING_PER_BYTE = 16

/** Whether the whole body is there. */
export function isCollected(exchange: LiveExchange): boolean {
  return exchange.downstream.body.content !== undefined
}

/** Whether it is worth collecting a body that nobody reads. */
export function isSmall({ accepted: { hasBody, contentLength } }: LiveExchange): boolean {
  return !hasBody || (contentLength !== undefined && contentLength <= SMALL_BYTES)
}

/**
 * Collects the body, then calls `done`; at once when there is none.
 * `refuse` is called instead when it grows beyond the route's `maxBody`.
 */
export function collectBody(
  exchange: LiveExchange,
  done: (exchange: LiveExchange) => void,
  refuse: (exchange: LiveExchange) => void
): void {
  const { accepted, downstream, services, plan } = exchange
  if (!accepted.hasBody) {
    downstream.body.fill(EMPTY)
    done(exchange)
    return
  }
  const { request } = accepted
  const { turn } = exchange
  const startedMs = services.clock.monotonic()
  const pieces = new Pieces()
  const leave = () => {
    request.off('data', take)
    request.off('end', end)
  }
  const take = (chunk: Buffer) => {
    // Refused meanwhile, by the deadline for one: whoever refused sees to the rest.
    if (exchange.ended || turn !== exchange.turn) {
      leave()
      return
    }
    pieces.add(chunk)
    exchange.requestBytes += chunk.length
    if (exchange.requestBytes <= plan.limits.maxBody && !isMostlyFraming(exchange)) return
    leave()
    request.pause()
    refuse(exchange)
  }
  const end = () => {
    if (exchange.ended || turn !== exchange.turn) return
    exchange.waitedMs += services.clock.monotonic() - startedMs
    downstream.body.fill(pieces.whole())
    done(exchange)
  }
  request.on('data', take)
  request.on('end', end)
  askForBody(exchange)
}

/**
 * The body as it comes, for one try only. Reads no further than the upstream takes it.
 * @throws Refused 413 `body_too_large` into the reader when it grows beyond the route's `maxBody`.
 */
export async function* streamBody(exchange: LiveExchange): AsyncGenerator<Uint8Array> {
  exchange.bodyConsumed = true
  askForBody(exchange)
  const chunks: AsyncIterable<Buffer> = exchange.accepted.request.iterator({ destroyOnReturn: false })
  exchange.awaitsBody = true
  for await (const chunk of chunks) {
    exchange.awaitsBody = false
    exchange.attempt?.sentPiece()
    exchange.requestBytes += chunk.length
    if (exchange.requestBytes > exchange.plan.limits.maxBody || isMostlyFraming(exchange)) {
      throw coreRefusal('body_too_large')
    }
    yield chunk
    exchange.awaitsBody = true
  }
  exchange.awaitsBody = false
  exchange.attempt?.sentPiece()
}

/**
 * Whether a chunked body is hardly any content. Node bounds the extensions of each chunk, but not those of all of
 * them: a client could keep the connection busy with gigabytes around a body within the limits.
 */
function isMostlyFraming({ accepted: { contentLength, request, readBytes }, requestBytes }: LiveExchange): boolean {
  if (contentLength !== undefined) return false
  return request.socket.bytesRead - readBytes > FREE_FRAMING_BYTES + requestBytes * FRAMING_PER_BYTE
}

/** RFC 9110, 10.1.1: the client waits to be told that its body is wanted, which is so only now. */
function askForBody({ accepted }: LiveExchange): void {
  if (accepted.expectsContinue) accepted.response.writeContinue()
}
