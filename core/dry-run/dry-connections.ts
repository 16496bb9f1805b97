/**
 * The connections of a dry run: they reach nobody. What would be sent is written down, and an answer is made up as it
 * was assumed. Time passes on the clock of the dry run only.
 */
import { factsOf } from '../dialects/index.ts'
import { coreRefusal } from '../errors.ts'
import { LiveAttempt } from '../pipeline/attempt.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import type { Connections, OutgoingRequest, ResponseSink, Transmission } from '../upstream/transport.ts'
import type { AssumedAnswer, ExplainedMessage } from './explanation.ts'

const ANSWERS: AssumedAnswer = { outcome: 'answers' }

/** What every peer of a dry run is reached by. */
export class DryConnections implements Connections {
  readonly size = 0
  readonly #clock: ManualClock
  readonly #answers: Readonly<Record<string, AssumedAnswer>>
  readonly #sent: WeakMap<LiveAttempt, ExplainedMessage>

  /** @param sent where it is written down what would leave for each try. */
  constructor(
    clock: ManualClock,
    answers: Readonly<Record<string, AssumedAnswer>>,
    sent: WeakMap<LiveAttempt, ExplainedMessage>
  ) {
    this.#clock = clock
    this.#answers = answers
    this.#sent = sent
  }

  send(request: OutgoingRequest, sink: ResponseSink): Transmission {
    if (!(sink instanceof LiveAttempt)) throw new TypeError('a dry run sends for attempts only')
    const { upstream, peer } = sink
    const assumed = this.#answers[`${upstream}/${peer.id}`] ?? this.#answers[peer.id] ?? this.#answers['*'] ?? ANSWERS
    const sending = new DrySending()
    this.#answer(request, sink, assumed, sending).catch((error: unknown) => {
      if (!sending.isAborted) sink.onFailure(error)
    })
    return sending
  }

  async close(): Promise<void> {}

  async #answer(
    request: OutgoingRequest,
    attempt: LiveAttempt,
    assumed: AssumedAnswer,
    sending: DrySending
  ): Promise<void> {
    // Never before `send` has returned, as with a real connection.
    await Promise.resolve()
    if (sending.isAborted) return
    if (assumed.outcome === 'connect_failed') throw failure('ECONNREFUSED')
    attempt.onSent()
    const { method, path: target } = request
    const headers = pairs(request.headers)
    // Whoever writes the request adds it where nobody has said another.
    if (!headers.some(([name]) => name === 'host')) headers.unshift(['host', attempt.peer.origin.host])
    const bodyBytes = await bytesOf(request.body)
    if (bodyBytes > 0 && !headers.some(([name]) => name === 'content-length')) {
      headers.push(['content-length', String(bodyBytes)])
    }
    this.#sent.set(attempt, { method, target, headers, bodyBytes })
    if (sending.isAborted) return
    if (assumed.outcome === 'reset') throw failure('ECONNRESET')
    // The wheel of the dry run listens to its clock, and gives the try up when the time has come.
    if (assumed.outcome === 'timed_out') this.#clock.advance(attempt.plan.upstream.timeouts.firstByte)
    else this.#clock.advance(assumed.afterMs ?? 0)
    if (sending.isAborted || assumed.outcome === 'timed_out') return
    const { status, headers: answered, body } = answerOf(assumed, attempt)
    attempt.onHead(status, answered)
    if (sending.isAborted) return
    if (body.length > 0) attempt.onData(body)
    if (!sending.isAborted) attempt.onEnd()
  }
}

class DrySending implements Transmission {
  isAborted = false
  pause(): void {}
  resume(): void {}
  abort(): void {
    this.isAborted = true
  }
}

/** An assumed answer, made whole. */
function answerOf(assumed: AssumedAnswer, { exchange }: LiveAttempt) {
  const { status = 200, headers = {} } = assumed
  const { errorBody, errorContentType } = factsOf(exchange.dialect)
  const isError = status >= 400
  const error = () => errorBody({ ...coreRefusal('upstream_failed'), status, requestId: exchange.id })
  const body = Buffer.from(assumed.body ?? (isError ? error() : status === 204 || status === 304 ? '' : '{}'))
  const own: Record<string, string> = { 'content-type': isError ? errorContentType : 'application/json' }
  for (const [name, value] of Object.entries(headers)) own[name.toLowerCase()] = value
  if (own['content-type']?.startsWith('text/event-stream') !== true) own['content-length'] = String(body.length)
  return { status, headers: own, body }
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}

function pairs(flat: readonly string[]): (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = []
  for (let index = 0; index < flat.length; index += 2) {
    lines.push([(flat[index] ?? '').toLowerCase(), flat[index + 1] ?? ''])
  }
  return lines
}

/** A body that streams from the client is read to its end, as a peer would. */
async function bytesOf(body: OutgoingRequest['body']): Promise<number> {
  if (body === null) return 0
  if (body instanceof Uint8Array) return body.length
  let bytes = 0
  for await (const piece of body) bytes += piece.length
  return bytes
}
