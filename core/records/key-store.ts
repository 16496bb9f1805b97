/**
 * The keys of a store of records, in a file of their own: one for each day of a
 * kind, one for each subject within a class. All are sealed by the root key, which
 * the master key seals. A key that is destroyed here is gone: without it, what it
 * has sealed is unreadable, in the store and in every copy of it. Copy this file
 * apart from the rows, and keep the copy no longer than they may live.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { RecordClass } from '../contract/records.ts'
import { GatewayError } from '../errors.ts'
import {
  bytesOf,
  integerOf,
  openDatabase,
  type ResultRow,
  rowsOf,
  textOf,
  transaction,
  truncateJournal
} from './database.ts'
import type { MasterKey } from './master-key.ts'
import { derive, newKey, seal, token, unseal } from './sealing.ts'

/** A root key that was opened. Threads are handed it; it is on no disk. */
export interface RootKey {
  /** Rises with each rotation. */
  readonly generation: number
  readonly key: Uint8Array
}

/** Keys that are kept open in memory. */
const MAX_OPEN = 20_000

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS root_keys (
    generation INTEGER PRIMARY KEY, master TEXT NOT NULL, wrapped BLOB NOT NULL, lookup BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS day_keys (
    kind TEXT NOT NULL, day TEXT NOT NULL, wrapped BLOB NOT NULL, PRIMARY KEY (kind, day)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS subject_keys (
    subject BLOB PRIMARY KEY, wrapped BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/**
 * Opens the root key with the first of `masters`, or with an older one, and seals it anew with the first then: that is
 * the whole rotation of a master key. Makes a root key when there is none.
 * @throws GatewayError `TACIT_MASTER_KEY_WRONG` when none of them opens it.
 */
export async function openRootKey(file: string, masters: readonly MasterKey[]): Promise<RootKey> {
  const [first] = masters
  if (first === undefined) throw wrongMaster()
  const database = openDatabase(file)
  try {
    database.exec(SCHEMA)
    if (newestRoot(database) === undefined) {
      const key = newKey()
      const wrapped = await first.wrap(key)
      // Another process may have made one just now: the first one counts.
      const { changes } = database
        .prepare('INSERT OR IGNORE INTO root_keys VALUES (1, ?, ?, ?)')
        .run(first.id, wrapped, seal(key, 'lookup', newKey()))
      if (changes !== 0) return { generation: 1, key }
    }
    const root = await readRootKey(database, masters)
    if (newestRoot(database)?.master !== first.id) {
      const wrapped = await first.wrap(root.key)
      database
        .prepare('UPDATE root_keys SET master = ?, wrapped = ? WHERE generation = ?')
        .run(first.id, wrapped, root.generation)
      truncateJournal(database)
    }
    return root
  } finally {
    database.close()
  }
}

/**
 * Opens the root key without changing anything, for those who only read.
 * @throws GatewayError `TACIT_MASTER_KEY_WRONG`.
 */
export async function readRootKey(database: DatabaseSync, masters: readonly MasterKey[]): Promise<RootKey> {
  const kept = newestRoot(database)
  const master = kept === undefined ? undefined : masters.find(({ id }) => id === kept.master)
  if (master === undefined) throw wrongMaster()
  const key = await master.unwrap(bytesOf(kept, 'wrapped')).catch(() => {
    throw wrongMaster()
  })
  return { generation: integerOf(kept, 'generation'), key }
}

function newestRoot(database: DatabaseSync): ResultRow | undefined {
  return database.prepare('SELECT * FROM root_keys ORDER BY generation DESC LIMIT 1').get()
}

/** The keys below a root key. Changes are on the disk when a method returns. */
export class KeyStore {
  readonly #database: DatabaseSync
  #root: RootKey
  #lookup: Buffer
  readonly #days = new Map<string, Buffer>()
  readonly #subjects = new Map<string, Buffer>()
  #version: number | undefined
  readonly #lookups = new Map<RecordClass, Buffer>()

  /** @param database of which {@link openRootKey} has made the tables; may be open for reading only. */
  constructor(database: DatabaseSync, root: RootKey) {
    this.#database = database
    this.#root = root
    const kept = database.prepare('SELECT lookup FROM root_keys WHERE generation = ?').get(root.generation)
    this.#lookup = unseal(root.key, 'lookup', bytesOf(kept, 'lookup'))
  }

  /** The key of a day of a kind; undefined when there is none, or none any more. */
  dayKey(kind: string, day: string): Buffer | undefined {
    const name = `${kind}/${day}`
    const open = this.#days.get(name)
    if (open !== undefined) return open
    const kept = this.#database.prepare('SELECT wrapped FROM day_keys WHERE kind = ? AND day = ?').get(kind, day)
    return kept === undefined ? undefined : this.#open(this.#days, name, `day ${name}`, bytesOf(kept, 'wrapped'))
  }

  /** The same; made when there is none. */
  needDayKey(kind: string, day: string): Buffer {
    const known = this.dayKey(kind, day)
    if (known !== undefined) return known
    const name = `${kind}/${day}`
    const key = newKey()
    const wrapped = seal(this.#root.key, `day ${name}`, key)
    // Another process may have made one just now: the first one counts.
    const { changes } = this.#database
      .prepare('INSERT OR IGNORE INTO day_keys VALUES (?, ?, ?)')
      .run(kind, day, wrapped)
    return changes === 0 ? this.needDayKey(kind, day) : remember(this.#days, name, key)
  }

  /** What the keys of a subject are kept by: a keyed digest, so that the file lists nobody. */
  subjectId(group: RecordClass, subject: string): Buffer {
    let key = this.#lookups.get(group)
    if (key === undefined) {
      key = derive(this.#lookup, `subjects of ${group}`)
      this.#lookups.set(group, key)
    }
    return token(key, subject)
  }

  /** The key of a subject within a class of records, by its id; undefined when there is none, or none any more. */
  subjectKey(id: Uint8Array): Buffer | undefined {
    const name = nameOf(id)
    const open = this.#subjects.get(name)
    if (open !== undefined) return open
    const kept = this.#database.prepare('SELECT wrapped FROM subject_keys WHERE subject = ?').get(id)
    return kept === undefined
      ? undefined
      : this.#open(this.#subjects, name, `subject ${name}`, bytesOf(kept, 'wrapped'))
  }

  /** The same; made when there is none. */
  needSubjectKey(id: Uint8Array): Buffer {
    const known = this.subjectKey(id)
    if (known !== undefined) return known
    const name = nameOf(id)
    const key = newKey()
    const wrapped = seal(this.#root.key, `subject ${name}`, key)
    const { changes } = this.#database.prepare('INSERT OR IGNORE INTO subject_keys VALUES (?, ?)').run(id, wrapped)
    return changes === 0 ? this.needSubjectKey(id) : remember(this.#subjects, name, key)
  }

  /** Runs `work` with all keys that it makes in one commit. */
  together<Result>(work: () => Result): Result {
    try {
      return transaction(this.#database, work)
    } catch (error) {
      // A key that did not reach the disk must not be used.
      this.forget()
      throw error
    }
  }

  /** Destroys the key of a day: its rows are unreadable from here on. @returns whether there was one. */
  destroyDay(kind: string, day: string): boolean {
    this.#days.delete(`${kind}/${day}`)
    const { changes } = this.#database.prepare('DELETE FROM day_keys WHERE kind = ? AND day = ?').run(kind, day)
    if (changes !== 0) truncateJournal(this.#database)
    return changes !== 0
  }

  /** Destroys the keys of a subject in some classes. @returns the classes in which there was one. */
  destroySubject(subject: string, groups: readonly RecordClass[]): readonly RecordClass[] {
    const remove = this.#database.prepare('DELETE FROM subject_keys WHERE subject = ?')
    const destroyed = this.together(() =>
      groups.filter(group => {
        const id = this.subjectId(group, subject)
        this.#subjects.delete(nameOf(id))
        return remove.run(id).changes !== 0
      })
    )
    truncateJournal(this.#database)
    return destroyed
  }

  /** Whether another process has changed the keys since this was asked last. */
  get hasChanged(): boolean {
    const version = integerOf(this.#database.prepare('PRAGMA data_version').get(), 'data_version')
    const before = this.#version
    this.#version = version
    return before !== undefined && before !== version
  }

  /** Forgets the keys that are open in memory, so that what another process destroyed is not used any more. */
  forget(): void {
    this.#days.clear()
    this.#subjects.clear()
  }

  /** Seals every key anew with a root key of the next generation. @param wrapped The new root key, sealed by a master. */
  rotate(key: Uint8Array, wrapped: Uint8Array, master: string): RootKey {
    const next: RootKey = { generation: this.#root.generation + 1, key }
    this.together(() => {
      const days = rowsOf(this.#database.prepare('SELECT * FROM day_keys'))
      const setDay = this.#database.prepare('UPDATE day_keys SET wrapped = ? WHERE kind = ? AND day = ?')
      for (const row of days) {
        const place = `day ${textOf(row, 'kind')}/${textOf(row, 'day')}`
        const opened = unseal(this.#root.key, place, bytesOf(row, 'wrapped'))
        setDay.run(seal(key, place, opened), textOf(row, 'kind'), textOf(row, 'day'))
      }
      const setSubject = this.#database.prepare('UPDATE subject_keys SET wrapped = ? WHERE subject = ?')
      for (const row of rowsOf(this.#database.prepare('SELECT * FROM subject_keys'))) {
        const id = bytesOf(row, 'subject')
        const opened = unseal(this.#root.key, `subject ${nameOf(id)}`, bytesOf(row, 'wrapped'))
        setSubject.run(seal(key, `subject ${nameOf(id)}`, opened), id)
      }
      this.#database.exec('DELETE FROM root_keys')
      const lookup = seal(key, 'lookup', this.#lookup)
      this.#database.prepare('INSERT INTO root_keys VALUES (?, ?, ?, ?)').run(next.generation, master, wrapped, lookup)
    })
    truncateJournal(this.#database)
    this.#root = next
    return next
  }

  close(): void {
    this.#database.close()
  }

  #open(keys: Map<string, Buffer>, name: string, place: string, wrapped: Uint8Array): Buffer {
    return remember(keys, name, unseal(this.#root.key, place, wrapped))
  }
}

function nameOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex')
}

/** Bounded: the one that was opened first goes first. */
function remember(keys: Map<string, Buffer>, name: string, key: Buffer): Buffer {
  if (keys.size >= MAX_OPEN) {
    const [oldest] = keys.keys()
    if (oldest !== undefined) keys.delete(oldest)
  }
  keys.set(name, key)
  return key
}

function wrongMaster(): GatewayError {
  return new GatewayError(
    'TACIT_MASTER_KEY_WRONG',
    'None of the master keys opens the keys of the records.',
    'Set `records.masterKey` to the key that the store was made with, or name that one under `records.oldMasterKeys`.'
  )
}
