/**
 * Rows by way of a stream in Redis: gateways put their parcels into it, and those
 * that collect take them out into their store, as members of one group, so that
 * each parcel is taken once. What was taken twice all the same, after an answer
 * that was lost, is kept once: rows have names. Knows nothing of what rows say.
 */
import { randomUUID } from 'node:crypto'
import type { RedisArgument, RedisCommandOptions } from '../store/redis.ts'
import type { MasterKey } from './master-key.ts'
import { readEnvelope, type SealedParcel, type SpooledEntry } from './spool.ts'

/** What is needed of a connection to Redis. */
export interface StreamConnection {
  command(name: string, args: readonly RedisArgument[], options?: RedisCommandOptions): Promise<unknown>
}

/** Where parcels wait. */
export interface ParcelSource {
  spooled(limit: number): Promise<readonly SpooledEntry[]>
  unspool(seqs: readonly number[]): Promise<void>
}

/** Where parcels end. */
export interface ParcelSink {
  /** Keeps the rows of parcels, each with its key for the way. They are on the disk when it resolves. */
  collect(parcels: readonly SealedParcel[]): Promise<void>
}

/** Parcels that are handled together. */
const BATCH = 64
/** Pause after a failure, in ms. */
const PAUSE_MS = 250
/** How long a collector waits for parcels at once, in ms. */
export const BLOCK_MS = 1_000
/** Parcels that another collector has taken and not confirmed for so long are taken over, in ms. */
const ABANDONED_MS = 30_000
const GROUP = 'collectors'
/** Time for a command that carries parcels, in ms. */
const COMMAND_MS = 5_000

/** Puts parcels into the stream. */
export class Shipper {
  readonly #redis: StreamConnection
  readonly #key: string
  readonly #source: ParcelSource
  #running: Promise<void> | undefined
  #isAsked = false
  #isClosed = false
  #retry: NodeJS.Timeout | undefined

  constructor(redis: StreamConnection, key: string, source: ParcelSource) {
    this.#redis = redis
    this.#key = key
    this.#source = source
  }

  /** Sends what waits. While Redis is away it is tried again and again; nothing is lost meanwhile. */
  ship(): void {
    this.#isAsked = true
    this.#running ??= this.#ship().finally(() => {
      this.#running = undefined
      if (this.#isAsked && !this.#isClosed && this.#retry === undefined) this.ship()
    })
  }

  /** Begins nothing more, and waits for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#retry)
    await this.#running
  }

  async #ship(): Promise<void> {
    this.#isAsked = false
    try {
      while (!this.#isClosed) {
        const entries = await this.#source.spooled(BATCH)
        if (entries.length === 0) return
        for (const { seq, bytes } of entries) {
          await this.#redis.command('xadd', [this.#key, '*', 'p', bytes], { deadlineMs: COMMAND_MS })
          await this.#source.unspool([seq])
        }
      }
    } catch {
      if (this.#isClosed) return
      this.#retry = setTimeout(() => {
        this.#retry = undefined
        this.ship()
      }, PAUSE_MS).unref()
    }
  }
}

/** Takes parcels out of the stream. */
export class StreamCollector {
  readonly #redis: StreamConnection
  readonly #waiting: StreamConnection
  readonly #key: string
  readonly #masters: readonly MasterKey[]
  readonly #sink: ParcelSink
  readonly #failed: (error: unknown) => void
  readonly #name = randomUUID()
  readonly #keys = new Map<string, Promise<Uint8Array>>()
  #hasGroup = false
  #isClosed = false
  #running: Promise<void> | undefined

  /** @param waiting another connection, for commands that wait. @param failed told of parcels that cannot be opened. */
  constructor(
    redis: StreamConnection,
    waiting: StreamConnection,
    key: string,
    masters: readonly MasterKey[],
    sink: ParcelSink,
    failed: (error: unknown) => void
  ) {
    this.#redis = redis
    this.#waiting = waiting
    this.#key = key
    this.#masters = masters
    this.#sink = sink
    this.#failed = failed
  }

