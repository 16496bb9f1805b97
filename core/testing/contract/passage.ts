/**
 * One exchange on its way through a driven plugin, with a chance to interfere at
 * every point at which something else may happen: between two phases, between
 * two pieces of a body, and wherever the plugin waits.
 */
import { refusedOf } from '../../opaque.ts'
import type { Key, MaybePromise, Peer, PluginDefinition } from '../../plugin.ts'
import type { Driven } from '../drive.ts'
import type { DrivenExchange, SentRequest } from '../driven-exchange.ts'
import type { Probe } from './probe.ts'
import { settledWithin } from './promises.ts'
import type { ContractExchange } from './samples.ts'

/** What an exchange has come to, in a form that can be compared. */
export interface Outcome {
  readonly refused?: unknown
  readonly answered?: unknown
  readonly peer?: string | undefined
  readonly request?: SentRequest
  readonly response?: { readonly status: number; readonly headers: unknown }
  /** Bytes as characters below 256. */
  readonly body?: string
}

/** How an exchange is to go. */
export interface Way {
  /** The response's body, in the pieces in which it comes. */
  readonly pieces: readonly Uint8Array[]
  readonly isCut?: boolean
  /** Called at every point. */
  readonly at?: (passage: Passage, point: number) => MaybePromise<void>
  /** Called with each piece that reaches the client, which takes no more until this is settled. */
  readonly client?: (piece: Uint8Array) => MaybePromise<void>
}

/** What is driven, and with what. */
export interface Subject {
  readonly definition: PluginDefinition
  readonly driven: Driven
  readonly probe: Probe
  readonly sample: ContractExchange
  readonly isBalancer: boolean
  /** Time that a phase may take, when nothing else is in its way, in ms. */
  readonly settleMs: number
}

const PEERS: readonly Peer[] = ['first', 'second'].map(id => ({
  id,
  origin: new URL(`http://${id}.test`),
  weight: 1,
  priority: 0,
  labels: {},
  inFlight: 0
}))

const LATE = Symbol('late')

/** One exchange. Run it once. */
export class Passage {
  /** Pieces that reached the client before the last one had come from the upstream. */
  early = 0
  readonly #subject: Subject
  readonly #way: Way
  readonly #exchange: DrivenExchange
  #points = 0
  #isLeft = false
  #isInBody = false
  #isOver = false

  constructor(subject: Subject, way: Way) {
    this.#subject = subject
    this.#way = way
    this.#exchange = subject.driven.exchange(subject.sample.request)
    subject.sample.facts?.(this.#exchange.exchange)
    this.#watchFacts()
  }

  /** Points that were passed. */
  get points(): number {
    return this.#points
  }

  /** The client leaves now. What the plugin is in the middle of is waited for, unless it is the body. */
  leave(): void {
    if (this.#isLeft || this.#isOver) return
    this.#isLeft = true
    this.#exchange.leave()
    if (this.#isInBody) this.#end()
  }

  /** Runs everything. */
  async run(): Promise<Outcome> {
    const { probe } = this.#subject
    probe.onWait = () => this.#point()
    const outcome: { -readonly [Field in keyof Outcome]: Outcome[Field] } = {}
    try {
      await this.#phases(outcome)
    } catch (error) {
      const refused = refusedOf(error)
      if (refused !== undefined) outcome.refused = refused
    }
    await this.#point()
    this.#end()
    probe.onWait = undefined
    await probe.judged()
    this.#tellThrown()
    return outcome
  }

  async #phases(outcome: { -readonly [Field in keyof Outcome]: Outcome[Field] }): Promise<void> {
    const { sample, isBalancer } = this.#subject
    const exchange = this.#exchange
    const early = await this.#phase('requestFilter', () => exchange.requestFilter())
    if (this.#isLeft) return
    if (early !== undefined) {
      const refused = refusedOf(early)
      if (refused === undefined) outcome.answered = early
      else outcome.refused = refused
      const { status, headers = {} } = early
      const own = await this.#phase('responseFilter', () =>
        exchange.responseFilter({ status, headers, source: 'gateway' })
      )
      if (own !== undefined) outcome.response = { status: own.status, headers: own.headers }
      return
    }
    exchange.upstreamPeers(PEERS)
    if (isBalancer) outcome.peer = exchange.upstreamPeer(PEERS)?.id
    // Two tries: the first peer cannot be reached.
    await this.#phase('upstreamRequestFilter', () => exchange.upstreamRequestFilter())
    if (this.#isLeft) return
    exchange.upstreamResult({ outcome: 'connect_failed', status: undefined, headersMs: undefined })
    if (isBalancer) outcome.peer = exchange.upstreamPeer(PEERS)?.id
    const request = await this.#phase('upstreamRequestFilter', () => exchange.upstreamRequestFilter())
    if (this.#isLeft || request === undefined) return
    outcome.request = request
    const { status = 200 } = sample.response ?? {}
    exchange.upstreamResult({ outcome: 'committed', number: 2, status })
    await this.#point()
    if (this.#isLeft) return
    await this.#response(outcome)
  }

  async #response(outcome: { -readonly [Field in keyof Outcome]: Outcome[Field] }): Promise<void> {
    const { sample } = this.#subject
    const { pieces, isCut = false } = this.#way
    const received: Uint8Array[] = []
    let isAllThere = false
    const sending = async function* (this: Passage): AsyncGenerator<Uint8Array> {
      this.#isInBody = true
      for (const [index, piece] of pieces.entries()) {
        await this.#point()
        isAllThere = index === pieces.length - 1
        yield piece
      }
    }
    const response = await this.#within('the body', () =>
      this.#exchange.responseFilter({
        ...sample.response,
        body: sending.call(this),
        cut: isCut,
        client: piece => {
          received.push(Buffer.from(piece))
          if (!isAllThere) this.early++
          return this.#way.client?.(piece)
        }
      })
    )
    if (response === undefined) return
    outcome.response = { status: response.status, headers: response.headers }
    outcome.body = Buffer.concat(received).toString('latin1')
  }

  async #phase<Value>(where: string, work: () => Promise<Value>): Promise<Value | undefined> {
    await this.#point()
    return this.#isLeft ? undefined : await this.#within(where, work)
  }

