/**
 * Commands to Redis that have to be carried out sooner or later: what was held
 * is settled, what was refused is given back. Nobody waits for them; one that
 * fails is sent again until it succeeds, so each must be idempotent. Knows
 * nothing of what they do.
 */
import type { RedisArgument, RedisClient } from './redis.ts'
import { RedisError } from './redis-error.ts'
import type { RedisScript } from './redis-script.ts'

/** One command, for keys of one owner. */
export interface Errand {
  readonly script: RedisScript
  readonly keys: readonly string[]
  readonly args: readonly RedisArgument[]
  /** Told the answer, once. */
  readonly done?: (answer: unknown) => void
}

/** Settings of {@link Errands}. */
export interface ErrandsOptions {
  /** Errands that may wait for Redis to come back; the oldest beyond that is dropped. Default 100,000. */
  readonly maxWaiting?: number
}

/** Pause before what failed is sent again, in ms. */
const PAUSE_MS = 250
/** Errands that are sent at once when Redis is back. */
const BATCH = 64

/** Carries errands out. */
export class Errands {
  readonly #redis: RedisClient
  readonly #maxWaiting: number
  readonly #waiting: Errand[] = []
  readonly #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #dropped = 0

  constructor(redis: RedisClient, { maxWaiting = 100_000 }: ErrandsOptions = {}) {
    this.#redis = redis
    this.#maxWaiting = maxWaiting
  }

  /** How many wait for Redis to come back. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** How many were given up: too many waited, or Redis refused them. */
  get dropped(): number {
    return this.#dropped
  }

  /** Sends an errand, or lets it wait while others do. */
  send(errand: Errand): void {
    if (this.#waiting.length > 0) this.#keep(errand)
    else this.#try(errand)
  }

  /** Tries once more what is left, for no longer than commands take, and sends nothing after that. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    // What is answered may have something to tell in turn.
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    for (const errand of this.#waiting.splice(0)) this.#try(errand)
    this.#isClosed = true
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    clearTimeout(this.#timer)
  }

  #try(errand: Errand): void {
    const trying = this.#carryOut(errand).finally(() => this.#underWay.delete(trying))
    this.#underWay.add(trying)
  }

  async #carryOut(errand: Errand): Promise<void> {
    const { script, keys, args, done } = errand
    try {
      const answer = await this.#redis.run(script, keys, args)
      done?.(answer)
    } catch (error) {
      // What Redis itself refuses it would refuse again; but for want of memory.
      const isLost = error instanceof RedisError && error.failure === 'refused' && error.reply !== 'OOM'
      if (isLost || this.#isClosed) this.#dropped++
      else this.#keep(errand)
    }
  }

  #keep(errand: Errand): void {
    if (this.#waiting.length >= this.#maxWaiting) {
      this.#waiting.shift()
      this.#dropped++
    }
    this.#waiting.push(errand)
    if (this.#timer !== undefined || this.#isClosed) return
    this.#timer = setTimeout(() => this.#again(), PAUSE_MS)
    this.#timer.unref()
  }

  /** One finds out whether Redis is back; the others follow. */
  async #again(): Promise<void> {
    const first = this.#waiting.shift()
    if (first !== undefined) await this.#carryOut(first)
    while (this.#redis.isAnswering && this.#waiting.length > 0 && !this.#isClosed) {
      await Promise.all(this.#waiting.splice(0, BATCH).map(errand => this.#carryOut(errand)))
    }
    this.#timer = undefined
    if (this.#waiting.length === 0 || this.#isClosed) return
    this.#timer = setTimeout(() => this.#again(), PAUSE_MS)
    this.#timer.unref()
  }
}
