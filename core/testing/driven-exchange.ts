/**
 * One exchange that a single plugin sees, phase by phase, without a network.
 * The exchange, its headers and its bodies are the pipeline's own classes; who
 * calls which phase, and when, is up to the test.
 */
import { GatewayError, type Refused } from '../errors.ts'
import { isAnswer, refusedOf } from '../opaque.ts'
import type { Decision, LiveExchange } from '../pipeline/exchange.ts'
import { buildFlow, isPromise } from '../pipeline/flows.ts'
import { HeaderList } from '../pipeline/headers.ts'
import { OutgoingDraft, Reply } from '../pipeline/messages.ts'
import type { Step } from '../pipeline/plan.ts'
import { CollectedBody } from '../pipeline/request-body.ts'
import type { AccessFacts, Answer, Attempt, End, Exchange, MaybePromise, Peer, Phases } from '../plugin.ts'

/** Headers by name; a list of values makes as many lines. */
export type HeadersInit = Readonly<Record<string, string | readonly string[]>>

/** What leaves for an upstream before the plugin edits it. What is not given is as the client sent it. */
export interface UpstreamInit {
  readonly method?: string
  readonly target?: string
  readonly headers?: HeadersInit
  readonly peer?: Peer
}

/** What came back. */
export interface ResponseInit {
  /** Default: 200. */
  readonly status?: number
  readonly headers?: HeadersInit
  /** In one piece, or in the pieces in which it arrives. Default: empty. */
  readonly body?: string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>
  /** Default: `upstream`. */
  readonly source?: 'upstream' | 'gateway'
  /** The body breaks off after its last piece. */
  readonly cut?: boolean
  /** Takes each piece as the client does. While it promises, nothing more is sent: that is a slow reader. */
  readonly client?: (piece: Uint8Array) => MaybePromise<void>
}

/** A request as an upstream would see it. */
export interface SentRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: string
}

/** A response as a client would see it. */
export interface SentResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: string
}

/** What became of an exchange that was run through. */
export interface Course {
  readonly refused: Refused | undefined
  readonly answered: Answer | undefined
  /** Undefined when the exchange never got to an upstream. */
  readonly request: SentRequest | undefined
  readonly response: SentResponse
}

/** One exchange under way. Phases that the plugin does not have do nothing. */
export class DrivenExchange {
  readonly #exchange: LiveExchange
  readonly #step: Step
  readonly #waited: string[]

  /** @param waited where the names of phases go that returned a promise. */
  constructor(exchange: LiveExchange, step: Step, waited: string[]) {
    this.#exchange = exchange
    this.#step = step
    this.#waited = waited
    exchange.decisions = []
  }

  /** What the plugin sees; to set facts that it needs, and to read those that it set. */
  get exchange(): Exchange {
    return this.#exchange
  }

  /** Everything noted with `exchange.decide`. */
  get decisions(): readonly Decision[] {
    return this.#exchange.decisions ?? []
  }

