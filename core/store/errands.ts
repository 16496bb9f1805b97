/**
 * What Redis has to be told sooner or later: what was held is settled, what was
 * refused is given back. Nobody waits for it; what fails is sent again until it
 * succeeds, so each must be idempotent. Knows nothing of what it does.
 */
import type { RedisClient } from './redis.ts'
import type { RedisError } from './redis-error.ts'
import type { Question, Turns } from './turns.ts'

/** Something to tell about keys of one owner. */
export interface Errand extends Pick<Question, 'owner' | 'keys' | 'words'> {
  /** Told the answer, once. */
  readonly done?: (answer: string) => void
}

/** Settings of {@link Errands}. */
export interface ErrandsOptions {
  /** How long one try may take, in ms. */
  readonly deadlineMs: number
  /** Errands that may wait for Redis to come back; the oldest beyond that is dropped. Default 100,000. */
  readonly maxWaiting?: number
}

/** Pause before what failed is sent again, in ms. */
const PAUSE_MS = 250
/** Errands that are sent at once when Redis is back. */
const BATCH = 64

/** Told that a try is over, and what it failed of. */
type Over = (errand: Errand, error: RedisError | undefined) => void

/** One try of an errand. */
class Try implements Question {
  readonly owner: string
  readonly keys: readonly string[]
  readonly words: string
  readonly deadlineMs: number
  readonly #errand: Errand
  readonly #over: Over

  constructor(errand: Errand, deadlineMs: number, over: Over) {
    this.owner = errand.owner
    this.keys = errand.keys
    this.words = errand.words
    this.deadlineMs = deadlineMs
    this.#errand = errand
    this.#over = over
  }

  answered(answer: string): void {
    this.#errand.done?.(answer)
    this.#over(this.#errand, undefined)
  }

  failed(error: RedisError): void {
    this.#over(this.#errand, error)
  }
}

/** Carries errands out. */
export class Errands {
  readonly #redis: RedisClient
  readonly #turns: Turns
  readonly #deadlineMs: number
  readonly #maxWaiting: number
  readonly #waiting: Errand[] = []
  #underWay = 0
  #idle: PromiseWithResolvers<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #dropped = 0

  constructor(redis: RedisClient, turns: Turns, { deadlineMs, maxWaiting = 100_000 }: ErrandsOptions) {
    this.#redis = redis
    this.#turns = turns
    this.#deadlineMs = deadlineMs
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
    await this.#answered()
    for (const errand of this.#waiting.splice(0)) this.#try(errand)
    this.#isClosed = true
    await this.#answered()
    clearTimeout(this.#timer)
  }

  #try(errand: Errand, over = this.#over): void {
    this.#underWay++
    this.#turns.ask(new Try(errand, this.#deadlineMs, over))
  }

  /** Resolves when all of them were tried. */
  #tryAgain(errands: readonly Errand[]): Promise<void> {
    return new Promise(resolve => {
      let left = errands.length
      const over: Over = (errand, error) => {
        this.#over(errand, error)
        if (--left === 0) resolve()
      }
      for (const errand of errands) this.#try(errand, over)
    })
  }

  readonly #over: Over = (errand, error) => {
    if (error !== undefined) {
      // What Redis itself refuses it would refuse again; but for want of memory.
      const isLost = error.failure === 'refused' && error.reply !== 'OOM'
      if (isLost || this.#isClosed) this.#dropped++
      else this.#keep(errand)
    }
    if (--this.#underWay > 0) return
    this.#idle?.resolve()
    this.#idle = undefined
  }

  /** Resolves when nothing is under way. */
  async #answered(): Promise<void> {
    while (this.#underWay > 0) {
      this.#idle ??= Promise.withResolvers<void>()
      await this.#idle.promise
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
    if (first !== undefined) await this.#tryAgain([first])
    while (this.#redis.isAnswering && this.#waiting.length > 0 && !this.#isClosed) {
      await this.#tryAgain(this.#waiting.splice(0, BATCH))
    }
    this.#timer = undefined
    if (this.#waiting.length === 0 || this.#isClosed) return
    this.#timer = setTimeout(() => this.#again(), PAUSE_MS)
    this.#timer.unref()
  }
}
