/**
 * The file in which one machine keeps identities: its tables, and how a connection
 * to it is opened. Reading threads and the writing one use the same.
 */
import { chmodSync, closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Changes that are kept for processes that have not seen them; one that is further behind forgets everything. */
export const KEPT_CHANGES = 4_096

const TABLES = `
CREATE TABLE IF NOT EXISTS consumers (id TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS groups (id TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS credentials (
  id TEXT PRIMARY KEY, plugin TEXT NOT NULL, digest TEXT NOT NULL, consumer TEXT NOT NULL, row TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS credentials_by_digest ON credentials (plugin, digest);
CREATE INDEX IF NOT EXISTS credentials_by_consumer ON credentials (consumer, id);
CREATE TABLE IF NOT EXISTS members (consumer TEXT PRIMARY KEY, grp TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS members_by_group ON members (grp);
CREATE TABLE IF NOT EXISTS changes (sequence INTEGER PRIMARY KEY AUTOINCREMENT, change TEXT NOT NULL) STRICT;
PRAGMA user_version = 1;
`

/** Version of the tables that this code knows. */
const VERSION = 1

/**
 * Opens the file for writing, and makes it if it is not there. Nobody but its owner can read it. What is deleted is
 * overwritten; what is committed is on the disk.
 * @param waitMs How long another writer is waited for.
 * @throws Error of SQLite or of the file system; RangeError for a file of another version.
 */
export function openForWriting(file: string, waitMs: number): DatabaseSync {
  // Made before SQLite would make it for everybody; its journals take the same mode.
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  const database = new DatabaseSync(file, { timeout: waitMs })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON')
    checkVersion(database)
    database.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Opens a file that {@link openForWriting} has made, for reading alone. Readers never wait for a writer (WAL).
 * @throws Error of SQLite; RangeError for a file of another version.
 */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('PRAGMA query_only = ON; PRAGMA cache_size = -8192')
    checkVersion(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function checkVersion(database: DatabaseSync): void {
  const version = Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0])
  if (version > VERSION) throw new RangeError('a newer version of these tables')
}
