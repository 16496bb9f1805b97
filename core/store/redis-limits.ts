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
import type { Claim, CounterName, Exchange, Granted, Held, Limit, NotGranted, Reading } from '../plugin.ts'
import { AwayLimits } from './away-limits.ts'
import { checkClaims, checkLimit, checkReset, checkTopUp, settledAmount } from './claims.ts'
import { cancelArguments, type Domain, domainArguments, domainsOf, settleArguments } from './domains.ts'
import { Errands } from './errands.ts'
import { readHold, readReadings, readTake } from './hold-words.ts'
import type { BlockSource } from './leased-limits.ts'
import { type LimitScripts, limitScripts } from './limit-scripts.ts'
import type { RedisClient } from './redis.ts'
import { RedisError } from './redis-error.ts'
import type { Block } from './supply.ts'

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

/** One call of an exchange, from when it is asked. */
interface Call {
  readonly domains: readonly Domain[]
  answer: Promise<Held> | undefined
  held: OpenHold | undefined
  isAbandoned: boolean
  /** Another call of the same exchange. */
  next: Call | undefined
}

/** What was granted, and has to be settled. */
interface OpenHold extends Granted {
  readonly id: string
  readonly domains: readonly Domain[]
  readonly openedMs: number
}

/** Units that were set aside in Redis. */
export interface RedisBlock extends Block {
  readonly id: string
  readonly domain: Domain
  /** Its mark and its beginning, when it was told of; undefined where nobody knows it any more. */
  readonly told: PromiseWithResolvers<readonly string[] | undefined>
}

/** Limits in Redis, exact or by blocks. Must be closed. */
export class RedisLimits implements BlockSource<RedisBlock> {
  readonly #redis: RedisClient
  readonly #options: RedisLimitsOptions
  readonly #scripts: LimitScripts
  readonly #errands: Errands
  readonly #away: AwayLimits
  readonly #calls = new Map<Exchange, Call>()
  readonly #open = new Set<OpenHold>()
  readonly #keyOf: (owner: string, name: string) => string
  readonly #renewing: NodeJS.Timeout
  /** Ids are this gateway's own: those of exchanges may come from clients. */
  readonly #origin = randomBytes(9).toString('base64url')
  #lastId = 0

  constructor(redis: RedisClient, options: RedisLimitsOptions, scripts: LimitScripts = limitScripts()) {
    this.#redis = redis
    this.#options = options
    this.#scripts = scripts
    this.#errands = new Errands(redis)
    this.#away = new AwayLimits(options.clock, options.gateways)
    this.#keyOf = (owner, name) => redis.key(owner, name)
    this.#renewing = setInterval(() => this.#renew(), options.leaseMs / 3)
    this.#renewing.unref()
  }

