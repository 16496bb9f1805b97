/**
 * Reads one day of one kind: finds rows by their clear columns, with bounded
 * work, and opens what is sealed. What is on the disk may have been changed by
 * others: a block that does not open throws, and a row without its subject's key
 * does not exist any more.
 */
import type { KeyObject } from 'node:crypto'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { RecordRow, RecordValue } from '../contract/records.ts'
import { GatewayError } from '../errors.ts'
import { Reader, readSection, uuidText } from './codec.ts'
import { bytesOf, integerOf, openForReading, type ResultRow, rowsOf, textOf } from './database.ts'
import type { Field } from './fields.ts'
import type { KeyStore } from './key-store.ts'
import { columnOf, isWordColumn, OWNER_PLACE, TOKENS } from './partition.ts'
import { type CheckedFilter, type CheckedQuery, invalid, type Position } from './query.ts'
import { blockKey, blockPlace, derive, token, unseal } from './sealing.ts'
import { readShape, type Shape } from './shape.ts'

/** What one partition gave. */
export interface PartitionPage {
  readonly rows: readonly RecordRow[]
  /** Where to go on in this partition; undefined when it is through. */
  readonly next: Position['last']
}

/** Owners whose keys are kept open, until somebody has changed the keys. */
const MAX_OWNERS = 20_000
/** Rows that one page looks at, at most: with an index for each column, most questions need far fewer. */
const MAX_SCANNED = 4_000
/** Up to so many rows, an index is worth more than the order of time. */
const FEW = 1_000

/** A condition in SQL. */
interface Condition {
  readonly sql: string
  readonly values: readonly SQLInputValue[]
  /** The index that finds it; in the order of time when there is one value. */
  readonly index: string
  readonly isOrdered: boolean
}

/** One day of one kind, for reading. */
export class PartitionReader {
  readonly #database: DatabaseSync
  readonly #kind: string
  readonly #name: string
  readonly #keys: KeyStore
  readonly #dayKey: Buffer
  readonly #tokenKey: Buffer
  readonly #findSubject: StatementSync
  readonly #findWord: StatementSync
  readonly #readWord: StatementSync
  readonly #readOwner: StatementSync
  readonly #readBlock: StatementSync
  readonly #readShape: StatementSync
  /** Blocks' keys by the number of the subject; undefined when the subject's key is gone. */
  readonly #owners = new Map<number | null, KeyObject | undefined>()

