/**
 * One exchange as core holds it: what plugins see of it, and the state that the
 * pipeline keeps. Decides nothing: `pipeline.ts` does.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dialect } from '../dialects/index.ts'
import { GatewayError } from '../errors.ts'
import type { AccessFacts, DownstreamRequest, EndReason, Exchange, Facts, Key, Target } from '../plugin.ts'
import { Timer } from '../timers.ts'
import type { LiveAttempt } from './attempt.ts'
import type { Delivery } from './delivery.ts'
import type { FollowUp } from './follow-up.ts'
import type { HeaderList } from './headers.ts'
import type { LiveList } from './live-list.ts'
import type { OutgoingDraft, Reply } from './messages.ts'
import type { Pause } from './pause.ts'
import type { RoutePlan, Step } from './plan.ts'
import { CollectedBody } from './request-body.ts'
import type { Services } from './services.ts'
import type { Tunnel } from './tunnel.ts'

/** What the listener knows of a request when it hands it over. */
export interface Accepted {
  readonly id: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  /** Path with query, exactly as received. */
  readonly target: string
  readonly clientIp: string
  readonly headers: HeaderList
  readonly host: string
  readonly contentLength: number | undefined
  readonly hasBody: boolean
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean
  /** Bytes that the connection had read when the head was there. */
  readonly readBytes: number
  /** Exchanges of the same connection. */
  readonly connection: LiveList<LiveExchange>
  /** The client asks for a WebSocket, and the parser has let go of its connection. */
  readonly upgrades: boolean
  /** Headers that go to every upstream in place of the client's own: forwarding, without hop-by-hop ones. */
  readonly outgoingHeaders: readonly string[]
}

/** The request as plugins see it. */
class LiveRequest implements DownstreamRequest {
  readonly method: string
  readonly target: string
  readonly clientIp: string
  readonly headers: HeaderList
  readonly body = new CollectedBody()

  constructor(accepted: Accepted) {
    this.method = accepted.method
    this.target = accepted.target
    this.clientIp = accepted.clientIp
    this.headers = accepted.headers
  }
}

const NOWHERE: readonly Target[] = []

/** A noted decision. */
export interface Decision {
  readonly by: string
  readonly name: string
  readonly facts: Facts
}

/** One exchange. Made by the listener, driven by the pipeline, gone after `logging`. */
export class LiveExchange implements Exchange {
  readonly id: string
  readonly route: string
  readonly dialect: Dialect
  readonly receivedAt: number
  readonly accepted: Accepted
  readonly plan: RoutePlan
  readonly services: Services
  readonly downstream: LiveRequest
  readonly startedMs: number
  readonly deadline: Deadline

  /** The plugin whose phase runs now, and which phase. */
  step: Step | undefined
  phase: string | undefined
  targets: readonly Target[] | undefined
  targetIndex = -1
  readonly attempts: LiveAttempt[] = []
  /** The try under way or committed. */
  attempt: LiveAttempt | undefined
  /** Tries at the current target. */
  tries = 0
  /** What follows the failure that is being told, once that is decided. */
  followUp: FollowUp | undefined
  /** Between two tries, or before the first: what is waited for. */
  pause: Pause | undefined
  /** What is about to leave for a peer, and for the client. */
  draft: OutgoingDraft | undefined
  reply: Reply | undefined
  /** A phase that promised is being waited for. */
  isWaiting = false
  /** Rises when the gateway answers by itself: what a phase says after that is too late. */
  turn = 0
  delivery: Delivery | undefined
  /** A WebSocket that has begun. */
  tunnel: Tunnel | undefined
  /** Early hints that were passed on. */
  hints = 0
  /** Whether the request's body has begun to leave as a stream, and cannot be sent again. */
  bodyConsumed = false
  /** Whether the next piece of that stream has still to come from the client. */
  awaitsBody = false
  ended = false
  clientGone = false
  /** The client has gone, but the upstream is read to its end. */
  isDraining = false

  /** Monotonic ms after which nothing more may happen. */
  deadlineMs: number
  /** Time spent waiting for the client's body and for upstreams, for the overhead. */
  waitedMs = 0
  requestBytes = 0
  responseBytes = 0
  status = 0
  firstByteMs: number | undefined
  source: AccessFacts['source'] = 'none'
  reason: string | undefined
  error: AccessFacts['error']
  /** Set when the end was decided before the body was over: an error event inside a stream. */
  endReason: EndReason | undefined
  /** Decisions are kept only where somebody wants to read them. */
  decisions: Decision[] | undefined

