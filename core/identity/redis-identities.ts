/**
 * Identities in the Redis that gateways share. Changes come by a stream that is
 * read on a connection of its own, from where it was read to before. Each answer,
 * even an empty one, proves up to when all is known. Where anything is missing, or
 * an answer was, all that is remembered is forgotten.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { RedisClient } from '../store/redis.ts'
import { RedisError } from '../store/redis-error.ts'
import { readChange } from './changes.ts'
import type { Change, Conflict, Follower, FoundRows, IdentityStore, ListQuery, Mutation } from './identity-store.ts'
import { FIND, FIND_CONSUMER, LIST, WRITE } from './redis-identity-scripts.ts'
import { type Kind, readRow } from './rows.ts'

/** How long Redis waits for a change before it answers that there is none, in ms. */
const BLOCK_MS = 200
/** Time for that answer to come, in ms. */
const SLACK_MS = 400
/** Pause before another try when Redis could not be asked, in ms. */
const PAUSE_MS = 100
/** Time for what no exchange waits for, in ms. */
const WRITE_MS = 2_000
/** Most changes that are read at once. */
const MAX_CHANGES = 1_000

const CONFLICTS = [
  'exists',
  'missing',
  'changed',
  'digest_taken',
  'consumer_missing',
  'group_missing',
  'group_in_use'
] as const satisfies readonly Conflict[]

/** Up to where changes are known: how many there were, counted since the word was drawn. */
interface Position {
  readonly epoch: string
  readonly count: number
}

/** {@link IdentityStore} in Redis. All it is asked for rejects with RedisError while Redis cannot be asked. */
export class RedisIdentities implements IdentityStore {
  readonly name = 'redis'
  readonly #redis: RedisClient
  readonly #clock: Clock
  readonly #prefix: string
  readonly #closing = new AbortController()
  #following: Promise<void> | undefined

  constructor(redis: RedisClient, clock: Clock) {
    this.#redis = redis
    this.#clock = clock
    this.#prefix = redis.key('identities', 'v1')
  }

  async find(plugin: string, digest: string): Promise<FoundRows | undefined> {
    const reply = await this.#redis.run(FIND, [this.#prefix], [plugin, digest])
    if (!Array.isArray(reply)) return undefined
    const credential = readRow('credential', reply[0])
    if (credential === undefined) return undefined
    return { credential, consumer: readRow('consumer', reply[1]), group: readRow('group', reply[2]) }
  }

  async findConsumer(id: string): Promise<FoundRows | undefined> {
    const reply = await this.#redis.run(FIND_CONSUMER, [this.#prefix], [id])
    if (!Array.isArray(reply)) return undefined
    const consumer = readRow('consumer', reply[0])
    return consumer === undefined ? undefined : { credential: undefined, consumer, group: readRow('group', reply[1]) }
  }

  async read(kind: Kind, id: string): Promise<string | undefined> {
    const row = await this.#redis.command('get', [`${this.#prefix}:${kind}:${id}`])
    return typeof row === 'string' ? row : undefined
  }

  async list(kind: Kind, { after = '', limit, consumer = '' }: ListQuery): Promise<readonly string[]> {
    const rows = await this.#redis.run(LIST, [this.#prefix], [kind, after, limit, consumer], {
      deadlineMs: WRITE_MS
    })
    return Array.isArray(rows) ? rows.filter(row => typeof row === 'string') : []
  }

  async write(mutations: readonly Mutation[]): Promise<Conflict | undefined> {
    const word = randomBytes(12).toString('base64url')
    const reply = await this.#redis.run(WRITE, [this.#prefix], [JSON.stringify(mutations), word], {
      deadlineMs: WRITE_MS
    })
    if (reply === 'ok') return undefined
    const conflict = CONFLICTS.find(known => known === reply)
    if (conflict === undefined) throw new RedisError('refused', { mayHaveRun: true })
    return conflict
  }

  follow(follower: Follower): void {
    this.#following ??= this.#follow(follower)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#following
  }

  async #follow(follower: Follower): Promise<void> {
    const waiting = this.#redis.waiting(BLOCK_MS)
    this.#closing.signal.addEventListener('abort', () => waiting.close())
    await waiting.open()
    let position: Position | undefined
    while (!this.#closing.signal.aborted) {
      try {
        position = await this.#read(waiting, position, follower)
      } catch {
        // The next server may have lost changes that this one has told, and counted others in their place.
        position = undefined
        await this.#pause()
      }
    }
  }

  /** Waits for changes and tells them. @returns up to where all are known now. */
  async #read(waiting: RedisClient, known: Position | undefined, follower: Follower): Promise<Position> {
    const askedMs = this.#clock.monotonic()
    const version = ['hmget', `${this.#prefix}:version`, 'epoch', 'count'] as const
    const options = { deadlineMs: BLOCK_MS + SLACK_MS }
    if (known === undefined) {
      const [reply] = await waiting.pipeline([version], options)
      follower.changed('all')
      follower.confirmed(askedMs)
      return positionOf(reply)
    }
    const stream = [`${this.#prefix}:changes`, `${known.count}-0`] as const
    const wait = ['xread', 'count', MAX_CHANGES, 'block', BLOCK_MS, 'streams', ...stream] as const
    const [reply, after] = await waiting.pipeline([wait, version], options)
    if (reply instanceof RedisError) throw reply
    const entries = entriesOf(reply)
    const now = positionOf(after)
    const last = known.count + entries.length
    const changes = entries.flatMap(([count, change], index) =>
      count === known.count + index + 1 ? (change ?? []) : []
    )
    // A gap, a word that is none, another count, or changes that the stream does not hold: Redis has lost or dropped some.
    const isWhole =
      changes.length === entries.length &&
      now.epoch === known.epoch &&
      now.count >= last &&
      (entries.length > 0 || now.count === known.count)
    if (!isWhole) {
      follower.changed('all')
      follower.confirmed(askedMs)
      return now
    }
    if (changes.length > 0) follower.changed(changes)
    // All there were when they were asked for have been told, unless there were more than fit.
    if (entries.length < MAX_CHANGES) follower.confirmed(askedMs)
    return { epoch: now.epoch, count: last }
  }

  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, PAUSE_MS)
    this.#closing.signal.addEventListener('abort', () => resolve(), { once: true })
    return promise.finally(() => clearTimeout(timer))
  }
}

/** What `XREAD` answers: nothing, or one stream with its entries, each an id and its fields. */
function entriesOf(reply: unknown): readonly (readonly [count: number, change: Change | undefined])[] {
  const stream: unknown = Array.isArray(reply) ? reply[0] : undefined
  const entries: unknown = Array.isArray(stream) ? stream[1] : undefined
  if (!Array.isArray(entries)) return []
  return entries.map((entry: unknown) => {
    if (!Array.isArray(entry) || !Array.isArray(entry[1])) return [Number.NaN, undefined]
    return [Number(String(entry[0]).split('-')[0]), readChange(entry[1][1])]
  })
}

/** Nothing written yet counts as 0 changes of no word. */
function positionOf(reply: unknown): Position {
  if (!Array.isArray(reply)) throw new TypeError('not a version')
  return { epoch: String(reply[0] ?? ''), count: Number(reply[1] ?? 0) }
}
