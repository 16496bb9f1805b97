/**
 * One day of one kind, in a file of its own, so that a day is dropped by removing
 * a file. Clear columns stand in a table with an index for each; everything else
 * stands in blocks, one for each subject in each commit, sealed in one piece.
 * This is the writing half; `partition-reader.ts` reads.
 */
import type { KeyObject } from 'node:crypto'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { PSEUDONYM_BYTES, Writer } from './codec.ts'
import { integerOf, openDatabase, rowsOf, textOf, transaction, truncateJournal } from './database.ts'
import type { Field } from './fields.ts'
import type { KeyStore } from './key-store.ts'
import type { KindLayout } from './kind.ts'
import { blockKey, blockPlace, derive, seal, token } from './sealing.ts'
import { shapeText } from './shape.ts'

/** A row as it is written down. */
export interface PendingRow {
  readonly at: number
  readonly id: Uint8Array
  /** `''` for rows that belong to nobody. */
  readonly subject: string
  /** In the order of the layout; words and names as text. */
  readonly clear: readonly (string | number | Uint8Array | null)[]
  /** Where the sealed fields stand, and the pseudonyms that belong behind them. */
  readonly source: Buffer
  readonly start: number
  readonly end: number
  readonly pseudonyms: readonly Uint8Array[]
}

/** Of one subject, what is needed for its rows. */
interface Owner {
  /** Its number within the partition; null for nobody. */
  readonly number: number | null
  readonly key: KeyObject
}

