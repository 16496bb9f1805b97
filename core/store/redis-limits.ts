/**
 * Limits that are counted in the Redis that gateways share. One script decides
 * on all claims of one owner; several owners are asked in an order that is the
 * same for all gateways, and what was granted is given back when a later one
 * refuses. Time is Redis's. Whoever asks waits no longer than one command may
 * take, all owners together; then each claim says what happens.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Claim, CounterName, Exchange, Held, Limit, Reading } from '../plugin.ts'
import { AwayLimits } from './away-limits.ts'
import { checkClaims, checkLimit, checkReset, checkTopUp, settledAmount } from './claims.ts'
import { cancelWords, claimsWords, type Domain, domainsOf, settleWords } from './domains.ts'
import { Errands } from './errands.ts'
import { readReadings, readTake } from './hold-words.ts'
import type { BlockSource } from './leased-limits.ts'
import { type Asked, limitScript } from './limit-scripts.ts'
import { OpenHold, OpenHolds } from './open-holds.ts'
import type { RedisClient } from './redis.ts'
import { type Deciding, Decision } from './redis-decision.ts'
import { RedisError } from './redis-error.ts'
import type { RedisScript } from './redis-script.ts'
import type { Block } from './supply.ts'
import { Turns } from './turns.ts'

/** Settings of {@link RedisLimits}. */
export interface RedisLimitsOptions {
  readonly clock: Clock
  /** Time for a decision, in ms. */
  readonly deadlineMs: number
  /** How long what is held outlives its gateway, in ms. */
  readonly leaseMs: number
  /** How many gateways share the limits, for claims that are counted here while Redis is away. */
  readonly gateways: number
  /** Told when a decision had to be made without Redis. */
  readonly onAway?: (code: string) => void
}

/** Units that were set aside in Redis. */
export interface RedisBlock extends Block {
  readonly id: string
  readonly domain: Domain
  /** Its mark and its beginning, when it was told of; undefined where nobody knows it any more. */
  readonly told: PromiseWithResolvers<string | undefined>
}

/** Limits in Redis, exact or by blocks. Must be closed. */
export class RedisLimits implements BlockSource<RedisBlock> {
  readonly #options: RedisLimitsOptions
  readonly #turns: Turns
  readonly #errands: Errands
  readonly #away: AwayLimits
  readonly #deciding: Deciding
  /** Weak not for the sake of memory: a Map that much goes through keeps alive what was in it for long. */
  readonly #calls = new WeakMap<Exchange, Decision>()
  #exchanges = 0
  readonly #open = new OpenHolds()
  readonly #keyOf: (owner: string, name: string) => string
  readonly #renewing: NodeJS.Timeout
  /** Ids are this gateway's own: those of exchanges may come from clients. */
  readonly #origin = randomBytes(9).toString('base64url')
  #lastId = 0