  #keys: symbol[] | undefined
  #values: unknown[] | undefined
  #aborter: AbortController | undefined
  #isAborted = false

  constructor(accepted: Accepted, plan: RoutePlan, dialect: Dialect, services: Services) {
    this.id = accepted.id
    this.route = plan.id
    this.dialect = dialect
    this.accepted = accepted
    this.plan = plan
    this.services = services
    this.receivedAt = services.clock.now()
    this.startedMs = services.clock.monotonic()
    this.deadlineMs = this.startedMs + plan.limits.deadline
    this.downstream = new LiveRequest(accepted)
    this.deadline = new Deadline(this)
  }

  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController()
      if (this.#isAborted) this.#aborter.abort()
    }
    return this.#aborter.signal
  }

  get destinations(): readonly Target[] {
    return this.targets ?? this.plan.targets ?? NOWHERE
  }

  get target(): Target | undefined {
    return this.targets?.[this.targetIndex]
  }

  routeTo(targets: readonly Target[]): void {
    if (this.phase !== 'requestFilter') {
      throw new GatewayError('TACIT_PHASE_WRONG', 'A plugin chose targets outside of `requestFilter`.')
    }
    for (const { upstream } of targets) {
      if (!this.step?.upstreams.has(upstream.id)) {
        throw new GatewayError(
          'TACIT_TARGET_UNDECLARED',
          'A plugin chose an upstream that it had not declared.',
          'Declare it in `setup` with `host.upstream`.'
        )
      }
    }
    this.targets = targets
  }

  get<Value>(key: Key<Value>): Value | undefined {
    const index = this.#keys?.indexOf(key.symbol) ?? -1
    // Values are only ever stored under a key of their own type.
    return index < 0 ? undefined : (this.#values?.[index] as Value)
  }

  need<Value>(key: Key<Value>): Value {
    const value = this.get(key)
    if (value === undefined) {
      throw new GatewayError(
        'TACIT_KEY_MISSING',
        'A plugin needs a fact that none before it has set.',
        'List its key in `requires`.'
      )
    }
    return value
  }

  set<Value>(key: Key<Value>, value: Value): void {
    this.#keys ??= []
    this.#values ??= []
    const index = this.#keys.indexOf(key.symbol)
    if (index >= 0) this.#values[index] = value
    else {
      this.#keys.push(key.symbol)
      this.#values.push(value)
    }
  }

  get isExplained(): boolean {
    return this.decisions !== undefined
  }

  decide(name: string, facts: Facts): void {
    this.decisions?.push({ by: this.step?.name ?? 'core', name, facts })
  }

  log(event: string, facts: Facts): void {
    const declared = this.step?.events.get(event)
    if (declared === undefined) {
      throw new GatewayError(
        'TACIT_EVENT_UNKNOWN',
        'A plugin logged an event that it does not declare.',
        'List it in `events`.'
      )
    }
    this.services.writeEvent(declared, facts, this)
  }

  /** What a plugin attached to a body was an async function, and has failed: it is told, but nothing depends on it. */
  failedLate(step: Step | undefined, error: unknown): void {
    this.services.pluginFailed(step?.name ?? 'core', 'body', this.route, error)
  }

  /** Tells whoever holds {@link signal} that nothing more is wanted. */
  abortSignal(): void {
    this.#isAborted = true
    this.#aborter?.abort()
  }

  /** Monotonic ms since the request came. */
  elapsedMs(): number {
    return this.services.clock.monotonic() - this.startedMs
  }
}

/** The one timer of an exchange: for its deadline and for whatever its attempt waits for, whichever is due first. */
class Deadline extends Timer {
  readonly #exchange: LiveExchange
  /** Told when something is due. Set by the pipeline, which must not be imported here. */
  onDue: ((exchange: LiveExchange, nowMs: number) => void) | undefined

  constructor(exchange: LiveExchange) {
    super()
    this.#exchange = exchange
  }

  expire(): void {
    this.onDue?.(this.#exchange, this.#exchange.services.clock.monotonic())
  }
}