  /** Collects until it is closed. */
  begin(): void {
    this.#running ??= this.#run()
  }

  /** Resolves when what is under way is done: a parcel that was taken is kept and confirmed. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#makeGroup()
        await this.#keep(await this.#abandoned())
        await this.#keep(await this.#next())
      } catch {
        this.#hasGroup = false
        await new Promise(resolve => setTimeout(resolve, PAUSE_MS).unref())
      }
    }
  }

  async #makeGroup(): Promise<void> {
    if (this.#hasGroup) return
    // It may be there already, made by this one or another.
    await this.#redis.command('xgroup', ['create', this.#key, GROUP, '0', 'mkstream']).catch((error: unknown) => {
      if (Reflect.get(Object(error), 'reply') !== 'BUSYGROUP') throw error
    })
    this.#hasGroup = true
  }

  /** Parcels that somebody took who is gone, this one before a restart among them. */
  async #abandoned(): Promise<readonly StreamEntry[]> {
    const args = [this.#key, GROUP, this.#name, ABANDONED_MS, '0', 'count', BATCH]
    const reply = await this.#redis.command('xautoclaim', args, { binary: true, deadlineMs: COMMAND_MS })
    return Array.isArray(reply) ? entriesOf(reply[1]) : []
  }

  async #next(): Promise<readonly StreamEntry[]> {
    const args = ['group', GROUP, this.#name, 'count', BATCH, 'block', BLOCK_MS, 'streams', this.#key, '>']
    const reply: unknown = await this.#waiting.command('xreadgroup', args, {
      binary: true,
      deadlineMs: BLOCK_MS + COMMAND_MS
    })
    const [stream]: readonly unknown[] = Array.isArray(reply) ? reply : []
    return Array.isArray(stream) ? entriesOf(stream[1]) : []
  }

  /** Keeps parcels, then confirms and removes them: what was kept and not confirmed comes again, and is kept once. */
  async #keep(entries: readonly StreamEntry[]): Promise<void> {
    if (entries.length === 0) return
    const parcels = await Promise.all(
      entries.map(async ({ bytes }) => {
        try {
          const { master, wrapped, sealed } = readEnvelope(bytes)
          return { key: await this.#open(master, wrapped), sealed }
        } catch (error) {
          // It will never open, so it must not come again and again.
          this.#failed(error)
          return undefined
        }
      })
    )
    await this.#sink.collect(parcels.flatMap(parcel => parcel ?? []))
    const ids = entries.map(({ id }) => id)
    await this.#redis.command('xack', [this.#key, GROUP, ...ids], { deadlineMs: COMMAND_MS })
    await this.#redis.command('xdel', [this.#key, ...ids], { deadlineMs: COMMAND_MS })
  }

  /** A key for the way; each gateway has another one each time it starts. */
  #open(id: string, wrapped: Buffer): Promise<Uint8Array> {
    const name = `${id} ${wrapped.toString('base64')}`
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const master = this.#masters.find(candidate => candidate.id === id)
    if (master === undefined) return Promise.reject(new RangeError('a parcel of another master key'))
    const opening = master.unwrap(wrapped)
    opening.catch(() => this.#keys.delete(name))
    if (this.#keys.size > 1_000) this.#keys.clear()
    this.#keys.set(name, opening)
    return opening
  }
}

interface StreamEntry {
  readonly id: string
  readonly bytes: Buffer
}

/** Entries as XREADGROUP and XAUTOCLAIM tell them; what was removed meanwhile has no fields. */
function entriesOf(reply: unknown): readonly StreamEntry[] {
  if (!Array.isArray(reply)) return []
  return reply.flatMap((entry: unknown) => {
    const [id, fields]: readonly unknown[] = Array.isArray(entry) ? entry : []
    const bytes: unknown = Array.isArray(fields) ? fields[1] : undefined
    return Buffer.isBuffer(id) ? [{ id: id.toString(), bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(4) }] : []
  })
}