  /** How many exchanges hold something, or ask for it; for metrics. */
  get exchanges(): number {
    return this.#calls.size
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
      if (call.answer !== undefined && isSame(call.domains, domains)) return call.answer
    }
    const call: Call = { domains, answer: undefined, held: undefined, isAbandoned: false, next: others }
    this.#calls.set(exchange, call)
    call.answer = this.#decide(claims, domains, (held): Held => {
      if (!held.granted) {
        this.#forget(exchange, call)
        return held
      }
      call.held = held
      if (call.isAbandoned) this.#abandon(held)
      else if (held.domains.some(({ isOpen }) => isOpen)) this.#open.add(held)
      return held
    })
    return call.answer
  }

  settleLeft(exchange: Exchange): void {
    const first = this.#calls.get(exchange)
    if (first === undefined) return
    this.#calls.delete(exchange)
    for (let call: Call | undefined = first; call !== undefined; call = call.next) {
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
      const answer = await this.#redis.run(this.#scripts.read, domain.keys, domainArguments([], domain, claims))
      for (const [at, reading] of readReadings(answer).entries()) readings[domain.indexes[at] ?? 0] = reading
    }
    return readings
  }

  async topUp(counter: CounterName, amount: number): Promise<void> {
    checkTopUp(counter, amount)
    await this.#change(this.#scripts.topUp, { ...counter, limit: 0, amount })
  }

  async reset(counter: CounterName): Promise<void> {
    checkReset(counter)
    await this.#change(this.#scripts.reset, { ...counter, limit: 0, amount: 0 })
  }

  async take(claim: Claim, most: number, lifeMs: number): Promise<RedisBlock | number> {
    const claims = [claim]
    const [domain] = domainsOf(claims, this.#keyOf)
    if (domain === undefined) return 0
    const { clock, leaseMs, deadlineMs } = this.#options
    const id = this.#nextId()
    // From before it is sent: Redis counts the life of a block from later than that.
    const startedMs = clock.monotonic()
    const args = [...domainArguments([id, leaseMs], domain, claims), most, lifeMs]
    try {
      const answer = readTake(await this.#redis.run(this.#scripts.take, domain.keys, args, { deadlineMs }))
      if (answer === undefined) throw new RedisError('slow', { mayHaveRun: true })
      if (!('usableMs' in answer)) return answer.retryAfterMs
      const { units, usableMs, remaining, resetMs } = answer
      const told = Promise.withResolvers<readonly string[] | undefined>()
      return { id, domain, claim: { ...claim }, units, untilMs: startedMs + usableMs, remaining, resetMs, told }
    } catch (error) {
      if (error instanceof RedisError && error.mayHaveRun) this.#cancel(id, [domain])
      throw error
    }
  }

  release({ id, domain, told }: RedisBlock, used: number): void {
    const done = (answer: unknown) => told.resolve(typeof answer === 'string' ? answer.split(' ') : undefined)
    this.#errands.send({ script: this.#scripts.release, keys: domain.keys.slice(0, 2), args: [id, used], done })
  }

  correct({ domain, claim, told }: RedisBlock, back: number, extra: number): void {
    if (extra > 0) this.#charge(this.#nextId(), [{ ...claim, amount: extra }], [])
    if (back === 0) return
    void told.promise.then(mark => {
      // Of a block whose lease has ended nothing comes back.
      if (mark === undefined) return
      const args = [...domainArguments([this.#nextId()], domain, [claim]), ...mark, back, 0]
      this.#errands.send({ script: this.#scripts.correct, keys: domain.keys, args })
    })
  }

  /** Sends what is left to send, for no longer than a command may take, and nothing after that. */
  async close(): Promise<void> {
    clearInterval(this.#renewing)
    await this.#errands.close()
  }

  async #change(script: LimitScripts['topUp'], claim: Claim): Promise<void> {
    const claims = [claim]
    for (const domain of domainsOf(claims, this.#keyOf)) {
      await this.#redis.run(script, domain.keys, domainArguments([this.#nextId()], domain, claims))
    }
  }

  async #decide(
    claims: readonly Claim[],
    domains: readonly Domain[],
    decided: (held: OpenHold | NotGranted) => Held
  ): Promise<Held> {
    const { clock, deadlineMs, leaseMs } = this.#options
    const startedMs = clock.monotonic()
    const id = this.#nextId()
    const remaining: number[] = []
    const resetMs: number[] = []
    let shadowed = NONE
    let asked = 0
    try {
      for (const domain of domains) {
        asked++
        const args = domainArguments([id, leaseMs], domain, claims)
        const leftMs = asked === 1 ? deadlineMs : deadlineMs - (clock.monotonic() - startedMs)
        if (leftMs <= 0) throw new RedisError('slow')
        const answer = readHold(await this.#redis.run(this.#scripts.hold, domain.keys, args, { deadlineMs: leftMs }))
        if (answer === undefined) throw new RedisError('slow', { mayHaveRun: true })
        if (!answer.granted) {
          this.#cancel(id, domains.slice(0, asked - 1))
          const claim = domain.indexes[answer.claim] ?? 0
          return decided({ granted: false, claim, retryAfterMs: answer.retryAfterMs, cause: 'limit' })
        }
        let at = 0
        for (const index of domain.indexes) {
          remaining[index] = answer.remaining[at] ?? 0
          resetMs[index] = answer.resetMs[at] ?? 0
          if (answer.shadowed.includes(at)) shadowed = [...shadowed, index]
          at++
        }
      }
    } catch (error) {
      if (!(error instanceof RedisError)) throw error
      // The last one may have been carried out all the same, or be so later.
      this.#cancel(id, domains.slice(0, error.mayHaveRun ? asked : asked - 1))
      this.#options.onAway?.(error.code)
      return decided(this.#decideAway(id, claims, domains))
    }
    const held: OpenHold = {
      granted: true,
      unsure: false,
      id,
      domains,
      openedMs: startedMs,
      remaining,
      resetMs,
      shadowed,
      settle: actual => this.#settle(held, actual)
    }
    return decided(held)
  }

  #settle(held: OpenHold, actual: readonly number[]): void {
    if (!this.#open.delete(held)) return
    for (const domain of held.domains) {
      if (!domain.isOpen) continue
      const args = settleArguments(held.id, domain, actual)
      this.#errands.send({ script: this.#scripts.settle, keys: domain.keys.slice(0, 2), args })
    }
  }

  /** The exchange ended before it was answered, and used nothing. */
  #abandon(held: OpenHold): void {
    if (held.unsure) held.settle(held.remaining.map(() => 0))
    else this.#cancel(held.id, held.domains)
  }

  #cancel(id: string, domains: readonly Domain[]): void {
    for (const { keys } of domains) {
      this.#errands.send({ script: this.#scripts.settle, keys: keys.slice(0, 2), args: cancelArguments(id) })
    }
  }

  /** What is admitted without Redis is charged when it is back; but for slots, which are free again by then. */
  #decideAway(id: string, claims: readonly Claim[], domains: readonly Domain[]): OpenHold | NotGranted {
    const counted = this.#away.hold({}, claims)
    if (!counted.granted) return counted
    const kept = claims.map(claim => ({ ...claim }))
    let isSettled = false
    const settle = (actual: readonly number[]) => {
      if (isSettled) return
      isSettled = true
      counted.settle(actual)
      this.#charge(`${id}c`, kept, actual)
    }
    return { ...counted, id, domains: domains.map(domain => ({ ...domain, isOpen: false })), openedMs: 0, settle }
  }

  #charge(id: string, claims: readonly Claim[], actual: readonly number[]): void {
    const used = claims.map((claim, index) => ({
      ...claim,
      amount: claim.final === true ? claim.amount : settledAmount(actual[index], claim.amount)
    }))
    const lasting = used.filter(({ algorithm, amount }) => algorithm !== 'concurrency' && amount > 0)
    for (const domain of domainsOf(lasting, this.#keyOf)) {
      const args = domainArguments([id], domain, lasting)
      this.#errands.send({ script: this.#scripts.charge, keys: domain.keys, args })
    }
  }

  /** Prolongs the leases of what is still held. One that is young has time until the next round. */
  #renew(): void {
    const { clock, leaseMs } = this.#options
    const beforeMs = clock.monotonic() - leaseMs / 3
    const due = new Map<string, { readonly keys: readonly string[]; readonly ids: string[] }>()
    for (const { id, domains, openedMs } of this.#open) {
      if (openedMs > beforeMs) continue
      for (const { owner, keys, isOpen } of domains) {
        if (!isOpen) continue
        const those = due.get(owner)
        if (those === undefined) due.set(owner, { keys: keys.slice(0, 2), ids: [id] })
        else those.ids.push(id)
      }
    }
    for (const { keys, ids } of due.values()) {
      for (let at = 0; at < ids.length; at += RENEWED_AT_ONCE) {
        const args = [leaseMs, ...ids.slice(at, at + RENEWED_AT_ONCE)]
        // One that fails is made up for by the next round, before the lease ends.
        this.#redis.run(this.#scripts.renew, keys, args).catch(() => {})
      }
    }
  }

  #forget(exchange: Exchange, refused: Call): void {
    let kept: Call | undefined
    let call = this.#calls.get(exchange)
    while (call !== undefined) {
      const { next } = call
      if (call !== refused) {
        call.next = kept
        kept = call
      }
      call = next
    }
    if (kept === undefined) this.#calls.delete(exchange)
    else this.#calls.set(exchange, kept)
  }

  #nextId(): string {
    this.#lastId++
    return `${this.#origin}${this.#lastId.toString(36)}`
  }
}

const NONE: readonly number[] = []
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
