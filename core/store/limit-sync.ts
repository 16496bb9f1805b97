/** Brings what a journal of limits has committed to the disk. Runs in a thread, because the disk takes its time. */
import { DatabaseSync } from 'node:sqlite'

/** Longest wait for somebody who writes, in ms. */
const WAIT_MS = 5_000

/** @param file the journal. @throws Error of SQLite. */
export default function sync(file: string): void {
  const database = new DatabaseSync(file, { timeout: WAIT_MS })
  try {
    // Takes what is there and holds nobody up.
    database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } finally {
    database.close()
  }
}
