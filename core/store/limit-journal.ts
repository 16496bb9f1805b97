/**
 * What was held and spent in this process, in a file that outlives it: a kill
 * loses nothing that clients were served. Knows names and numbers, and nothing
 * of what they mean.
 *
 * Counters that have changed are written once in each turn of the event loop,
 * and before an answer leaves that was made in the same turn. Such a commit
 * costs some ten microseconds, because it reaches the operating system and not
 * the disk; a thread brings it there within seconds. So the end of this process
 * loses nothing, and the end of the machine those seconds.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { GatewayError } from '../errors.ts'
import { errorCode } from '../log/error-code.ts'
import type { Health } from '../plugin.ts'
import { openDatabase, openForReading, openLock, rowsOf, transaction } from '../records/database.ts'
import { openWorkers } from '../workers.ts'

/** A counter as it is kept. */
export interface KeptCounter {
  readonly name: string
  readonly algorithm: string
  /** What tells it from others of its name and algorithm. */
  readonly window: number
  /** Wall-clock ms from which on it counts for nothing; Infinity for never. */
  readonly untilAt: number
  readonly state: readonly number[]
}

/** Something that can say how it is kept; undefined for what is not. */
export interface Keepable {
  keep(): KeptCounter | undefined
}

/** What a journal is opened with. */
export interface JournalParts {
  /** Wall-clock ms. */
  readonly now: () => number
  /** Told the code of each failure to write, once until it succeeds again. */
  readonly failed: (code: string) => void
}

const TABLE = `
CREATE TABLE IF NOT EXISTS counters (
  name TEXT NOT NULL, algorithm TEXT NOT NULL, window INTEGER NOT NULL, until INTEGER, state TEXT NOT NULL,
  PRIMARY KEY (name, algorithm, window)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS counters_by_end ON counters (until);
`
const WRITE = `
INSERT INTO counters VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET until = excluded.until, state = excluded.state
`
/** What counts for nothing is deleted some rows at a time, so that no turn is long. */
const PRUNE = `
DELETE FROM counters WHERE (name, algorithm, window) IN
  (SELECT name, algorithm, window FROM counters WHERE until < ? ORDER BY until LIMIT 100)
`
/** Commits from one pruning to the next. */
const PRUNE_EVERY = 64
/** How often what was committed is brought to the disk, in ms, and how long that may take. */
const SYNC_MS = 1_000
const SYNC_DEADLINE_MS = 60_000

