/**
 * Brings a response to the client: its head, its body with backpressure, and
 * an honest end. A stream of events only ever shows the client whole events, so
 * that a cut can be told with one more; a short answer is held until it is
 * whole, and leaves in one write with its head.
 */
import type { ServerResponse } from 'node:http'
import { factsOf } from '../dialects/index.ts'
import { coreRefusal, type Refused } from '../errors.ts'
import type { LiveAttempt } from './attempt.ts'
import type { LiveExchange } from './exchange.ts'
import { type BuiltFlow, buildFlow, isPromise } from './flows.ts'
import type { Reply } from './messages.ts'
import { Pieces } from './pieces.ts'
import { breakOff, endResponse, endWhole } from './respond.ts'
import type { AttachedBody } from './response-body.ts'
import { WholeEvents } from './sse.ts'
import { holdForTurn } from './turn-end.ts'

/** Answers of known length up to this are held until they are whole. */
const HELD_BYTES = 64 * 1024
/** Time for a client to take the last bytes of a response that broke off. */
const FLUSH_MS = 10_000
/** Longest part of an event that is kept back; a longer event is passed on in pieces. */
const PARTIAL_EVENT_BYTES = 256 * 1024

/** Who decides what an end means: the pipeline. */
export interface DeliveryOwner {
  /** Everything was handed to the client's connection. */
  delivered(exchange: LiveExchange): void
  /** The body broke off; the client was told as well as can be. */
  broken(exchange: LiveExchange, refused: Refused, code: string): void
  /** Nothing was sent yet, so the client can still be refused. */
  refuse(exchange: LiveExchange, refused: Refused): void
  /** A plugin's observer or transform threw. */
  bodyFailed(exchange: LiveExchange, error: unknown): Refused
  /** The upstream is over after the client had gone. */
  drained(exchange: LiveExchange): void
}

/** The response of one exchange on its way. */
export class Delivery {
  readonly #exchange: LiveExchange
  readonly #attempt: LiveAttempt
  readonly #response: ServerResponse
  readonly #status: number
  readonly #headers: string[]
  readonly #body: AttachedBody
  readonly #owner: DeliveryOwner
  readonly #hasNoBody: boolean
  readonly #built: BuiltFlow | undefined
  /** Of a stream whose events can be told apart. */
  readonly #wholes: WholeEvents | undefined
  /** Pieces of a short or rewritten answer; undefined for a body that is sent as it comes. */
  #held: Pieces | undefined
  /** Whether the client has been sent a part of an event. */
  #isInEvent = false
  #receivedBytes = 0
  #hasHead = false
  #isOver = false
  #isDetached = false
  #onDrain: (() => void) | undefined

  constructor(exchange: LiveExchange, attempt: LiveAttempt, reply: Reply, owner: DeliveryOwner) {
    const { status, headers, body } = reply
    this.#exchange = exchange
    this.#attempt = attempt
    this.#response = exchange.accepted.response
    this.#status = status
    this.#headers = headers.flat
    this.#body = body
    this.#owner = owner
    // RFC 9110, 6.4.1: an answer to HEAD, a 204 and a 304 have no content, whatever their headers say.
    this.#hasNoBody = exchange.accepted.method === 'HEAD' || status === 204 || status === 304
    if (body.isEventStream && !attempt.isEncoded) this.#wholes = new WholeEvents()
    if (!body.isUntouched && !this.#hasNoBody) {
      // What comes out event by event needs not be looked at again.
      const givesEvents = body.isEventStream && body.transforms.at(-1)?.over === 'events'
      const push = givesEvents ? (bytes: Uint8Array) => this.#write(bytes) : (bytes: Uint8Array) => this.#pass(bytes)
      this.#built = buildFlow(body, { push, end: () => {} })
    }
  }