  /** @throws what SQLite throws for a file that is none of its own. */
  constructor(file: string, kind: string, name: string, keys: KeyStore, dayKey: Buffer) {
    this.#database = openForReading(file)
    this.#kind = kind
    this.#name = name
    this.#keys = keys
    this.#dayKey = dayKey
    this.#tokenKey = derive(dayKey, TOKENS)
    const database = this.#database
    this.#findSubject = database.prepare('SELECT subject FROM subjects WHERE token = ?')
    this.#findWord = database.prepare('SELECT word FROM words WHERE text = ?')
    this.#readWord = database.prepare('SELECT text FROM words WHERE word = ?')
    this.#readOwner = database.prepare('SELECT owner FROM subjects WHERE subject = ?')
    this.#readBlock = database.prepare(
      'SELECT batch, sealed, text FROM blocks JOIN shapes USING (shape) WHERE block = ?'
    )
    this.#readShape = database.prepare('SELECT text FROM shapes ORDER BY shape DESC LIMIT 1')
  }

  /**
   * Rows that fit a question.
   * @throws GatewayError `TACIT_QUERY_INVALID` for a column that is not clear, `TACIT_SEAL_BROKEN`.
   */
  find(query: CheckedQuery, after: Position['last'], limit: number): PartitionPage {
    // Other columns may have been added since the partition was opened.
    const shape = this.#newestShape()
    const conditions = query.where.map(([field, filter]) => this.#condition(shape, field, filter))
    if (conditions.includes(undefined)) return { rows: [], next: undefined }
    const found = this.#scan(
      shape,
      conditions.flatMap(condition => condition ?? []),
      query,
      after,
      limit
    )
    if (this.#owners.size > MAX_OWNERS) this.#owners.clear()
    const blocks = new Map<number, Block>()
    const rows = found.rows.flatMap(row => this.#read(row, shape, query.clearOnly, blocks) ?? [])
    return { rows, next: found.next }
  }

  /**
   * Rows in the order in which they came, behind a place.
   * @returns the rows that can be read, and the place behind them.
   */
  after(
    seq: number,
    limit: number
  ): { readonly rows: readonly RecordRow[]; readonly last: number; readonly isAll: boolean } {
    const shape = this.#newestShape()
    const columns = ['seq', 'at', 'id', 'subject', 'block', 'place', ...shape.clear.map(columnOf)].join(', ')
    const found = rowsOf(
      this.#database.prepare(`SELECT ${columns} FROM rows WHERE seq > ? ORDER BY seq LIMIT ?`),
      seq,
      limit
    )
    const blocks = new Map<number, Block>()
    const rows = found.flatMap(row => {
      try {
        return this.#read(row, shape, false, blocks) ?? []
      } catch (error) {
        // What somebody has changed on the disk is nothing that anybody used.
        if (error instanceof GatewayError || error instanceof RangeError) return []
        throw error
      }
    })
    const last = found.at(-1)
    return { rows, last: last === undefined ? seq : integerOf(last, 'seq'), isAll: found.length < limit }
  }

  close(): void {
    this.#database.close()
  }

  #newestShape(): Shape {
    return readShape(textOf(this.#readShape.get(), 'text'))
  }

  /** @returns undefined when no row can fit. */
  #condition(shape: Shape, name: string, filter: CheckedFilter): Condition | undefined {
    if (name === shape.subject) return this.#subjectCondition(filter)
    const field = shape.clear.find(candidate => candidate.name === name)
    if (field === undefined) throw invalid('`where` names something that is no clear column')
    const column = columnOf(field)
    const index = `"rows_by_${name}_c"`
    if (!('values' in filter)) {
      if (field.type !== 'integer' && field.type !== 'number') throw invalid('a range needs a column of numbers')
      return { sql: `${column} BETWEEN ? AND ?`, values: [filter.from, filter.to], index, isOrdered: false }
    }
    const values = filter.values.flatMap(value => this.#columnValue(field, value) ?? [])
    return values.length === 0 ? undefined : among(column, values, index)
  }

  #subjectCondition(filter: CheckedFilter): Condition | undefined {
    if (!('values' in filter)) throw invalid('a range needs a column of numbers')
    const numbers = filter.values.flatMap(value => {
      const owner = this.#findSubject.get(token(this.#tokenKey, String(value)))
      return owner === undefined ? [] : [integerOf(owner, 'subject')]
    })
    return numbers.length === 0 ? undefined : among('subject', numbers, 'rows_by_subject')
  }

  #columnValue(field: Field, value: RecordValue): SQLInputValue | undefined {
    switch (field.type) {
      case 'integer':
      case 'number':
        return typeof value === 'number' ? value : undefined
      case 'boolean':
        return value === true ? 1 : value === false ? 0 : undefined
      case 'uuid':
        return Buffer.from(String(value).replaceAll('-', ''), 'hex')
      case 'sha256':
        return Buffer.from(String(value), 'hex')
      case 'pseudonym':
        return Buffer.from(String(value), 'base64url')
      default: {
        const word = this.#findWord.get(String(value))
        return word === undefined ? undefined : integerOf(word, 'word')
      }
    }
  }

  /**
   * Walks along one index, in the order of time, over a bounded number of rows, and keeps those that fit the other
   * conditions.
   */
  #scan(
    shape: Shape,
    conditions: readonly Condition[],
    query: CheckedQuery,
    after: Position['last'],
    limit: number
  ): { readonly rows: readonly ResultRow[]; readonly next: Position['last'] } {
    const driver = this.#driver(conditions)
    const others = conditions.filter(condition => condition !== driver)
    const direction = query.isNewestFirst ? 'DESC' : 'ASC'
    const beyond = query.isNewestFirst ? '<' : '>'
    const where = ['at >= ?', 'at < ?']
    const values: SQLInputValue[] = [query.from, query.to]
    if (driver !== undefined) {
      where.push(driver.sql)
      values.push(...driver.values)
    }
    if (query.id !== undefined) {
      where.push('id = ?')
      values.push(query.id)
    }
    if (after !== undefined) {
      where.push(`at ${beyond}= ? AND (at ${beyond} ? OR seq ${beyond} ?)`)
      values.push(after.at, after.at, after.seq)
    }
    const inner =
      `FROM rows INDEXED BY ${driver?.index ?? 'rows_by_id'} WHERE ${where.join(' AND ')} ` +
      `ORDER BY at ${direction}, seq ${direction}`
    const columns = ['seq', 'at', 'id', 'subject', 'block', 'place', ...shape.clear.map(columnOf)].join(', ')
    if (others.length === 0) {
      const rows = rowsOf(this.#database.prepare(`SELECT ${columns} ${inner} LIMIT ?`), ...values, limit)
      return { rows, next: rows.length === limit ? positionOf(rows.at(-1)) : undefined }
    }
    const kept = others.map(({ sql }) => sql).join(' AND ')
    const rows = rowsOf(
      this.#database.prepare(`SELECT * FROM (SELECT ${columns} ${inner} LIMIT ${MAX_SCANNED}) WHERE ${kept} LIMIT ?`),
      ...values,
      ...others.flatMap(condition => condition.values),
      limit
    )
    if (rows.length === limit) return { rows, next: positionOf(rows.at(-1)) }
    const end = this.#database.prepare(`SELECT seq, at ${inner} LIMIT 1 OFFSET ${MAX_SCANNED - 1}`).get(...values)
    return { rows, next: end === undefined ? undefined : positionOf(end) }
  }

  /** The condition that leaves the fewest rows, if one leaves few; else one whose index is in the order of time. */
  #driver(conditions: readonly Condition[]): Condition | undefined {
    let best: Condition | undefined
    let fewest = FEW
    for (const condition of conditions) {
      const { sql, values, index } = condition
      const count = this.#database
        .prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM rows INDEXED BY ${index} WHERE ${sql} LIMIT ${FEW})`)
        .get(...values)
      const n = integerOf(count, 'n')
      if (n >= fewest) continue
      fewest = n
      best = condition
    }
    return best ?? conditions.find(({ isOrdered }) => isOrdered)
  }

  #read(row: ResultRow, shape: Shape, clearOnly: boolean, blocks: Map<number, Block>): RecordRow | undefined {
    const subject = row.subject === null ? null : integerOf(row, 'subject')
    const key = this.#ownerKey(subject)
    if (key === undefined) return undefined
    const fields: Record<string, RecordValue> = {}
    for (const field of shape.clear) {
      const value = this.#clearValue(field, row)
      if (value !== undefined) fields[field.name] = value
    }
    const id = bytesOf(row, 'id')
    if (!clearOnly && row.block !== null) {
      const number = integerOf(row, 'block')
      const block = blocks.get(number) ?? this.#openBlock(number, key)
      blocks.set(number, block)
      readSealed(block, integerOf(row, 'place'), id, fields)
    }
    return { id: uuidText(id), at: integerOf(row, 'at'), fields }
  }

  #clearValue(field: Field, row: ResultRow): RecordValue | undefined {
    const value = row[`c_${field.name}`]
    if (value === null || value === undefined) return undefined
    if (isWordColumn(field)) {
      return textOf(this.#readWord.get(value), 'text')
    }
    if (field.type === 'boolean') return value === 1
    if (!(value instanceof Uint8Array)) return value
    if (field.type === 'uuid') return uuidText(value)
    return Buffer.from(value).toString(field.type === 'sha256' ? 'hex' : 'base64url')
  }

  #ownerKey(subject: number | null): KeyObject | undefined {
    if (this.#owners.has(subject)) return this.#owners.get(subject)
    const key = this.#openOwner(subject)
    this.#owners.set(subject, key)
    return key
  }

  #openOwner(subject: number | null): KeyObject | undefined {
    if (subject === null) return blockKey(this.#dayKey, undefined)
    const kept = this.#readOwner.get(subject)
    if (kept === undefined) return undefined
    const id = unseal(this.#tokenKey, OWNER_PLACE, bytesOf(kept, 'owner'))
    const key = this.#keys.subjectKey(id)
    return key === undefined ? undefined : blockKey(this.#dayKey, key)
  }

  #openBlock(number: number, key: KeyObject): Block {
    const kept = this.#readBlock.get(number)
    const text = textOf(kept, 'text')
    const place = `${blockPlace(this.#kind, this.#name, integerOf(kept, 'batch'), number)}\n${text}`
    return { content: unseal(key, place, bytesOf(kept, 'sealed')), shape: readShape(text) }
  }
}

/** A block that was opened. */
interface Block {
  readonly content: Buffer
  readonly shape: Shape
}

/** @throws RangeError when the row is not where it is said to be. */
function readSealed(block: Block, place: number, id: Uint8Array, fields: Record<string, RecordValue>): void {
  const reader = new Reader(block.content, place)
  if (!reader.take(16).equals(id)) throw new RangeError('a row is not where it is said to be')
  readSection(reader, block.shape.sealed, fields)
}

function among(column: string, values: readonly SQLInputValue[], index: string): Condition {
  const marks = values.map(() => '?').join(', ')
  return { sql: `${column} IN (${marks})`, values, index, isOrdered: values.length === 1 }
}

function positionOf(row: ResultRow | undefined): { readonly at: number; readonly seq: number } {
  return { at: integerOf(row, 'at'), seq: integerOf(row, 'seq') }
}
