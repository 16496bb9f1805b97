/**
 * Questions to a script in Redis, of which all that come in one turn of the event
 * loop are sent in one command: most of what a command costs here is not what it
 * asks. Each is answered by itself, and fails by itself when its time is over.
 * Knows how questions are sent, and nothing of what they mean.
 *
 * Where keys of several owners may not stand in one command, as in a cluster or
 * behind a proxy that divides them, those of each owner are sent apart.
 */
import type { Clock } from '../clock.ts'
import type { RedisClient } from './redis.ts'
import { RedisError, redisErrorOf, refusedWith } from './redis-error.ts'
import type { RedisScript } from './redis-script.ts'

/** What somebody wants to know, or to be done. Exactly one of its functions is called, once; they must not throw. */
export interface Question {
  /** Whose keys it is about. */
  readonly owner: string
  readonly keys: readonly string[]
  /** What is asked, in words that are separated by spaces. */
  readonly words: string
  /** How long the answer is waited for, in ms. */
  readonly deadlineMs: number
  /** @param answer Empty for nothing. */
  answered(answer: string): void
  failed(error: RedisError): void
}

/** Most questions of one command: Redis does nothing else meanwhile. */
const MOST_AT_ONCE = 128

/** Sends questions. */
export class Turns {
  readonly #redis: RedisClient
  readonly #clock: Clock
  readonly #script: RedisScript
  #asked: Question[] = []
  #turn: NodeJS.Immediate | undefined
  #areApart: boolean

  /**
   * @param script Its KEYS are those of all questions, and its argument has a line for each: how many keys come before
   * its own, and its words. It answers a line for each; `-` and a word for one that failed.
   */
  constructor(redis: RedisClient, clock: Clock, script: RedisScript) {
    this.#redis = redis
    this.#clock = clock
    this.#script = script
    this.#areApart = redis.isCluster
  }

  /** Asks, together with all others of this turn. */
  ask(question: Question): void {
    this.#asked.push(question)
    this.#turn ??= setImmediate(this.#sendAll)
  }

  readonly #sendAll = (): void => {
    this.#turn = undefined
    const asked = this.#asked
    this.#asked = []
    if (!this.#areApart) this.#sendTogether(asked)
    else for (const those of Map.groupBy(asked, ({ owner }) => owner).values()) this.#sendTogether(those)
  }

  #sendTogether(asked: readonly Question[]): void {
    for (let at = 0; at < asked.length; at += MOST_AT_ONCE) {
      this.#send(asked.length <= MOST_AT_ONCE ? asked : asked.slice(at, at + MOST_AT_ONCE))
    }
  }

  async #send(asked: readonly Question[]): Promise<void> {
    const keys = new KeyList()
    const lines: string[] = []
    let shortestMs = Number.POSITIVE_INFINITY
    let longestMs = 0
    for (const question of asked) {
      lines.push(`${keys.placeOf(question.keys)} ${question.words}`)
      shortestMs = Math.min(question.deadlineMs, shortestMs)
      longestMs = Math.max(question.deadlineMs, longestMs)
    }
    const open = new OpenQuestions(asked, this.#clock)
    if (shortestMs < longestMs) open.watch()
    let answer: unknown
    try {
      answer = await this.#redis.run(this.#script, keys.all, [lines.join('\n')], { deadlineMs: longestMs })
    } catch (error) {
      const failure = redisErrorOf(error)
      if (failure.reply === 'CROSSSLOT' && !this.#areApart) this.#part(open.left())
      else open.failed(failure)
      return
    }
    open.answered(String(answer))
  }

  /** Nothing of what came with keys of several owners was done: it is sent once more, and apart from now on. */
  #part(asked: readonly Question[]): void {
    this.#areApart = true
    for (const question of asked) this.ask(question)
  }
}

/** The keys of all questions of one command, those of one owner mostly once. */
class KeyList {
  readonly all: string[] = []
  /** Where the keys of one question begin, by the first of them. */
  readonly #places = new Map<string, number>()

  /** @returns how many keys come before these. */
  placeOf(keys: readonly string[]): number {
    const [first = ''] = keys
    const known = this.#places.get(first)
    if (known !== undefined && keys.every((key, at) => key === this.all[known + at])) return known
    const place = this.all.length
    for (const key of keys) this.all.push(key)
    this.#places.set(first, place)
    return place
  }
}

/** Those of one command. */
class OpenQuestions {
  /** Undefined in place of one whose time is over. */
  #asked: readonly (Question | undefined)[]
  readonly #clock: Clock
  readonly #sentMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(asked: readonly Question[], clock: Clock) {
    this.#asked = asked
    this.#clock = clock
    this.#sentMs = clock.monotonic()
  }

  answered(answer: string): void {
    const asked = this.#end()
    const lines = answer.split('\n')
    let at = 0
    for (const question of asked) {
      const line = lines[at++] ?? ''
      if (line.startsWith('-')) question?.failed(refusedWith(line.slice(1)))
      else question?.answered(line)
    }
  }

  failed(error: RedisError): void {
    for (const question of this.left()) question.failed(error)
  }

  /** Those that still wait, and that nothing more is told by this. */
  left(): readonly Question[] {
    return this.#end().filter(question => question !== undefined)
  }

  /** Ends each when its own time is over. */
  watch(): void {
    let nextMs = Number.POSITIVE_INFINITY
    for (const question of this.#asked) nextMs = Math.min(question?.deadlineMs ?? nextMs, nextMs)
    if (nextMs === Number.POSITIVE_INFINITY) return
    // Timers come before sockets in a turn of the event loop: an answer that has arrived meanwhile still counts.
    const expire = () => setImmediate(() => this.#expire())
    this.#timer = setTimeout(expire, this.#sentMs + nextMs - this.#clock.monotonic())
  }

  #expire(): void {
    const passedMs = this.#clock.monotonic() - this.#sentMs
    const over = this.#asked.filter(question => question !== undefined && question.deadlineMs <= passedMs)
    this.#asked = this.#asked.map(question => (over.includes(question) ? undefined : question))
    for (const question of over) question?.failed(new RedisError('slow', { mayHaveRun: true }))
    this.watch()
  }

  #end(): readonly (Question | undefined)[] {
    clearTimeout(this.#timer)
    const asked = this.#asked
    this.#asked = []
    return asked
  }
}
