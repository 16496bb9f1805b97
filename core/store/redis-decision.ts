/**
 * One decision on all claims of a call: asks owner after owner, until one refuses
 * or nobody answers in time. Knows what to ask and for how long, and nothing of
 * what happens with what was granted before that.
 */
import type { Clock } from '../clock.ts'
import type { Claim, Exchange, Held } from '../plugin.ts'
import { claimsWords, type Domain } from './domains.ts'
import { type DomainAnswer, readHold } from './hold-words.ts'
import { RedisError } from './redis-error.ts'
import type { Question, Turns } from './turns.ts'

/** Who wants a decision. Each is told once what came of it. */
export interface Deciding {
  readonly clock: Clock
  readonly turns: Pick<Turns, 'ask'>
  /** Time for a decision, in ms, all owners together. */
  readonly deadlineMs: number
  /** How long what is held outlives its gateway, in ms. */
  readonly leaseMs: number
  /** All claims were granted. */
  granted(decision: Decision): void
  /** @param asked Of how many owners claims were granted. */
  refused(decision: Decision, claim: number, retryAfterMs: number, asked: number): void
  /** @param asked Of how many owners claims may have been granted, or may be so later. */
  unanswered(decision: Decision, error: RedisError, asked: number): void
}

/** A call of an exchange, from when it is asked. */
export class Decision implements Question {
  readonly exchange: Exchange
  readonly id: string
  readonly claims: readonly Claim[]
  readonly domains: readonly Domain[]
  /** Units that are left, and how long until each limit is whole, by claim. */
  readonly remaining: number[] = []
  readonly resetMs: number[] = []
  shadowed: readonly number[] = NONE
  /** Monotonic ms. */
  readonly startedMs: number
  readonly answer: Promise<Held>
  /** Another call of the same exchange. */
  next: Decision | undefined
  /** What came of it, when it was granted. */
  held: { settle(actual: readonly number[]): void } | undefined
  /** The exchange did not wait for it. */
  isAbandoned = false
  owner = ''
  keys: readonly string[] = []
  words = ''
  deadlineMs: number
  /** Gives the answer. */
  resolve: (held: Held) => void = () => {}
  readonly #deciding: Deciding
  #asked = 0

  /** @param id Of what will be held; no other may have it. */
  constructor(
    exchange: Exchange,
    id: string,
    claims: readonly Claim[],
    domains: readonly Domain[],
    deciding: Deciding,
    next: Decision | undefined
  ) {
    this.exchange = exchange
    this.id = id
    this.claims = claims
    this.domains = domains
    this.next = next
    this.#deciding = deciding
    this.startedMs = deciding.clock.monotonic()
    this.deadlineMs = deciding.deadlineMs
    this.answer = new Promise(resolve => {
      this.resolve = resolve
    })
  }

  /** Asks the next owner. */
  ask(): void {
    const domain = this.domains[this.#asked]
    if (domain === undefined) {
      this.#deciding.granted(this)
      return
    }
    if (this.#asked > 0) this.deadlineMs = this.#leftMs()
    if (this.deadlineMs <= 0) {
      this.#deciding.unanswered(this, new RedisError('slow'), this.#asked)
      return
    }
    this.#asked++
    this.owner = domain.owner
    this.keys = domain.keys
    this.words = `hold ${this.id} ${this.#deciding.leaseMs} ${claimsWords(domain, this.claims)}`
    this.#deciding.turns.ask(this)
  }

  answered(answer: string): void {
    const domain = this.domains[this.#asked - 1]
    const said = readHold(answer)
    if (domain === undefined || said === undefined) this.failed(new RedisError('slow', { mayHaveRun: true }))
    else if (said.granted) this.#goOn(domain, said)
    else this.#deciding.refused(this, domain.indexes[said.claim] ?? 0, said.retryAfterMs, this.#asked - 1)
  }

  failed(error: RedisError): void {
    // The last one may have been carried out all the same, or be so later.
    this.#deciding.unanswered(this, error, error.mayHaveRun ? this.#asked : this.#asked - 1)
  }

  #goOn(domain: Domain, said: Extract<DomainAnswer, { readonly granted: true }>): void {
    let at = 0
    for (const index of domain.indexes) {
      this.remaining[index] = said.remaining[at] ?? 0
      this.resetMs[index] = said.resetMs[at] ?? 0
      if (said.shadowed.includes(at)) this.shadowed = [...this.shadowed, index]
      at++
    }
    this.ask()
  }

  #leftMs(): number {
    const { clock, deadlineMs } = this.#deciding
    return deadlineMs - (clock.monotonic() - this.startedMs)
  }
}

const NONE: readonly number[] = []