  /** Targets that the plugin chose: upstream and model. */
  get targets(): readonly { readonly upstream: string; readonly model: string | undefined }[] {
    return (this.#exchange.targets ?? []).map(({ upstream, model }) => ({ upstream: upstream.id, model }))
  }

  /** The client's request as later plugins see it. */
  get requestBody(): string {
    return text(this.#exchange.downstream.body)
  }

  /** @returns what the plugin says instead of the upstream, if it says anything. */
  async requestFilter(): Promise<Refused | Answer | undefined> {
    const outcome = await this.#call('requestFilter', phases =>
      phases.requestFilter?.(this.#exchange, this.#exchange.downstream)
    )
    return isAnswer(outcome) ? outcome : refusalIn(outcome)
  }

  /** @returns the peers that the plugin leaves the balancer. @param all those of the upstream; default: the same. */
  upstreamPeers(peers: readonly Peer[], all: readonly Peer[] = peers): readonly Peer[] {
    this.#enter('upstreamPeers')
    return this.#step.phases.upstreamPeers?.(this.#exchange, peers, all) ?? peers
  }

  /** @returns the peer that the balancer chose. */
  upstreamPeer(peers: readonly Peer[]): Peer | undefined {
    this.#enter('upstreamPeer')
    return this.#step.phases.upstreamPeer?.(this.#exchange, peers, this.#exchange.downstream)
  }

  /** @returns what would leave for the upstream. @throws Refused what the plugin refused with. */
  async upstreamRequestFilter(init: UpstreamInit = {}): Promise<SentRequest> {
    const { downstream } = this.#exchange
    const { method = downstream.method, target = downstream.target, peer = SOME_PEER } = init
    const headers = init.headers === undefined ? downstream.headers.flat.slice() : flatten(init.headers)
    const body = new CollectedBody()
    body.fill(Buffer.from(downstream.body.content ?? ''))
    const draft = new OutgoingDraft(method, target, new HeaderList(headers), body)
    this.#exchange.draft = draft
    const outcome = await this.#call('upstreamRequestFilter', phases =>
      phases.upstreamRequestFilter?.(this.#exchange, draft, peer)
    )
    const refused = refusalIn(outcome)
    if (refused !== undefined) throw refused
    return { method: draft.method, target: draft.target, headers: record(draft.headers), body: text(draft.body) }
  }

  /** Tells how a try went; a first try that was answered with 200, where nothing else is said. */
  upstreamResult(attempt: Partial<Attempt> = {}): void {
    this.#enter('upstreamResult')
    this.#step.phases.upstreamResult?.(this.#exchange, { ...ANSWERED, ...attempt })
  }

  /** The client leaves: `exchange.signal` aborts, and a body on its way is over for those who observe it. */
  leave(): void {
    this.#exchange.clientGone = true
    this.#exchange.abortSignal()
    this.#exchange.reply?.body.endObservers(false)
  }

  /** @returns what would reach the client. @throws Refused what the plugin refused with. */
  async responseFilter(init: ResponseInit = {}): Promise<SentResponse> {
    const { status = 200, headers = {}, body = [], source = 'upstream', cut = false, client } = init
    const reply = new Reply(source, status, flatten(headers), isEventStream(headers))
    this.#exchange.reply = reply
    const outcome = await this.#call('responseFilter', phases => phases.responseFilter?.(this.#exchange, reply))
    const refused = refusalIn(outcome)
    if (refused !== undefined) throw refused
    const pieces = typeof body === 'string' || body instanceof Uint8Array ? [body] : body
    const isLeft = () => this.#exchange.clientGone
    const sent = await flowThrough(reply, pieces, { isClean: !cut, isLeft, client })
    return { status: reply.status, headers: record(reply.headers), body: sent }
  }

  /** The end of the exchange; complete with 200 after no time, where nothing else is said. */
  finish(end: Partial<End> = {}): void {
    this.#exchange.ended = true
    this.#enter('finish')
    this.#step.phases.finish?.(this.#exchange, { ...COMPLETE, ...end })
  }

  /** What records see; an exchange that was complete, where nothing else is said. What it still holds is settled then. */
  logging(facts: Partial<AccessFacts> = {}): void {
    this.#enter('logging')
    const all = { ...UNEVENTFUL, ...facts }
    this.#step.phases.logging?.(this.#exchange, all)
    this.#exchange.services.exchangeDone(this.#exchange, all)
  }

  /** All phases in order, against an upstream that answers with `response`. */
  async run(response: ResponseInit = {}): Promise<Course> {
    const early = await this.requestFilter()
    const refused = refusedOf(early)
    const answered = refused === undefined && isAnswer(early) ? early : undefined
    const own = refused ?? answered
    const request = own === undefined ? await this.upstreamRequestFilter() : undefined
    if (own === undefined) this.upstreamResult({ status: response.status ?? 200 })
    const sent = await this.responseFilter(
      own === undefined
        ? response
        : { status: own.status, headers: own.headers ?? {}, source: 'gateway', body: await piecesOf(answered?.body) }
    )
    const reason = refused === undefined ? 'complete' : 'refused'
    const end: End = { reason, status: sent.status, durationMs: this.#exchange.elapsedMs() }
    this.finish(end)
    this.logging({ end, source: own === undefined ? 'upstream' : 'gateway', reason: refused?.reason })
    return { refused, answered, request, response: sent }
  }

  #enter(phase: keyof Phases): void {
    const { downstream, draft, reply } = this.#exchange
    this.#exchange.step = this.#step
    this.#exchange.phase = phase
    downstream.body.readable = this.#step.readsRequestBody
    if (draft !== undefined) draft.body.readable = this.#step.readsRequestBody
    if (reply !== undefined) reply.body.readable = this.#step.readsResponseBody
  }

  #call(phase: keyof Phases, work: (phases: Phases) => MaybePromise<unknown>): MaybePromise<unknown> {
    this.#enter(phase)
    const outcome = work(this.#step.phases)
    if (isPromise(outcome)) this.#waited.push(phase)
    return outcome
  }
}

const SOME_PEER: Peer = Object.freeze({
  id: 'some-peer',
  origin: new URL('http://peer.test'),
  weight: 1,
  priority: 0,
  labels: {},
  inFlight: 0
})

const ANSWERED: Attempt = {
  upstream: 'some-upstream',
  peer: SOME_PEER,
  number: 1,
  outcome: 'committed',
  status: 200,
  headersMs: 0,
  firstEventMs: undefined,
  endedMs: undefined,
  retryAfterMs: undefined
}

const COMPLETE: End = { reason: 'complete', status: 200, durationMs: 0 }

const UNEVENTFUL: AccessFacts = {
  end: COMPLETE,
  method: 'POST',
  source: 'upstream',
  reason: undefined,
  firstByteMs: 0,
  overheadMs: 0,
  requestBytes: 0,
  responseBytes: 0,
  attempts: [ANSWERED],
  error: undefined
}

function refusalIn(outcome: unknown): Refused | undefined {
  if (outcome === undefined) return undefined
  const refused = refusedOf(outcome)
  if (refused === undefined) {
    throw new GatewayError('TACIT_OUTCOME_INVALID', 'A phase handed back something that is no refusal.')
  }
  return refused
}

/** A body that a plugin has made, in the pieces in which it comes. */
async function piecesOf(body: Answer['body']): Promise<readonly (string | Uint8Array)[]> {
  if (body === undefined) return []
  return typeof body === 'string' || body instanceof Uint8Array ? [body] : await Array.fromAsync(body)
}

interface Journey {
  readonly isClean: boolean
  isLeft(): boolean
  readonly client: ResponseInit['client']
}

/** Sends pieces through what was attached to a body, in the order in which `core/pipeline/delivery.ts` does it. */
async function flowThrough(
  { body, headers }: Reply,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  { isClean, isLeft, client = () => {} }: Journey
): Promise<string> {
  const sent: Uint8Array[] = []
  const push = (piece: Uint8Array): MaybePromise<void> => {
    if (isLeft()) return
    sent.push(piece)
    return client(piece)
  }
  const { flow } = buildFlow(body, { push, end: () => {} })
  for await (const piece of pieces) {
    if (isLeft()) break
    const bytes = Buffer.from(piece)
    if (!body.rewrites) await push(bytes)
    if (isLeft()) break
    await flow.push(bytes)
  }
  if (isClean && !isLeft()) await flow.end()
  body.endObservers(isClean && !isLeft())
  if (body.rewrites) headers.delete('content-length')
  return Buffer.concat(sent).toString('utf8')
}

/** Headers as the pipeline holds them. */
export function flatten(headers: HeadersInit): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).flatMap(line => [name.toLowerCase(), line])
  )
}

function record(headers: HeaderList): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {}
  for (const [name] of headers.entries()) {
    const [first = '', ...rest] = headers.getAll(name)
    found[name] = rest.length === 0 ? first : [first, ...rest]
  }
  return found
}

function text(body: CollectedBody): string {
  return body.content?.toString('utf8') ?? ''
}

function isEventStream(headers: HeadersInit): boolean {
  return Object.entries(headers).some(
    ([name, value]) => name.toLowerCase() === 'content-type' && String(value).startsWith('text/event-stream')
  )
}
