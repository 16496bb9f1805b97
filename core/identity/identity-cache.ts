/**
 * Remembers what a store of identities has said, for as long as it is certain to
 * be no older than {@link MAX_STALE_MS}. Knows nothing of what rows mean.
 *
 * Why that holds: an answer was true when its question was sent, and it stays
 * true until a change of it is committed. Changes are told in order, and the store
 * confirms moments up to which all have been told. An answer is used only within
 * a second of the last confirmed moment, or of its own question. So one that a
 * commit at T made untrue is used at T + 1 s for the last time, whatever was lost
 * on the way; while the store is in reach it is gone as soon as the change is told.
 * An answer that was under way when its change was told is handed to those who
 * were waiting for it already, and is not remembered.
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { coreRefusal } from '../errors.ts'
import type { MaybePromise } from '../plugin.ts'
import type { Change, Follower, FoundRows, IdentityStore } from './identity-store.ts'

/** The oldest that an answer may be which is used without asking, in ms. */
export const MAX_STALE_MS = 1_000
/** How often a store is looked at that tells no changes by itself, in ms. */
const LOOK_MS = 200
/** Questions to the store at once. More are refused: somebody is guessing, or the store hangs. */
const MAX_LOADS = 4_096

/** What the store said of one digest, or of one consumer. */
export interface Answer {
  /** Undefined: nobody has this credential, or there is no such consumer. */
  readonly rows: FoundRows | undefined
  /** Monotonic ms of the question. */
  readonly askedMs: number
}

/** One question that is under way. */
interface Load {
  readonly askedMs: number
  readonly answer: Promise<Answer>
}

/** Settings of an {@link IdentityCache}. */
export interface IdentityCacheOptions {
  /** Answers that are remembered, those of credentials that nobody has included. */
  readonly maxAnswers: number
  /** Told what each look-up came to. */
  readonly looked?: (outcome: 'cached' | 'asked' | 'failed') => void
}

/** Answers of one store, bounded in number and age. Follows the store until that is closed. */
export class IdentityCache implements Follower {
  readonly #store: IdentityStore
  readonly #clock: Clock
  readonly #looked: ((outcome: 'cached' | 'asked' | 'failed') => void) | undefined
  readonly #answers: LRUCache<string, Answer>
  readonly #loads = new Map<string, Load>()
  #confirmedMs = Number.NEGATIVE_INFINITY

  constructor(store: IdentityStore, clock: Clock, { maxAnswers, looked }: IdentityCacheOptions) {
    this.#store = store
    this.#clock = clock
    this.#looked = looked
    this.#answers = new LRUCache({ max: maxAnswers })
    store.follow(this)
  }

  /** How many answers are remembered; for metrics. */
  get size(): number {
    return this.#answers.size
  }

  /**
   * What is known of a digest. Waits only where the store has to be asked and does not answer at once.
   * @throws Refused `identity_unavailable`, or rejects with it, when it cannot be known.
   */
  find(plugin: string, digest: string): MaybePromise<Answer> {
    return this.#find(`${plugin} ${digest}`, () => this.#store.find(plugin, digest))
  }

  /** What is known of a consumer, in the same way. */
  findConsumer(id: string): MaybePromise<Answer> {
    return this.#find(consumerKey(id), () => this.#store.findConsumer(id))
  }

  #find(key: string, ask: () => MaybePromise<FoundRows | undefined>): MaybePromise<Answer> {
    const nowMs = this.#clock.monotonic()
    if (nowMs - this.#confirmedMs >= LOOK_MS) this.#look()
    const known = this.#answers.get(key)
    if (known !== undefined && nowMs - Math.max(this.#confirmedMs, known.askedMs) <= MAX_STALE_MS) {
      this.#looked?.('cached')
      return known
    }
    const load = this.#loads.get(key)
    if (load !== undefined && nowMs - load.askedMs <= MAX_STALE_MS) return load.answer
    return this.#ask(key, ask, nowMs)
  }

  changed(changes: readonly Change[] | 'all'): void {
    if (changes === 'all') {
      this.#answers.clear()
      this.#loads.clear()
      return
    }
    const consumers = new Set<string>()
    const groups = new Set<string>()
    for (const change of changes) {
      if (change.kind === 'credential') {
        const key = `${change.plugin} ${change.digest}`
        this.#answers.delete(key)
        this.#loads.delete(key)
      } else if (change.kind === 'consumer') consumers.add(change.id)
      else groups.add(change.id)
    }
    if (consumers.size === 0 && groups.size === 0) return
    // Whose credentials are being asked for is not known yet.
    this.#loads.clear()
    // That there is none of that name may have been remembered, too.
    for (const id of consumers) this.#answers.delete(consumerKey(id))
    for (const [key, { rows }] of this.#answers.entries()) {
      if (rows === undefined) continue
      const group = rows.consumer?.group
      const owner = rows.credential?.consumer ?? rows.consumer?.id
      if ((owner !== undefined && consumers.has(owner)) || (group !== undefined && groups.has(group))) {
        this.#answers.delete(key)
      }
    }
  }

  confirmed(atMs: number): void {
    if (atMs > this.#confirmedMs) this.#confirmedMs = atMs
  }

  /** A store that cannot be looked at confirms nothing, and is then asked itself. */
  #look(): void {
    try {
      this.#store.look?.()
    } catch {
      this.changed('all')
    }
  }

  #ask(key: string, ask: () => MaybePromise<FoundRows | undefined>, askedMs: number): MaybePromise<Answer> {
    if (this.#loads.size >= MAX_LOADS) return this.#fail()
    let asked: MaybePromise<FoundRows | undefined>
    try {
      asked = ask()
    } catch {
      return this.#fail()
    }
    this.#looked?.('asked')
    if (!(asked instanceof Promise)) {
      const answer = { rows: asked, askedMs }
      this.#answers.set(key, answer)
      return answer
    }
    const load: Load = {
      askedMs,
      answer: asked.then(
        rows => this.#arrived(key, load, rows),
        () => this.#left(key, load)
      )
    }
    this.#loads.set(key, load)
    return load.answer
  }

  #arrived(key: string, load: Load, rows: FoundRows | undefined): Answer {
    const answer = { rows, askedMs: load.askedMs }
    // Not the load of this key any more: a change was told meanwhile, and whether this is older or younger nobody knows.
    if (this.#loads.get(key) === load) {
      this.#loads.delete(key)
      this.#answers.set(key, answer)
    }
    if (this.#clock.monotonic() - load.askedMs > MAX_STALE_MS) return this.#fail()
    return answer
  }

  #left(key: string, load: Load): never {
    if (this.#loads.get(key) === load) this.#loads.delete(key)
    return this.#fail()
  }

  #fail(): never {
    this.#looked?.('failed')
    throw coreRefusal('identity_unavailable')
  }
}

/** No plugin has a name that is empty, so this is no credential's key. */
function consumerKey(id: string): string {
  return ` ${id}`
}