  constructor(redis: RedisClient, options: RedisLimitsOptions, script: RedisScript = limitScript()) {
    const { clock, deadlineMs, leaseMs, gateways } = options
    this.#options = options
    this.#turns = new Turns(redis, clock, script)
    this.#errands = new Errands(redis, this.#turns, { deadlineMs })
    this.#away = new AwayLimits(clock, gateways)
    this.#keyOf = (owner, name) => redis.key(owner, name)
    this.#deciding = {
      clock,
      turns: this.#turns,
      deadlineMs,
      leaseMs,
      granted: decision => this.#granted(decision),
      refused: (decision, claim, retryAfterMs, asked) => {
        this.#cancel(decision.id, decision.domains.slice(0, asked))
        this.#forget(decision)
        decision.resolve({ granted: false, claim, retryAfterMs, cause: 'limit' })
      },
      unanswered: (decision, error, asked) => {
        this.#cancel(decision.id, decision.domains.slice(0, asked))
        this.#options.onAway?.(error.code)
        this.#decideAway(decision)
      }
    }
    this.#renewing = setInterval(() => this.#renew(), leaseMs / 3)
    this.#renewing.unref()
  }

  /** How many exchanges hold something, or ask for it; for metrics. */
  get exchanges(): number {
    return this.#exchanges
  }

  /** What has to be told to Redis, and cannot be just now; for metrics. */
  get waiting(): number {
    return this.#errands.waiting
  }

  hold(exchange: Exchange, claims: readonly Claim[]): Promise<Held> {
    if ('ended' in exchange && exchange.ended === true) {
      const error = new GatewayError('TACIT_EXCHANGE_ENDED', 'A plugin asked for a hold after its exchange had ended.')
      return Promise.reject(error)
    }
    try {
      checkClaims(claims)
    } catch (error) {
      return Promise.reject(error)
    }
    const domains = domainsOf(claims, this.#keyOf)
    const others = this.#calls.get(exchange)
    for (let call = others; call !== undefined; call = call.next) {
      if (isSame(call.domains, domains)) return call.answer
    }
    const call = new Decision(exchange, this.#nextId(), claims, domains, this.#deciding, others)
    if (others === undefined) this.#exchanges++
    this.#calls.set(exchange, call)
    call.ask()
    return call.answer
  }

  settleLeft(exchange: Exchange): void {
    const first = this.#calls.get(exchange)
    if (first === undefined) return
    this.#end(exchange)
    for (let call: Decision | undefined = first; call !== undefined; call = call.next) {
      // What was asked for by one that did not stay for the answer is not used.
      call.isAbandoned = true
      call.held?.settle([])
    }
  }

  async read(limits: readonly Limit[]): Promise<readonly Reading[]> {
    for (const limit of limits) checkLimit(limit)
    const claims = limits.map(limit => ({ ...limit, amount: 0 }))
    const readings: Reading[] = []
    for (const domain of domainsOf(claims, this.#keyOf)) {
      const answer = await this.#ask('read', domain, claimsWords(domain, claims))
      for (const [at, reading] of readReadings(answer).entries()) readings[domain.indexes[at] ?? 0] = reading
    }
    return readings
  }

  async topUp(counter: CounterName, amount: number): Promise<void> {
    checkTopUp(counter, amount)
    const claims = [{ ...counter, limit: 0, amount }]
    for (const domain of domainsOf(claims, this.#keyOf)) {
      await this.#ask('topUp', domain, `${this.#nextId()} ${claimsWords(domain, claims)}`)
    }
  }

  async reset(counter: CounterName): Promise<void> {
    checkReset(counter)
    for (const domain of domainsOf([{ ...counter, limit: 0, amount: 0 }], this.#keyOf)) {
      await this.#ask('reset', domain, '')
    }
  }

  async take(claim: Claim, most: number, lifeMs: number): Promise<RedisBlock | number> {
    const claims = [claim]
    const [domain] = domainsOf(claims, this.#keyOf)
    if (domain === undefined) return 0
    const { clock, leaseMs } = this.#options
    const id = this.#nextId()
    // From before it is sent: Redis counts the life of a block from later than that.
    const startedMs = clock.monotonic()
    try {
      const words = `${id} ${leaseMs} ${claimsWords(domain, claims)} ${most} ${lifeMs}`
      const answer = readTake(await this.#ask('take', domain, words))
      if (answer === undefined) throw new RedisError('slow', { mayHaveRun: true })
      if (!('usableMs' in answer)) return answer.retryAfterMs
      const { units, usableMs, remaining, resetMs } = answer
      const told = Promise.withResolvers<string | undefined>()
      return { id, domain, claim: { ...claim }, units, untilMs: startedMs + usableMs, remaining, resetMs, told }
    } catch (error) {
      if (error instanceof RedisError && error.mayHaveRun) this.#cancel(id, [domain])
      throw error
    }
  }

  release({ id, domain, told }: RedisBlock, used: number): void {
    const done = (answer: string) => told.resolve(answer === '' ? undefined : answer)
    this.#tell(domain, `release ${id} ${used}`, done)
  }

  correct({ domain, claim, told }: RedisBlock, back: number, extra: number): void {
    if (extra > 0) this.#charge(this.#nextId(), [{ ...claim, amount: extra }], [])
    if (back === 0) return
    void told.promise.then(mark => {
      // Of a block whose lease has ended nothing comes back.
      if (mark === undefined) return
      this.#tell(domain, `correct ${this.#nextId()} ${claimsWords(domain, [claim])} ${mark} ${back} 0`)
    })
  }

  /** Sends what is left to send, for no longer than a command may take, and nothing after that. */
  async close(): Promise<void> {
    clearInterval(this.#renewing)
    await this.#errands.close()
  }

  #ask(what: Asked, { owner, keys }: Domain, words: string): Promise<string> {
    const { deadlineMs } = this.#options
    return new Promise((answered, failed) => {
      this.#turns.ask({ owner, keys, words: `${what} ${words}`, deadlineMs, answered, failed })
    })
  }

  /** As {@link #ask}, sooner or later. */
  #tell({ owner, keys }: Domain, words: string, done?: (answer: string) => void): void {
    this.#errands.send({ owner, keys, words, ...(done !== undefined && { done }) })
  }

  #granted(decision: Decision): void {
    const held = new OpenHold(decision, this.#settle)
    decision.held = held
    if (decision.isAbandoned) this.#cancel(held.id, held.domains)
    else if (held.domains.some(({ isOpen }) => isOpen)) this.#open.add(held)
    decision.resolve(held)
  }

  readonly #settle = (held: OpenHold, actual: readonly number[]): void => {
    if (!this.#open.delete(held)) return
    for (const domain of held.domains) {
      if (domain.isOpen) this.#tell(domain, settleWords(held.id, domain, actual))
    }
  }

  #cancel(id: string, domains: readonly Domain[]): void {
    for (const domain of domains) this.#tell(domain, cancelWords(id))
  }

  /** What is admitted without Redis is charged when it is back; but for slots, which are free again by then. */
  #decideAway(decision: Decision): void {
    const { id, claims } = decision
    const counted = this.#away.hold({}, claims)
    if (!counted.granted) {
      this.#forget(decision)
      decision.resolve(counted)
      return
    }
    const kept = claims.map(claim => ({ ...claim }))
    let isSettled = false
    const settle = (actual: readonly number[]) => {
      if (isSettled) return
      isSettled = true
      counted.settle(actual)
      this.#charge(`${id}c`, kept, actual)
    }
    const held = { ...counted, settle }
    decision.held = held
    // The exchange ended before it was answered, and used nothing.
    if (decision.isAbandoned) settle(claims.map(() => 0))
    decision.resolve(held)
  }

  #charge(id: string, claims: readonly Claim[], actual: readonly number[]): void {
    const used = claims.map((claim, index) => ({
      ...claim,
      amount: claim.final === true ? claim.amount : settledAmount(actual[index], claim.amount)
    }))
    const lasting = used.filter(({ algorithm, amount }) => algorithm !== 'concurrency' && amount > 0)
    for (const domain of domainsOf(lasting, this.#keyOf)) {
      this.#tell(domain, `charge ${id} ${claimsWords(domain, lasting)}`)
    }
  }

  /** Prolongs the leases of what is still held. One that is young has time until the next round. */
  #renew(): void {
    const { clock, leaseMs } = this.#options
    const beforeMs = clock.monotonic() - leaseMs / 3
    const due = new Map<string, { readonly domain: Domain; readonly ids: string[] }>()
    for (const { id, domains, openedMs } of this.#open) {
      if (openedMs > beforeMs) continue
      for (const domain of domains) {
        if (!domain.isOpen) continue
        const those = due.get(domain.owner)
        if (those === undefined) due.set(domain.owner, { domain, ids: [id] })
        else those.ids.push(id)
      }
    }
    for (const { domain, ids } of due.values()) {
      for (let at = 0; at < ids.length; at += RENEWED_AT_ONCE) {
        const words = `${leaseMs} ${ids.slice(at, at + RENEWED_AT_ONCE).join(' ')}`
        // One that fails is made up for by the next round, before the lease ends.
        this.#ask('renew', domain, words).catch(() => {})
      }
    }
  }

  #forget(refused: Decision): void {
    const { exchange } = refused
    let kept: Decision | undefined
    let call = this.#calls.get(exchange)
    while (call !== undefined) {
      const { next } = call
      if (call !== refused) {
        call.next = kept
        kept = call
      }
      call = next
    }
    if (kept === undefined) this.#end(exchange)
    else this.#calls.set(exchange, kept)
  }

  #end(exchange: Exchange): void {
    if (this.#calls.delete(exchange)) this.#exchanges--
  }

  #nextId(): string {
    this.#lastId++
    return `${this.#origin}${this.#lastId.toString(36)}`
  }
}

/** Holds that one command prolongs. */
const RENEWED_AT_ONCE = 500

function isSame(one: readonly Domain[], other: readonly Domain[]): boolean {
  return (
    one.length === other.length &&
    one.every(
      ({ keys }, at) => keys.length === other[at]?.keys.length && keys.every((key, n) => key === other[at]?.keys[n])
    )
  )
}