/** A file of counters. Must be closed. */
export class LimitJournal {
  readonly #file: string
  readonly #parts: JournalParts
  readonly #lock: DatabaseSync
  readonly #database: DatabaseSync
  readonly #write: StatementSync
  readonly #prune: StatementSync
  readonly #changed = new Set<Keepable>()
  readonly #pool = openWorkers<string, void>(new URL('./limit-sync.ts', import.meta.url), {
    deadlineMs: SYNC_DEADLINE_MS,
    threads: 1
  })
  readonly #syncing: NodeJS.Timeout
  #turn: NodeJS.Immediate | undefined
  #flushed: PromiseWithResolvers<void> | undefined
  #commits = 0
  #synced = 0
  #failure: string | undefined

  private constructor(file: string, parts: JournalParts, lock: DatabaseSync, database: DatabaseSync) {
    this.#file = file
    this.#parts = parts
    this.#lock = lock
    this.#database = database
    this.#write = database.prepare(WRITE)
    this.#prune = database.prepare(PRUNE)
    this.#syncing = setInterval(() => void this.#sync(), SYNC_MS)
    this.#syncing.unref()
  }

  /**
   * Opens a journal, and makes it when there is none.
   * @throws GatewayError `TACIT_LIMITS_TAKEN` while another gateway counts in this file, `TACIT_LIMITS_UNREADABLE` when it
   * cannot be opened.
   */
  static open(file: string, parts: JournalParts): LimitJournal {
    let lock: DatabaseSync | undefined
    try {
      const database = openDatabase(file)
      try {
        lock = openLock(`${file}.lock`)
        lock.exec('BEGIN EXCLUSIVE')
        // At most what was committed since the last sync is lost with the machine, and nothing with the process.
        database.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; ${TABLE}`)
        return new LimitJournal(file, parts, lock, database)
      } catch (error) {
        database.close()
        lock?.close()
        throw error
      }
    } catch (error) {
      if (errorCode(error) === 'ERR_SQLITE_ERROR' && isBusy(error)) {
        throw new GatewayError('TACIT_LIMITS_TAKEN', 'Another gateway keeps its counters in this folder.')
      }
      throw new GatewayError(
        'TACIT_LIMITS_UNREADABLE',
        `Counters cannot be kept in "${file}" (${errorCode(error)}).`,
        'Check `stores.folder`, or move the file away.'
      )
    }
  }

  /** What a journal has kept that another process has. Nothing, where it cannot be read. */
  static peek(file: string, nowAt: number): readonly KeptCounter[] {
    try {
      const database = openForReading(file)
      try {
        return countersOf(database, nowAt)
      } finally {
        database.close()
      }
    } catch {
      return []
    }
  }

  /** What was kept and still counts. */
  read(): readonly KeptCounter[] {
    return countersOf(this.#database, this.#parts.now())
  }

  /** A counter has changed: it is written before anybody is answered. */
  changed(counter: Keepable): void {
    this.#changed.add(counter)
    this.#turn ??= setImmediate(() => this.flush())
  }

  /** Writes what has changed. What fails is tried again with the next change. */
  flush(): void {
    if (this.#turn !== undefined) clearImmediate(this.#turn)
    this.#turn = undefined
    if (this.#changed.size === 0) return
    try {
      transaction(this.#database, () => {
        for (const each of this.#changed) {
          const kept = each.keep()
          if (kept === undefined) continue
          const { name, algorithm, window, untilAt, state } = kept
          const until = Number.isFinite(untilAt) ? Math.ceil(untilAt) : null
          this.#write.run(name, algorithm, window, until, JSON.stringify(state))
        }
        this.#commits++
        if (this.#commits % PRUNE_EVERY === 0) this.#prune.run(this.#parts.now())
      })
      this.#changed.clear()
      this.#failure = undefined
    } catch (error) {
      if (this.#failure === undefined) this.#parts.failed(errorCode(error))
      this.#failure = errorCode(error)
    }
    this.#flushed?.resolve()
    this.#flushed = undefined
  }

  /** Resolves when what has changed by now is written; undefined if nothing has. */
  flushed(): Promise<void> | undefined {
    if (this.#changed.size === 0) return undefined
    this.#flushed ??= Promise.withResolvers<void>()
    return this.#flushed.promise
  }

  /** Limits hold without it; what would be lost with the process is not kept. */
  health(): Health {
    if (this.#failure === undefined) return { status: 'ok' }
    return { status: 'degraded', detail: `Counters could not be kept (${this.#failure}).` }
  }

  /** Writes what is left, brings it to the disk, and lets go of the file. */
  async close(): Promise<void> {
    clearInterval(this.#syncing)
    this.flush()
    await this.#sync()
    await this.#pool.close()
    this.#database.close()
    this.#lock.close()
  }

  async #sync(): Promise<void> {
    if (this.#synced === this.#commits) return
    const commits = this.#commits
    try {
      await this.#pool.run(this.#file, new AbortController().signal)
      this.#synced = commits
    } catch (error) {
      this.#parts.failed(errorCode(error))
    }
  }
}

/** Rows that are none are passed over: the file may have been touched. */
function countersOf(database: DatabaseSync, nowAt: number): readonly KeptCounter[] {
  const rows = rowsOf(database.prepare('SELECT * FROM counters WHERE until IS NULL OR until >= ?'), nowAt)
  return rows.flatMap(({ name, algorithm, window, until, state }) => {
    const numbers = numbersOf(state)
    if (typeof name !== 'string' || typeof algorithm !== 'string' || typeof window !== 'number') return []
    if (numbers === undefined) return []
    return [{ name, algorithm, window, untilAt: Number(until ?? Number.POSITIVE_INFINITY), state: numbers }]
  })
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY, SQLite result codes, 5.
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

function numbersOf(text: unknown): readonly number[] | undefined {
  if (typeof text !== 'string') return undefined
  try {
    const state: unknown = JSON.parse(text)
    if (!Array.isArray(state)) return undefined
    const numbers = state.filter(each => typeof each === 'number')
    return numbers.length === state.length ? numbers : undefined
  } catch {
    return undefined
  }
}
