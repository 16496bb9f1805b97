/**
 * One try of an exchange at one peer: from the request's first byte until its
 * answer is committed, and then the source of the response's body. Decides
 * nothing about what follows a failure: the conductor does.
 */
import type { Socket } from 'node:net'
import { factsOf } from '../dialects/index.ts'
import type { Refused } from '../errors.ts'
import { errorCode } from '../log.ts'
import { refusedOf } from '../opaque.ts'
import type { Attempt, Outcome, SseEvent } from '../plugin.ts'
import type { ResponseHeaders, Transmission, UpgradeSink } from '../upstream/transport.ts'
import type { LivePeer } from '../upstream/upstream.ts'
import { retryAfterMs } from './answer-head.ts'
import type { Conductor } from './conductor.ts'
import type { Delivery } from './delivery.ts'
import { DiscardLimit } from './discard-limit.ts'
import type { LiveExchange } from './exchange.ts'
import { isEventStream } from './messages.ts'
import type { UpstreamPlan } from './plan.ts'
import { EventCutter } from './sse.ts'
import { StreamTail } from './stream-tail.ts'

/** How much of the opening of a stream is held back, so that a bad one can be tried elsewhere. */
const PEEK_BYTES = 64 * 1024
/** A rejected answer up to this size is read to its end, which saves the connection, if it comes within this time. */
const DISCARD_BYTES = 64 * 1024
/** An event longer than this is content, whatever it says in the end. */
const JUDGED_EVENT_BYTES = 256 * 1024

type State = 'preparing' | 'connecting' | 'waiting' | 'peeking' | 'committed' | 'discarding' | 'tunnel' | 'over'

/** One try. Its public facts are what `upstreamResult` and records see. */
export class LiveAttempt implements Attempt, UpgradeSink {
  readonly exchange: LiveExchange
  readonly plan: UpstreamPlan
  readonly upstream: string
  readonly peer: LivePeer
  readonly number: number
  /** Whether it is not the exchange's first at this upstream. */
  readonly isRetry: boolean
  /** Monotonic ms; infinite before it has begun. */
  startedMs = Number.POSITIVE_INFINITY

  outcome: Outcome = 'cancelled'
  status: number | undefined
  headersMs: number | undefined
  firstEventMs: number | undefined
  retryAfterMs: number | undefined
  endedMs: number | undefined
  failureCode: string | undefined
  /** The request's own body broke a rule while it was sent. */
  refused: Refused | undefined
  headers: ResponseHeaders = {}
  isEventStream = false

  readonly #conductor: Conductor
  #state: State = 'preparing'
  #concluded = false
  #isPaused = false
  #transmission: Transmission | undefined
  #sentMs = 0
  #lastActivityMs = 0
  /** Looks for the first committing event; undefined once it was found, or where there are no events. */
  #cutter: EventCutter | undefined
  #held: Buffer[] = []
  #heldBytes = 0
  /** Of a stream of events. */
  #tail: StreamTail | undefined
  #delivery: Delivery | undefined
  #discardLimit: DiscardLimit | undefined
  /** What happened to the body before anybody took it. */
  #isWhole = false
  #cutCode: string | undefined

  constructor(exchange: LiveExchange, plan: UpstreamPlan, peer: LivePeer, conductor: Conductor) {
    this.exchange = exchange
    this.plan = plan
    this.upstream = plan.upstream.id
    this.peer = peer
    this.number = exchange.attempts.length + 1
    this.isRetry = exchange.tries > 0
    this.#conductor = conductor
    plan.upstream.places.enter(peer, this.isRetry)
  }