  /** Begins. `contentLength` is what the upstream announced. */
  start(contentLength: number | undefined): void {
    const { isEventStream, rewrites, isCollected } = this.#body
    const isShort = contentLength !== undefined && contentLength <= HELD_BYTES && !isEventStream && !rewrites
    if (isShort || isCollected || this.#hasNoBody) this.#held = new Pieces()
    else process.nextTick(sendHead, this)
  }

  /**
   * Sends the head, unless that is done. It waits until this turn of the event loop is over, so that a body which
   * is there already leaves with it, and one that is refused at once can still be refused properly.
   */
  sendHead(): void {
    if (this.#isOver || this.#isDetached || this.#hasHead) return
    try {
      this.#writeHead()
      this.#response.flushHeaders()
    } catch (error) {
      // Nobody above would catch it.
      this.#failed(error)
    }
  }

  /** Bytes from the upstream. */
  data(chunk: Buffer): void {
    if (this.#isOver) return
    this.#receivedBytes += chunk.length
    const { plan } = this.#exchange
    if (this.#isDetached) {
      if (this.#receivedBytes > plan.drain.maxBytes) this.#stopDraining()
      else this.#pushFlow(chunk)
      return
    }
    if (!this.#body.isEventStream && this.#receivedBytes > plan.limits.maxResponse) {
      this.#attempt.cancel()
      this.#break(coreRefusal('response_too_large'), 'RESPONSE_TOO_LARGE')
      return
    }
    if (!this.#body.rewrites) this.#pass(chunk)
    if (this.#built !== undefined) this.#pushFlow(chunk)
  }

  /** The upstream's answer is whole. */
  end(): void {
    if (this.#isOver) return
    if (this.#built === undefined) {
      this.#finish()
      return
    }
    try {
      const wait = this.#built.flow.end()
      if (isPromise(wait)) wait.then(() => this.#finish(), this.#failedLate)
      else this.#finish()
    } catch (error) {
      this.#failed(error)
    }
  }

  /** The upstream broke off. */
  cut(code: string): void {
    if (this.#isOver) return
    this.#break(coreRefusal('upstream_cut'), code)
  }

  /** Ends the body for a reason of the gateway's own, such as the deadline. */
  abort(refused: Refused, code: string): void {
    if (this.#isOver) return
    this.#attempt.cancel()
    this.#break(refused, code)
  }

  /** Whether the client does not take what was sent to it. */
  get isBlocked(): boolean {
    return !this.#isDetached && this.#response.writableNeedDrain
  }

  /** The client has taken nothing for too long. Closing its connection ends the exchange as if it had left. */
  stall(): void {
    this.#response.destroy()
  }

  /** The client has gone, but the upstream is read on. */
  detach(): void {
    this.#isDetached = true
    this.#held = undefined
    this.#built?.detach()
    this.#receivedBytes = 0
    this.#attempt.resume()
  }

  /** The client has gone, and so has the interest in the upstream. */
  drop(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#endObservers(false)
  }

  /** Shows the client whole events only, except where one is too long to be kept back. */
  #pass(chunk: Uint8Array): void {
    const wholes = this.#wholes
    if (wholes === undefined) {
      this.#write(chunk)
      return
    }
    const whole = wholes.push(chunk)
    if (whole !== undefined) {
      this.#isInEvent = false
      this.#write(whole)
    }
    if (wholes.heldBytes <= (this.#isInEvent ? 0 : PARTIAL_EVENT_BYTES)) return
    this.#isInEvent = true
    this.#writeRest(wholes)
  }

  #writeRest(wholes: WholeEvents | undefined): void {
    const rest = wholes?.takeHeld()
    if (rest !== undefined) this.#write(rest)
  }

  #pushFlow(chunk: Buffer): void {
    try {
      const wait = this.#built?.flow.push(chunk)
      if (wait === undefined || !isPromise(wait)) return
      this.#attempt.pause()
      wait.then(this.#resume, this.#failedLate)
    } catch (error) {
      this.#failed(error)
    }
  }

  #write(bytes: Uint8Array): void {
    if (this.#held !== undefined) {
      this.#held.add(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      return
    }
    if (this.#isOver || this.#isDetached || bytes.length === 0) return
    if (!this.#hasHead) this.#writeHead()
    this.#exchange.responseBytes += bytes.length
    const { socket } = this.#response
    if (socket !== null) holdForTurn(socket)
    if (this.#response.write(bytes)) return
    this.#attempt.pause()
    if (this.#onDrain === undefined) {
      this.#onDrain = () => {
        this.#attempt.touch()
        this.#resume()
      }
      this.#response.on('drain', this.#onDrain)
    }
  }

  readonly #resume = (): void => {
    if (!this.#response.writableNeedDrain) this.#attempt.resume()
  }

  readonly #failed = (error: unknown): void => {
    if (this.#isOver) return
    this.#attempt.cancel()
    this.#break(this.#owner.bodyFailed(this.#exchange, error), 'PLUGIN_FAILED')
  }

  /** What a transform waited for has failed. Without a client nobody needs it, and the observers of the upstream go on. */
  readonly #failedLate = (error: unknown): void => {
    if (!this.#isDetached) this.#failed(error)
    else if (this.#attempt.isOver) this.#finish()
    else this.#attempt.resume()
  }

  #writeHead(): void {
    this.#hasHead = true
    this.#exchange.firstByteMs = this.#exchange.elapsedMs()
    this.#exchange.status = this.#status
    this.#response.writeHead(this.#status, this.#headers)
  }

  #finish(): void {
    if (this.#isOver) return
    if (this.#isDetached) {
      this.#isOver = true
      this.#endObservers(true)
      this.#owner.drained(this.#exchange)
      return
    }
    if (this.#held !== undefined) {
      this.#sendWhole(this.#held.whole())
      return
    }
    this.#writeRest(this.#wholes)
    if (!this.#hasHead) this.#writeHead()
    this.#isOver = true
    this.#endObservers(true)
    endResponse(this.#exchange)
    this.#owner.delivered(this.#exchange)
  }

  #sendWhole(bytes: Buffer): void {
    const exchange = this.#exchange
    if (this.#body.rewrites && !this.#hasNoBody) this.#headers.push('content-length', String(bytes.length))
    exchange.responseBytes += bytes.length
    this.#endObservers(true)
    this.#writeHead()
    this.#isOver = true
    endWhole(exchange, bytes)
    this.#owner.delivered(exchange)
  }

  /** Tells the client as well as what was sent already allows: never by a clean end. */
  #break(refused: Refused, code: string): void {
    this.#isOver = true
    this.#endObservers(false)
    const exchange = this.#exchange
    if (this.#isDetached) {
      this.#owner.drained(exchange)
      return
    }
    if (!this.#hasHead) {
      exchange.error ??= { code, origin: 'upstream' }
      this.#owner.refuse(exchange, refused)
      return
    }
    const response = this.#response
    const canTell = this.#wholes !== undefined && !this.#isInEvent
    if (canTell) {
      const event = factsOf(exchange.dialect).errorEvent({ ...refused, requestId: exchange.id })
      exchange.responseBytes += Buffer.byteLength(event)
      response.write(event)
    }
    // No end of the message: the last chunk is missing, or bytes that were announced.
    const { socket } = response
    if (socket === null || (!canTell && exchange.accepted.request.httpVersion === '1.0')) breakOff(exchange.accepted)
    else {
      // What was written is flushed first; a client that takes nothing of it does not hold the socket for ever.
      socket.setTimeout(FLUSH_MS)
      socket.destroySoon()
    }
    this.#owner.broken(exchange, refused, code)
  }

  #stopDraining(): void {
    this.#isOver = true
    this.#attempt.cancel()
    this.#endObservers(false)
    this.#owner.drained(this.#exchange)
  }

  #endObservers(clean: boolean): void {
    try {
      this.#body.endObservers(clean)
    } catch (error) {
      this.#owner.bodyFailed(this.#exchange, error)
    }
  }
}

function sendHead(delivery: Delivery): void {
  delivery.sendHead()
}