/** Owners whose keys are kept open. */
const MAX_OWNERS = 20_000

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS shapes (shape INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS words (word INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS subjects (
    subject INTEGER PRIMARY KEY, token BLOB NOT NULL UNIQUE, owner BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS blocks (
    block INTEGER PRIMARY KEY, batch INTEGER NOT NULL, shape INTEGER NOT NULL, subject INTEGER, sealed BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS rows (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, id BLOB NOT NULL, subject INTEGER, block INTEGER, place INTEGER
  );
  CREATE UNIQUE INDEX IF NOT EXISTS rows_by_id ON rows (at, id);
  CREATE INDEX IF NOT EXISTS rows_by_subject ON rows (subject, at) WHERE subject IS NOT NULL;
  CREATE INDEX IF NOT EXISTS blocks_by_subject ON blocks (subject) WHERE subject IS NOT NULL;
`

/** What the sealed id of a subject's key is bound to; the key is the day's. */
export const OWNER_PLACE = 'tacit records 1: owner'
/** The use of a day's key for tokens of subjects. */
export const TOKENS = 'tokens of subjects'

/** The column of a field. Names of fields are letters and digits, so no quotes can be in them. */
export function columnOf({ name }: Pick<Field, 'name'>): string {
  return `"c_${name}"`
}

/** Whether values of a field stand in the table as the number of a word. */
export function isWordColumn({ type }: Pick<Field, 'type'>): boolean {
  return type === 'word' || type === 'name' || type === 'text'
}

/** Writes rows of one day of one kind. */
export class Partition {
  readonly #layout: KindLayout
  readonly #name: string
  readonly #database: DatabaseSync
  readonly #keys: KeyStore
  readonly #dayKey: Buffer
  readonly #tokenKey: Buffer
  readonly #words = new Map<string, number>()
  readonly #owners = new Map<string, Owner>()
  readonly #addRow: StatementSync
  readonly #addBlock: StatementSync
  readonly #addWord: StatementSync
  readonly #addSubject: StatementSync
  readonly #findSubject: StatementSync
  readonly #dataVersion: StatementSync
  #version: number
  readonly #shape: number
  readonly #shapeText: string
  #batch: number
  #block: number
  /** Of the row that came last: a number that was taken is never taken again, also when the row was deleted. */
  #seq: number
  /** Content of a block before it is sealed; grows as needed. */
  #writer = new Writer(Buffer.allocUnsafeSlow(65_536))

  /** @param name of the partition, which rows are bound to. */
  constructor(file: string, layout: KindLayout, day: string, keys: KeyStore, name = day) {
    this.#layout = layout
    this.#name = name
    this.#keys = keys
    this.#dayKey = keys.needDayKey(layout.name, day)
    this.#tokenKey = derive(this.#dayKey, TOKENS)
    this.#database = openDatabase(file)
    this.#shapeText = shapeText(layout)
    this.#shape = transaction(this.#database, () => this.#prepare())
    const database = this.#database
    this.#readWords()
    const last = database.prepare('SELECT max(block) AS block, max(batch) AS batch FROM blocks').get()
    this.#block = Number(last?.block ?? 0)
    this.#batch = Number(last?.batch ?? 0)
    this.#seq = lastSeq(database)
    const columns = ['seq', 'at', 'id', 'subject', 'block', 'place', ...layout.clear.map(columnOf)]
    const marks = columns.map(() => '?').join(', ')
    this.#addRow = database.prepare(
      `INSERT INTO rows (${columns.join(', ')}) VALUES (${marks}) ON CONFLICT (at, id) DO NOTHING`
    )
    this.#addBlock = database.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?, ?)')
    this.#addWord = database.prepare('INSERT INTO words (text) VALUES (?)')
    this.#dataVersion = database.prepare('PRAGMA data_version')
    this.#version = integerOf(this.#dataVersion.get(), 'data_version')
    this.#addSubject = database.prepare('INSERT OR IGNORE INTO subjects (token, owner) VALUES (?, ?)')
    this.#findSubject = database.prepare('SELECT subject FROM subjects WHERE token = ?')
  }

  /** Its day, and perhaps its lane. */
  get name(): string {
    return this.#name
  }

  /** Key for pseudonyms of this day. */
  get pseudonymKey(): Buffer {
    return derive(this.#dayKey, 'pseudonyms')
  }

  /** Makes sure that the keys of all owners exist. Call it within {@link KeyStore.together}, before {@link commit}. */
  prepareKeys(rows: readonly PendingRow[]): void {
    for (const { subject } of rows) {
      if (subject !== '' && !this.#owners.has(subject)) {
        this.#keys.needSubjectKey(this.#keys.subjectId(this.#layout.class, subject))
      }
    }
  }

  /**
   * Writes rows in one transaction; they are on the disk when it returns. Rows that are there already, by instant and
   * id, are passed over. @returns how many were new.
   */
  commit(rows: readonly PendingRow[]): number {
    return transaction(this.#database, () => {
      const version = integerOf(this.#dataVersion.get(), 'data_version')
      // Another process has erased somebody here.
      if (version !== this.#version) {
        this.#owners.clear()
        this.#readWords()
        this.#version = version
      }
      this.#batch++
      const byOwner = new Map<string, PendingRow[]>()
      for (const row of rows) {
        const list = byOwner.get(row.subject)
        if (list === undefined) byOwner.set(row.subject, [row])
        else list.push(row)
      }
      let added = 0
      for (const [subject, list] of byOwner) added += this.#addOwned(this.#owner(subject), list)
      return added
    })
  }

  /**
   * Deletes all rows of a subject, whose key may be gone already. What was deleted is overwritten, and its words go
   * with it when no other row has them. @returns how many rows there were.
   */
  erase(subject: string): number {
    const database = this.#database
    const owner = this.#findSubject.get(token(this.#tokenKey, subject))
    this.#owners.delete(subject)
    if (owner === undefined) return 0
    const number = integerOf(owner, 'subject')
    const erased = transaction(database, () => {
      database.exec(`PRAGMA user_version = ${lastSeq(database)}`)
      const { changes } = database.prepare('DELETE FROM rows WHERE subject = ?').run(number)
      database.prepare('DELETE FROM blocks WHERE subject = ?').run(number)
      database.prepare('DELETE FROM subjects WHERE subject = ?').run(number)
      for (const row of rowsOf(database.prepare('SELECT * FROM words'))) {
        if (this.#isUsed(integerOf(row, 'word'))) continue
        database.prepare('DELETE FROM words WHERE word = ?').run(integerOf(row, 'word'))
        this.#words.delete(textOf(row, 'text'))
      }
      return Number(changes)
    })
    truncateJournal(database)
    return erased
  }

  /** Writes the journal back, and closes. */
  close(): void {
    truncateJournal(this.#database)
    this.#database.close()
  }

  #readWords(): void {
    this.#words.clear()
    for (const row of rowsOf(this.#database.prepare('SELECT * FROM words'))) {
      this.#words.set(textOf(row, 'text'), integerOf(row, 'word'))
    }
  }

  #isUsed(word: number): boolean {
    return this.#layout.clear.some(
      field =>
        isWordColumn(field) &&
        this.#database.prepare(`SELECT 1 FROM rows WHERE ${columnOf(field)} = ? LIMIT 1`).get(word) !== undefined
    )
  }

  /** Makes tables and columns that are not there yet. @returns the number of the shape. */
  #prepare(): number {
    const database = this.#database
    database.exec(SCHEMA)
    const there = new Set(rowsOf(database.prepare('PRAGMA table_info(rows)')).map(row => row.name))
    for (const field of this.#layout.clear) {
      const column = columnOf(field)
      if (!there.has(`c_${field.name}`)) database.exec(`ALTER TABLE rows ADD COLUMN ${column}`)
      database.exec(`CREATE INDEX IF NOT EXISTS "rows_by_${field.name}_c" ON rows (${column}, at)`)
    }
    database.prepare('INSERT OR IGNORE INTO shapes (text) VALUES (?)').run(this.#shapeText)
    return integerOf(database.prepare('SELECT shape FROM shapes WHERE text = ?').get(this.#shapeText), 'shape')
  }

  #addOwned(owner: Owner, rows: readonly PendingRow[]): number {
    const isSealed = this.#layout.sealed.length > 0
    const block = isSealed ? ++this.#block : null
    const writer = this.#writerFor(rows)
    const { clear } = this.#layout
    const values: SQLInputValue[] = [0, 0, null, owner.number, block, 0]
    let added = 0
    for (const row of rows) {
      values[0] = this.#seq + 1
      values[1] = row.at
      values[2] = row.id
      values[5] = writer.offset
      for (let index = 0; index < clear.length; index++) values[6 + index] = this.#columnValue(row.clear[index])
      if (this.#addRow.run(...values).changes !== 0) {
        added++
        this.#seq++
      }
      writer.append(row.id)
      writer.copy(row.source, row.start, row.end)
      for (const pseudonym of row.pseudonyms) writer.append(pseudonym)
    }
    if (block !== null) {
      const place = `${blockPlace(this.#layout.name, this.#name, this.#batch, block)}\n${this.#shapeText}`
      const sealed = seal(owner.key, place, writer.bytes.subarray(0, writer.offset))
      this.#addBlock.run(block, this.#batch, this.#shape, owner.number, sealed)
    }
    return added
  }

  #writerFor(rows: readonly PendingRow[]): Writer {
    let bytes = 0
    for (const row of rows) bytes += row.end - row.start + 16 + row.pseudonyms.length * PSEUDONYM_BYTES
    if (bytes > this.#writer.bytes.length) this.#writer = new Writer(Buffer.allocUnsafeSlow(bytes * 2))
    this.#writer.offset = 0
    return this.#writer
  }

  #columnValue(value: string | number | Uint8Array | null | undefined): SQLInputValue {
    if (typeof value !== 'string') return value ?? null
    const known = this.#words.get(value)
    if (known !== undefined) return known
    const word = Number(this.#addWord.run(value).lastInsertRowid)
    this.#words.set(value, word)
    return word
  }

  #owner(subject: string): Owner {
    const known = this.#owners.get(subject)
    if (known !== undefined) return known
    if (this.#owners.size >= MAX_OWNERS) this.#owners.clear()
    const owner = this.#openOwner(subject)
    this.#owners.set(subject, owner)
    return owner
  }

  #openOwner(subject: string): Owner {
    if (subject === '') return { number: null, key: blockKey(this.#dayKey, undefined) }
    const id = this.#keys.subjectId(this.#layout.class, subject)
    const bytes = token(this.#tokenKey, subject)
    // The id would tell the same subject on two days, so it is sealed.
    this.#addSubject.run(bytes, seal(this.#tokenKey, OWNER_PLACE, id))
    const number = integerOf(this.#findSubject.get(bytes), 'subject')
    return { number, key: blockKey(this.#dayKey, this.#keys.needSubjectKey(id)) }
  }
}

/** The number of the row that came last, kept beyond its deletion. */
function lastSeq(database: DatabaseSync): number {
  const last = database.prepare('SELECT max(seq) AS seq FROM rows').get()
  const kept = integerOf(database.prepare('PRAGMA user_version').get(), 'user_version')
  return Math.max(Number(last?.seq ?? 0), kept)
}