  /** When what is waited for now is overdue, in monotonic ms. */
  get dueMs(): number {
    const { timeouts } = this.plan.upstream
    switch (this.#state) {
      case 'connecting':
        return this.startedMs + Math.min(timeouts.connect, timeouts.perTry)
      case 'waiting':
        // Nobody answers before the client has sent its body, and that it is slow is no fault of the peer's.
        if (this.exchange.awaitsBody) return Number.POSITIVE_INFINITY
        return Math.min(this.#sentMs + timeouts.firstByte, this.startedMs + timeouts.perTry)
      case 'peeking':
        return this.startedMs + Math.min((this.headersMs ?? 0) + timeouts.opening, timeouts.perTry)
      case 'committed':
        return this.#lastActivityMs + timeouts.idle
      default:
        return Number.POSITIVE_INFINITY
    }
  }

  /** Whether the peer may have received the request, and is still heard. */
  get isSent(): boolean {
    return this.#state === 'waiting' || this.#state === 'peeking' || this.#state === 'committed'
  }

  /** Whether the peer has nothing more to say. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Whether the body of the answer is not what it says it is before it is decoded. */
  get isEncoded(): boolean {
    const encoding = this.headers['content-encoding']
    return encoding !== undefined && encoding !== 'identity'
  }

  /** The request is ready: from here on the peer's time counts. */
  begin(): void {
    this.#state = 'connecting'
    this.startedMs = this.exchange.services.clock.monotonic()
  }

  /** Hands over the transmission, unless everything is over already. */
  attach(transmission: Transmission): void {
    if (this.#state === 'over') transmission.abort()
    else this.#transmission = transmission
  }

  /** The time that {@link dueMs} named has come. */
  overdue(): void {
    switch (this.#state) {
      case 'connecting':
        this.fail('connect_failed', 'CONNECT_TIMEOUT')
        break
      case 'waiting':
        this.fail('timed_out', this.#isLate() ? 'TRY_TIMEOUT' : 'FIRST_BYTE_TIMEOUT')
        break
      case 'peeking':
        // Held back for too long, it is the client's; a client that is better off elsewhere goes there.
        if (this.#isLate() && this.#conductor.isLate(this)) this.fail('timed_out', 'TRY_TIMEOUT')
        else this.#commit()
        break
      case 'committed':
        if (this.#delivery?.isBlocked) this.#delivery.stall()
        // It is a plugin that everybody waits for.
        else if (this.#isPaused) this.touch()
        else this.fail('timed_out', 'IDLE_TIMEOUT')
        break
      default:
        break
    }
  }

  /** The client took something, so nobody is idle. */
  touch(): void {
    this.#lastActivityMs = this.exchange.services.clock.monotonic()
  }

  /** A piece of the request's body is on its way: the peer's time to answer begins anew. */
  sentPiece(): void {
    if (this.#state !== 'waiting') return
    this.#sentMs = this.exchange.services.clock.monotonic()
    this.#conductor.rearm(this.exchange)
  }

  pause(): void {
    this.#isPaused = true
    this.#transmission?.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.touch()
    this.#transmission?.resume()
  }

  /** Gives up on the peer at once. Nothing is told to the conductor but the outcome, if it was still open. */
  cancel(): void {
    if (this.#state === 'over') return
    this.#leave()
    this.#transmission?.abort()
    this.#conclude('cancelled')
  }

  /** Ends the try with a failure of the peer. */
  fail(outcome: Outcome, code: string): void {
    if (this.#state === 'over') return
    const wasCommitted = this.#state === 'committed'
    this.#leave()
    this.#transmission?.abort()
    this.failureCode = code
    this.#conclude(outcome)
    if (!wasCommitted) this.#conductor.failed(this)
    else if (this.#delivery === undefined) this.#cutCode = code
    else this.#delivery.cut(code)
  }

  onSent(): void {
    if (this.#state !== 'connecting') return
    this.#sentMs = this.exchange.services.clock.monotonic()
    this.#state = 'waiting'
    this.#conductor.rearm(this.exchange)
  }

  onInformation(status: number, headers: ResponseHeaders): void {
    this.#conductor.informed(this, status, headers)
  }

  onHead(status: number, headers: ResponseHeaders): void {
    const now = this.exchange.services.clock.monotonic()
    this.headersMs = now - this.startedMs
    this.exchange.waitedMs += this.headersMs
    this.#lastActivityMs = now
    this.status = status
    this.headers = headers
    this.retryAfterMs = retryAfterMs(headers)
    if (status >= 400 && this.#conductor.isRejected(this, status, false)) {
      this.#discard()
      return
    }
    this.isEventStream = status < 300 && isEventStream(headers['content-type'])
    if (!this.isEventStream || this.isEncoded) {
      this.#conclude('committed')
      this.#commit()
      return
    }
    this.#cutter = new EventCutter(JUDGED_EVENT_BYTES)
    this.#tail = new StreamTail()
    if (this.#conductor.shouldPeek(this)) {
      this.#state = 'peeking'
      this.#conductor.rearm(this.exchange)
    } else this.#commit()
  }

  onData(chunk: Buffer): void {
    if (this.#state === 'discarding') {
      this.#heldBytes += chunk.length
      if (this.#heldBytes > DISCARD_BYTES) this.cancel()
    }
    if (this.#state !== 'committed' && this.#state !== 'peeking') return
    const delivery = this.#delivery
    this.touch()
    if (delivery === undefined) this.#held.push(chunk)
    this.#heldBytes += chunk.length
    this.#tail?.add(chunk)
    this.#look(chunk)
    if (delivery !== undefined) delivery.data(chunk)
    else if (this.#state === 'peeking' && this.#heldBytes > PEEK_BYTES) this.#commit()
  }

  onEnd(): void {
    const state = this.#state
    if (state === 'over') return
    if (state === 'peeking') {
      this.#commit()
      // Whoever filters the answer may have refused it.
      if (this.isOver) return
    }
    this.#leave()
    this.#conclude('committed')
    if (state === 'discarding') return
    // The moment of the last piece, which needs no look at the clock.
    this.endedMs = this.#lastActivityMs - this.startedMs
    if (this.#tail?.holdsError(this.exchange.dialect)) this.exchange.endReason = 'error_in_stream'
    if (this.#delivery === undefined) this.#isWhole = true
    else this.#delivery.end()
  }

  onFailure(error: unknown): void {
    this.refused = refusedOf(error)
    if (this.#state === 'discarding') this.cancel()
    else this.fail(this.#state === 'connecting' ? 'connect_failed' : 'reset', errorCode(error))
  }

  onUpgrade(socket: Socket, headers: ResponseHeaders, rest: Buffer): void {
    this.headersMs = this.exchange.services.clock.monotonic() - this.startedMs
    this.exchange.waitedMs += this.headersMs
    this.status = 101
    this.headers = headers
    this.#state = 'tunnel'
    this.#conclude('committed')
    this.#conductor.upgraded(this, socket, rest)
  }

  /** The tunnel that began with {@link onUpgrade} is closed. */
  tunnelEnded(): void {
    if (this.#state === 'tunnel') this.#leave()
  }

  /** From now on the body goes here: first what has come meanwhile, then the rest as it comes. */
  deliverTo(delivery: Delivery): void {
    this.#delivery = delivery
    const held = this.#held
    this.#held = []
    for (const chunk of held) delivery.data(chunk)
    if (this.#cutCode !== undefined) delivery.cut(this.#cutCode)
    else if (this.#isWhole) delivery.end()
    else this.resume()
  }

  /** Looks for the event that commits, in no more than can be kept. */
  #look(chunk: Buffer): void {
    if (this.#cutter === undefined || this.#cutter.push(chunk, this.#judge)) return
    this.#content()
  }

  /** Judges the first events of a stream, until one commits. */
  readonly #judge = (event: SseEvent): void => {
    if (this.#concluded) return
    const { type, data } = event
    if (data === '') return
    const facts = factsOf(this.exchange.dialect)
    const failure = facts.streamError(type, data)
    if (failure !== undefined) {
      if (this.#state === 'peeking' && this.#conductor.isRejected(this, failure.status, true)) {
        this.#leave()
        this.#transmission?.abort()
        this.#conclude('rejected')
        this.#conductor.failed(this)
        return
      }
      this.#cutter = undefined
      this.#conclude('rejected')
      if (this.#state === 'peeking') this.#commit()
    } else if (facts.commits(type, data)) this.#content()
  }

  /** The stream has begun to say something. */
  #content(): void {
    this.#cutter = undefined
    if (this.#concluded) return
    this.firstEventMs = this.exchange.services.clock.monotonic() - this.startedMs
    this.#conclude('committed')
    if (this.#state === 'peeking') this.#commit()
  }

  #commit(): void {
    if (this.#state === 'peeking') {
      const now = this.exchange.services.clock.monotonic()
      this.exchange.waitedMs += now - this.startedMs - (this.headersMs ?? 0)
    }
    this.#state = 'committed'
    this.touch()
    this.#conductor.rearm(this.exchange)
    this.#conductor.committed(this)
  }

  /** Reads a rejected answer to its end, if that is soon, and goes on meanwhile. */
  #discard(): void {
    this.#state = 'discarding'
    this.#conclude('rejected')
    const length = Number(this.headers['content-length'] ?? Number.NaN)
    if (length <= DISCARD_BYTES) this.#discardLimit = new DiscardLimit(this)
    else {
      this.#leave()
      this.#transmission?.abort()
    }
    this.#conductor.failed(this)
  }

  /** Whether the whole try has taken too long. */
  #isLate(): boolean {
    const { clock } = this.exchange.services
    return clock.monotonic() >= this.startedMs + this.plan.upstream.timeouts.perTry
  }

  #leave(): void {
    this.#state = 'over'
    this.plan.upstream.places.leave(this.peer, this.isRetry)
    this.#discardLimit?.cancel()
  }

  #conclude(outcome: Outcome): void {
    if (this.#concluded) return
    this.#concluded = true
    this.outcome = outcome
    if (this.headersMs === undefined) {
      this.exchange.waitedMs += Math.max(0, this.exchange.services.clock.monotonic() - this.startedMs)
    }
    this.#conductor.concluded(this)
  }
}