  async #within<Value>(where: string, work: () => Promise<Value>): Promise<Value | undefined> {
    const outcome = await settledWithin<Value, typeof LATE>(work(), this.#subject.settleMs, LATE)
    if (outcome !== LATE) return outcome
    const when = this.#isLeft ? ' once the client has left' : ''
    this.#subject.probe.fault(this.#isLeft ? 'aborts' : 'phases', `${where} never comes to an end${when}`)
    return undefined
  }

  async #point(): Promise<void> {
    await this.#way.at?.(this, this.#points++)
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const reason = this.#isLeft ? 'client_gone' : this.#way.isCut ? 'upstream_cut' : 'complete'
    const end = { reason, status: 200, durationMs: 0 } as const
    for (const last of [() => this.#exchange.finish(end), () => this.#exchange.logging({ end })]) {
      try {
        last()
      } catch {
        // The probe has noted it.
      }
    }
  }

  /** A plugin may give up with the reason of the signal that it was told to heed; anything else it threw is its fault. */
  #tellThrown(): void {
    const { probe } = this.#subject
    const { signal } = this.#exchange.exchange
    for (const { where, error } of probe.thrown.splice(0)) {
      if (this.#isLeft && error === signal.reason) continue
      const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
      if (code === 'TACIT_DATA_UNDECLARED') continue
      const name = typeof code === 'string' ? code : error instanceof Error ? error.constructor.name : typeof error
      probe.fault(this.#isLeft || this.#way.isCut ? 'aborts' : 'phases', `\`${where}\` throws ${name}`)
    }
  }

  #watchFacts(): void {
    const { exchange } = this.#exchange
    const { definition, probe } = this.#subject
    const provided = new Set([...(definition.provides ?? []), ...(definition.providesAtEnd ?? [])].map(nameOf))
    const set = exchange.set.bind(exchange)
    exchange.set = (key, value) => {
      const name = Symbol.keyFor(key.symbol)
      if (name !== undefined && !provided.has(name)) {
        probe.fault('undeclared', `sets the fact ${name}, and neither \`provides\` nor \`providesAtEnd\` lists it`)
      }
      set(key, value)
    }
    const read = (key: Key<unknown>) => {
      if (IDENTITY.has(nameOf(key))) probe.reads('identity', `reads the fact ${nameOf(key)}`)
    }
    const get = exchange.get.bind(exchange)
    exchange.get = key => {
      read(key)
      return get(key)
    }
    const need = exchange.need.bind(exchange)
    exchange.need = key => {
      read(key)
      return need(key)
    }
  }
}

/** Facts that say who somebody is. */
const IDENTITY: ReadonlySet<string | undefined> = new Set(['tacit/consumer', 'tacit/credential'])

/** Undefined for a private key, which is the plugin's own business. */
function nameOf(key: Key<unknown>): string | undefined {
  return Symbol.keyFor(key.symbol)
}
