/**
 * Adds rows up as they have come to be on the disk: reads those of a partition behind a mark, and moves the mark in the
 * transaction that holds their figures, so that a row counts once whatever happens in between and whoever does it. The
 * names of subjects are sealed with keys of their own; all other names are in clear. This is the writing half;
 * `rollup-reader.ts` reads.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { RecordRow } from '../contract/records.ts'
import { bytesOf, integerOf, openDatabase, rowsOf, textOf, transaction, truncateJournal } from './database.ts'
import { DAY_MS } from './days.ts'
import type { KeyStore } from './key-store.ts'
import { GRAINS, type Grain, startOf } from './rollup-cover.ts'
import type { RollupLayout } from './rollup-layout.ts'
import {
  addStatement,
  disown,
  FAMILIES,
  type Family,
  isToldApart,
  keysOf,
  PART,
  prepareTables,
  tableOf,
  takeAway
} from './rollup-tables.ts'
import { seal, token } from './sealing.ts'

/** Rows of a partition, in the order in which they came. */
export interface RowSource {
  /** Rows behind a place, at most `limit`, and the place behind them. Those that nobody can read any more are left out. */
  after(
    seq: number,
    limit: number
  ): { readonly rows: readonly RecordRow[]; readonly last: number; readonly isAll: boolean }
}

/** Rows that are added up in one transaction. */
const SLICE = 2_000
/** Names that are remembered. */
const MAX_REMEMBERED = 20_000
/** What the sealed name of a subject is bound to; the key is the subject's. */
export const SUBJECT_PLACE = 'tacit records 1: subject of figures'
/** Subjects of these figures are those of the class that bills are reckoned by. */
export const ROLLUP_CLASS = 'billing'

/** The figures of one kind. */
export class RollupFile {
  readonly #layout: RollupLayout
  readonly #keys: KeyStore
  readonly #database: DatabaseSync
  readonly #add: readonly { readonly family: Family; readonly grain: Grain; readonly statement: StatementSync }[]
  readonly #words = new Map<string, number>()
  readonly #subjects = new Map<string, number>()
  #version: number | undefined

