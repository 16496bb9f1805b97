/**
 * SQLite files as records need them: readable by nobody else, durable at commit,
 * and without remains of what was deleted. The only opener of databases here;
 * knows nothing of what is in them.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'

/** How long a commit of another process is waited for, in ms. */
const BUSY_MS = 5_000
/** Pages of the journal before it is written back: some 16 MiB. */
const CHECKPOINT_PAGES = 4_000

/**
 * Opens a database for writing, and makes it when there is none. Commits are on the disk when they return
 * (`synchronous=FULL`); deleted content is overwritten (`secure_delete`); the journal is cut when it is written back.
 */
export function openDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // SQLite gives its journals the mode of the database.
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  const database = new DatabaseSync(file, { timeout: BUSY_MS })
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA journal_size_limit = 0;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA cache_size = -16384;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
  `)
  return database
}

/** Opens a file that is there to be locked and for nothing else: who finds it locked is told so at once. */
export function openLock(file: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600))
  return new DatabaseSync(file, { timeout: 0 })
}

/** Opens a database that is there, for reading alone. */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS })
  database.exec('PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;')
  return database
}

/** Writes everything back into the file and cuts the journal, so that nothing deleted is left in it. */
export function truncateJournal(database: DatabaseSync): void {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

/** Runs `work` in one transaction: all of it is there afterwards, or nothing. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** A row of a result. */
export type ResultRow = Record<string, SQLOutputValue>

/** All rows of a result. */
export function rowsOf(statement: StatementSync, ...values: SQLInputValue[]): readonly ResultRow[] {
  return statement.all(...values)
}

/** A column that is a whole number. @throws TypeError for what is on the disk otherwise. */
export function integerOf(row: ResultRow | undefined, column: string): number {
  const value = row?.[column]
  if (typeof value !== 'number') throw new TypeError('a stored number is none')
  return value
}

/** A column that is bytes. @throws TypeError. */
export function bytesOf(row: ResultRow | undefined, column: string): Uint8Array {
  const value = row?.[column]
  if (!(value instanceof Uint8Array)) throw new TypeError('stored bytes are none')
  return value
}

/** A column that is text. @throws TypeError. */
export function textOf(row: ResultRow | undefined, column: string): string {
  const value = row?.[column]
  if (typeof value !== 'string') throw new TypeError('a stored text is none')
  return value
}
