/**
 * Identities in a file of this machine, which several gateways on it may share:
 * read on the event loop, because a look-up is a few pages of a tree and never
 * waits for a writer, and written in a thread, because a commit waits for the disk.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import { type OpenWorkerPool, openWorkers } from '../workers.ts'
import { readChange } from './changes.ts'
import type { Change, Conflict, Follower, FoundRows, IdentityStore, ListQuery, Mutation } from './identity-store.ts'
import { type Kind, readRow } from './rows.ts'
import { openForReading, openForWriting } from './sqlite-file.ts'
import type { WriteTask } from './sqlite-writer.ts'

/** Time for a batch, the wait for another process included, in ms. */
const WRITE_MS = 10_000
/** How long another process is waited for that makes the file at the same time, in ms. */
const OPEN_MS = 2_000
const TABLE = { consumer: 'consumers', group: 'groups', credential: 'credentials' } as const

/** {@link IdentityStore} in one SQLite file. */
export class SqliteIdentities implements IdentityStore {
  readonly name = 'sqlite'
  readonly #file: string
  readonly #clock: Clock
  readonly #failed: ((code: string) => void) | undefined
  readonly #database: DatabaseSync
  readonly #find: StatementSync
  readonly #findConsumer: StatementSync
  readonly #version: StatementSync
  readonly #changes: StatementSync
  #writer: OpenWorkerPool<WriteTask, Conflict | undefined> | undefined
  #follower: Follower | undefined
  /** What SQLite counts up whenever somebody else has committed. */
  #seenVersion: unknown
  #seenSequence = 0

  /**
   * @param failed told the code of a write that failed, and of a thread that could not be started.
   * @throws GatewayError `TACIT_IDENTITIES_UNREADABLE` when the file cannot be made or read.
   */
  constructor(file: string, clock: Clock, failed?: (code: string) => void) {
    this.#file = file
    this.#clock = clock
    this.#failed = failed
    try {
      openForWriting(file, OPEN_MS).close()
      this.#database = openForReading(file)
      this.#find = this.#database.prepare(
        `SELECT k.row AS credential, c.row AS consumer, g.row AS grp FROM credentials k
         LEFT JOIN consumers c ON c.id = k.consumer LEFT JOIN members m ON m.consumer = k.consumer
         LEFT JOIN groups g ON g.id = m.grp WHERE k.plugin = ? AND k.digest = ?`
      )
      this.#findConsumer = this.#database.prepare(
        `SELECT c.row AS consumer, g.row AS grp FROM consumers c LEFT JOIN members m ON m.consumer = c.id
         LEFT JOIN groups g ON g.id = m.grp WHERE c.id = ?`
      )
      this.#version = this.#database.prepare('PRAGMA data_version')
      this.#changes = this.#database.prepare(
        'SELECT sequence, change FROM changes WHERE sequence > ? ORDER BY sequence'
      )
      this.#seenSequence = this.#lastSequence()
    } catch {
      throw new GatewayError(
        'TACIT_IDENTITIES_UNREADABLE',
        `"${file}" could not be opened as a store of identities.`,
        'Check `stores.folder`, its permissions and the space on its disk.'
      )
    }
  }

  /** @throws Error of SQLite. */
  find(plugin: string, digest: string): FoundRows | undefined {
    const found = this.#find.get(plugin, digest)
    const credential = readRow('credential', found?.credential)
    if (found === undefined || credential === undefined) return undefined
    return { credential, consumer: readRow('consumer', found.consumer), group: readRow('group', found.grp) }
  }

  /** @throws Error of SQLite. */
  findConsumer(id: string): FoundRows | undefined {
    const found = this.#findConsumer.get(id)
    const consumer = readRow('consumer', found?.consumer)
    return consumer === undefined ? undefined : { credential: undefined, consumer, group: readRow('group', found?.grp) }
  }

  /** @throws Error of SQLite. */
  read(kind: Kind, id: string): string | undefined {
    return textOf(this.#database.prepare(`SELECT row FROM ${TABLE[kind]} WHERE id = ?`).get(id)?.row)
  }

  /** @throws Error of SQLite. */
  list(kind: Kind, { after = '', limit, consumer }: ListQuery): readonly string[] {
    const rows =
      consumer === undefined
        ? this.#database.prepare(`SELECT row FROM ${TABLE[kind]} WHERE id > ? ORDER BY id LIMIT ?`).all(after, limit)
        : this.#database
            .prepare('SELECT row FROM credentials WHERE consumer = ? AND id > ? ORDER BY id LIMIT ?')
            .all(consumer, after, limit)
    return rows.flatMap(({ row }) => textOf(row) ?? [])
  }

  /** Rejects when the file cannot be written, or not in time; then it may have been. */
  write(mutations: readonly Mutation[]): Promise<Conflict | undefined> {
    this.#writer ??= openWorkers(new URL('./sqlite-writer.ts', import.meta.url), {
      threads: 1,
      deadlineMs: WRITE_MS,
      maxQueue: 256,
      ...(this.#failed !== undefined && { failed: this.#failed })
    })
    return this.#writer.run({ file: this.#file, mutations }, new AbortController().signal)
  }

  follow(follower: Follower): void {
    this.#follower = follower
  }

  /** @throws Error of SQLite. */
  look(): void {
    const lookedMs = this.#clock.monotonic()
    const version = Object.values(this.#version.get() ?? {})[0]
    if (version !== this.#seenVersion) {
      this.#tell(this.#changes.all(this.#seenSequence))
      this.#seenVersion = version
    }
    this.#follower?.confirmed(lookedMs)
  }

  async close(): Promise<void> {
    await this.#writer?.close()
    this.#database.close()
  }

  #tell(rows: readonly Record<string, unknown>[]): void {
    const changes: Change[] = []
    let expected = this.#seenSequence
    let isWhole = true
    for (const { sequence, change } of rows) {
      const read = readChange(change)
      if (sequence !== ++expected || read === undefined) isWhole = false
      else changes.push(read)
    }
    // Fewer than there were: the file was put back to an earlier state.
    const last = this.#lastSequence()
    if (last !== expected) isWhole = false
    this.#seenSequence = last
    if (!isWhole) this.#follower?.changed('all')
    else if (changes.length > 0) this.#follower?.changed(changes)
  }

  #lastSequence(): number {
    return Number(this.#database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").get()?.seq ?? 0)
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