  /** @throws what SQLite throws. */
  constructor(file: string, layout: RollupLayout, keys: KeyStore) {
    this.#layout = layout
    this.#keys = keys
    this.#database = openDatabase(file)
    const database = this.#database
    transaction(database, () => prepareTables(database, layout))
    this.#add = FAMILIES.flatMap(family =>
      GRAINS.map(grain => ({ family, grain, statement: addStatement(database, layout, family, grain) }))
    )
  }

  /**
   * Adds rows of a partition that were not added yet, up to a bound.
   * @param dayKey of the partition: one that is made anew under the same name has another.
   * @param slice rows that are added in one transaction.
   * @returns whether there may be more of them.
   */
  add(partition: string, dayKey: Uint8Array, source: RowSource, slice = SLICE): boolean {
    const database = this.#database
    const own = token(dayKey, 'mark of figures')
    const kept = database.prepare('SELECT token, seq FROM marks WHERE partition = ?').get(partition)
    const before = kept !== undefined && own.equals(bytesOf(kept, 'token')) ? integerOf(kept, 'seq') : 0
    const { rows, last, isAll } = source.after(before, slice)
    if (last === before) return false
    // Keys are on the disk before anything is sealed with them.
    this.#prepareKeys(rows)
    return transaction(database, () => {
      const now = database.prepare('SELECT token, seq FROM marks WHERE partition = ?').get(partition)
      const isSame = now !== undefined && own.equals(bytesOf(now, 'token'))
      // Another process was faster.
      if ((isSame ? integerOf(now, 'seq') : 0) !== before) return true
      this.#forgetOthers()
      try {
        this.#addRows(rows)
      } catch (error) {
        // Numbers that were given just now are of words that are not there.
        this.#forget()
        throw error
      }
      database
        .prepare(
          'INSERT INTO marks VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET token = excluded.token, seq = excluded.seq'
        )
        .run(partition, own, last)
      return !isAll
    })
  }

  /** Puts a subject's figures to those of nobody. What named it is overwritten. */
  erase(subject: string): void {
    const database = this.#database
    const kept = database
      .prepare('SELECT subject FROM subjects WHERE token = ?')
      .get(this.#keys.subjectId(ROLLUP_CLASS, subject))
    this.#subjects.delete(subject)
    if (kept === undefined) return
    transaction(database, () => {
      disown(database, this.#layout, integerOf(kept, 'subject'))
      for (const row of rowsOf(database.prepare('SELECT word FROM words'))) {
        const word = integerOf(row, 'word')
        if (!this.#isUsed(word)) database.prepare('DELETE FROM words WHERE word = ?').run(word)
      }
      this.#words.clear()
    })
    truncateJournal(database)
  }

  /**
   * Takes away figures of days that have lived their lives.
   * @param there partitions that still are: their rows must not be added again. @returns whether there were any.
   */
  expire(oldest: number, there: ReadonlySet<string>): boolean {
    const database = this.#database
    // A day goes as soon as its first row has lived so long.
    const before = startOf('day', oldest) + DAY_MS
    const due = rowsOf(
      database.prepare(`SELECT DISTINCT start FROM ${tableOf('all', 'month')} WHERE start < ? ORDER BY start`),
      before
    )
    const first = database.prepare(`SELECT min(start) AS start FROM ${tableOf('all', 'day')}`).get()
    if (due.length === 0 || typeof first?.start !== 'number' || first.start >= before) return false
    const gone = transaction(database, () => {
      for (const row of rowsOf(database.prepare('SELECT partition FROM marks'))) {
        const partition = textOf(row, 'partition')
        if (!there.has(partition)) database.prepare('DELETE FROM marks WHERE partition = ?').run(partition)
      }
      return takeAway(
        database,
        this.#layout,
        before,
        due.map(row => integerOf(row, 'start'))
      )
    })
    truncateJournal(database)
    return gone > 0
  }

  close(): void {
    try {
      truncateJournal(this.#database)
    } finally {
      this.#database.close()
    }
  }

  #addRows(rows: readonly RecordRow[]): void {
    const shortest = [...this.#cellsOf(rows)]
    for (const { family, grain, statement } of this.#add) {
      const cells = family === 'own' && grain === 'quarter' ? shortest : this.#folded(shortest, family, grain)
      for (const { subject, start, keys, figures } of cells) {
        statement.run(...placeOf(family, subject, start), ...keys, ...figures)
      }
    }
  }

  /** The shortest cells of each subject that rows fall into. */
  #cellsOf(rows: readonly RecordRow[]): Iterable<Cell> {
    const { by, subject, sums, counts } = this.#layout
    const cells = new Map<string, Cell>()
    for (const { at, fields } of rows) {
      const figures: number[] = [1]
      for (const { field, is } of counts) {
        const value = fields[field]
        figures.push((is === undefined ? value !== undefined : value === is) ? 1 : 0)
      }
      for (const sum of sums) {
        const value = fields[sum.name]
        if (!sum.isBig) figures.push(typeof value === 'number' ? value : 0)
        else figures.push(...partsOf(typeof value === 'bigint' ? value : 0n))
      }
      addCell(cells, {
        subject: this.#subject(subject === undefined ? undefined : fields[subject]),
        start: startOf('quarter', at),
        keys: by.map(({ name }) => this.#word(fields[name])),
        figures
      })
    }
    return cells.values()
  }

  /** The same in longer cells, or of everybody together. */
  #folded(shortest: Iterable<Cell>, family: Family, grain: Grain): Iterable<Cell> {
    const isTold = this.#layout.by.map(field => isToldApart(field, family))
    const cells = new Map<string, Cell>()
    for (const { subject, start, keys, figures } of shortest) {
      addCell(cells, {
        subject: family === 'all' ? 0 : subject,
        start: startOf(grain, start),
        keys: keys.filter((_, index) => isTold[index]),
        figures: [...figures]
      })
    }
    return cells.values()
  }

  #prepareKeys(rows: readonly RecordRow[]): void {
    const { subject } = this.#layout
    if (subject === undefined) return
    this.#keys.together(() => {
      for (const { fields } of rows) {
        const name = fields[subject]
        if (typeof name === 'string' && !this.#subjects.has(name)) {
          this.#keys.needSubjectKey(this.#keys.subjectId(ROLLUP_CLASS, name))
        }
      }
    })
  }

  /** Another process may have erased somebody, and a word with them. */
  #forgetOthers(): void {
    const version = integerOf(this.#database.prepare('PRAGMA data_version').get(), 'data_version')
    if (version === this.#version && this.#subjects.size + this.#words.size < MAX_REMEMBERED) return
    this.#version = version
    this.#forget()
  }

  #forget(): void {
    this.#subjects.clear()
    this.#words.clear()
  }

  /** The number of a word; 0 for none. */
  #word(value: unknown): number {
    if (typeof value !== 'string') return 0
    const known = this.#words.get(value)
    if (known !== undefined) return known
    const database = this.#database
    database.prepare('INSERT OR IGNORE INTO words (text) VALUES (?)').run(value)
    const number = integerOf(database.prepare('SELECT word FROM words WHERE text = ?').get(value), 'word')
    this.#words.set(value, number)
    return number
  }

  /** The number of a subject; 0 for nobody. */
  #subject(value: unknown): number {
    if (typeof value !== 'string') return 0
    const known = this.#subjects.get(value)
    if (known !== undefined) return known
    const database = this.#database
    const id = this.#keys.subjectId(ROLLUP_CLASS, value)
    const key = this.#keys.needSubjectKey(id)
    const find = database.prepare('SELECT subject FROM subjects WHERE token = ?')
    if (find.get(id) === undefined) {
      const sealed = seal(key, SUBJECT_PLACE, Buffer.from(value, 'utf8'))
      database.prepare('INSERT INTO subjects (token, sealed) VALUES (?, ?)').run(id, sealed)
    }
    const number = integerOf(find.get(id), 'subject')
    this.#subjects.set(value, number)
    return number
  }

  #isUsed(word: number): boolean {
    return FAMILIES.some(family =>
      keysOf(this.#layout, family).some(
        column =>
          this.#database.prepare(`SELECT 1 FROM ${tableOf(family, 'month')} WHERE ${column} = ? LIMIT 1`).get(word) !==
          undefined
      )
    )
  }
}

/** What some rows came to. */
interface Cell {
  readonly subject: number
  readonly start: number
  readonly keys: readonly number[]
  readonly figures: number[]
}

/** As the tables begin. */
function placeOf(family: Family, subject: number, start: number): readonly number[] {
  if (family === 'all') return [start]
  return family === 'own' ? [subject, start] : [start, subject]
}

function addCell(cells: Map<string, Cell>, cell: Cell): void {
  const name = `${cell.subject} ${cell.start} ${cell.keys.join(' ')}`
  const known = cells.get(name)
  if (known === undefined) {
    cells.set(name, cell)
    return
  }
  for (const [index, figure] of cell.figures.entries()) {
    known.figures[index] = Math.min((known.figures[index] ?? 0) + figure, Number.MAX_SAFE_INTEGER)
  }
}

/** A large number as whole 1e9s and a rest that is never negative. */
function partsOf(value: bigint): readonly [number, number] {
  const rest = ((value % BigInt(PART)) + BigInt(PART)) % BigInt(PART)
  return [Number((value - rest) / BigInt(PART)), Number(rest)]
}
