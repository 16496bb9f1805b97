/**
 * Reads figures: finds the cells that make up each step, adds and takes away, and opens the names of subjects. Changes
 * nothing; may run beside writers, in the same process or another.
 */
import { existsSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { RollupFigures, RollupQuery } from '../contract/rollups.ts'
import { bytesOf, integerOf, openForReading, type ResultRow, textOf } from './database.ts'
import type { KeyStore } from './key-store.ts'
import { invalid } from './query.ts'
import { cover, type Grain, QUARTER_MS, type Stretch } from './rollup-cover.ts'
import { ROLLUP_CLASS, SUBJECT_PLACE } from './rollup-file.ts'
import { figureColumns, keyColumn, type RollupLayout } from './rollup-layout.ts'
import { type Family, isToldApart, PART, tableOf } from './rollup-tables.ts'
import { unseal } from './sealing.ts'

/** A question that fits the figures. */
export interface CheckedRollupQuery {
  /** First instants of the steps, and the end of the last one. */
  readonly bounds: readonly number[]
  readonly by: readonly string[]
  readonly where: readonly (readonly [field: string, value: string | null])[]
}

const MAX_STEPS = 1_000
/** Figures of one answer. */
const MAX_CELLS = 50_000
const KEYS: ReadonlySet<string> = new Set(['from', 'to', 'steps', 'by', 'where'])

/** @throws GatewayError `TACIT_QUERY_INVALID`. */
export function checkRollupQuery(query: RollupQuery, layout: RollupLayout): CheckedRollupQuery {
  const { from, to, steps = [], by = [], where = {} } = query
  if (Object.keys(query).some(key => !KEYS.has(key)))
    throw invalid('it has a key that is none of a question for figures')
  const bounds = [from, ...steps, to]
  if (bounds.length > MAX_STEPS + 1) throw invalid(`it has more than ${MAX_STEPS} steps`)
  const isInOrder = bounds.every((at, index) => Number.isSafeInteger(at) && at >= 0 && at > (bounds[index - 1] ?? -1))
  if (!isInOrder) throw invalid('its instants are not in order')
  if (bounds.some(at => at % QUARTER_MS !== 0)) throw invalid('its instants must be on a quarter of an hour')
  const names = new Set([
    ...layout.by.map(({ name }) => name),
    ...(layout.subject === undefined ? [] : [layout.subject])
  ])
  const asked = Object.entries(where).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  if (new Set(by).size !== by.length || ![...by, ...asked.map(([name]) => name)].every(name => names.has(name))) {
    throw invalid('figures are not told apart by that')
  }
  return { bounds, by, where: asked }
}

/** Figures as they are added up. */
interface Sum {
  readonly step: number
  readonly keys: readonly number[]
  readonly figures: number[]
}

/** The figures of one kind. */
export class RollupReader {
  readonly #layout: RollupLayout
  readonly #keys: KeyStore
  readonly #database: DatabaseSync
  readonly #names = new Map<number, string | undefined>()

  private constructor(file: string, layout: RollupLayout, keys: KeyStore) {
    this.#layout = layout
    this.#keys = keys
    this.#database = openForReading(file)
  }

  /** @returns undefined where nothing was added up yet. */
  static open(file: string, layout: RollupLayout, keys: KeyStore): RollupReader | undefined {
    return existsSync(file) ? new RollupReader(file, layout, keys) : undefined
  }

  /** @throws GatewayError `TACIT_QUERY_INVALID` for more figures than one answer has. */
  read(query: CheckedRollupQuery): readonly RollupFigures[] {
    const family = this.#familyFor(query)
    const conditions = this.#conditions(query, family)
    if (conditions === undefined) return []
    // One view of all tables, whatever is written meanwhile.
    this.#database.exec('BEGIN')
    try {
      const sums = new Map<string, Sum>()
      const ask = this.#asking(family, query.by, conditions.sql)
      for (const [step, from] of query.bounds.slice(0, -1).entries()) {
        for (const stretch of cover(from, query.bounds[step + 1] ?? from)) {
          this.#addStretch(
            sums,
            step,
            stretch,
            query.by.length,
            ask(stretch.grain).iterate(stretch.from, stretch.to, ...conditions.values)
          )
        }
      }
      return [...sums.values()].flatMap(sum => this.#figures(sum, query) ?? [])
    } finally {
      this.#database.exec('ROLLBACK')
    }
  }

  close(): void {
    this.#database.close()
  }

  /** The smallest cells that tell apart what is asked for. */
  #familyFor({ by, where }: CheckedRollupQuery): Family {
    const { subject, by: fields } = this.#layout
    const wanted = where.map(([name]) => name)
    // Of one subject there are few cells.
    if (subject !== undefined && wanted.includes(subject)) return 'own'
    const asked = new Set([...by, ...wanted])
    const told = fields.filter(({ name }) => asked.has(name))
    const isOwn = (subject !== undefined && asked.has(subject)) || told.some(({ isOwned }) => isOwned)
    if (!isOwn) return 'all'
    return told.every(field => isToldApart(field, 'sum')) ? 'sum' : 'own'
  }

  /** @returns undefined when nothing can fit. */
  #conditions(
    { where }: CheckedRollupQuery,
    family: Family
  ): { readonly sql: string; readonly values: readonly SQLInputValue[] } | undefined {
    const parts: string[] = []
    const values: SQLInputValue[] = []
    for (const [name, value] of where) {
      const isSubject = name === this.#layout.subject
      const number = value === null ? 0 : isSubject ? this.#subjectNumber(value) : this.#wordNumber(value)
      if (number === undefined) return undefined
      parts.push(`${isSubject ? 'subject' : keyColumn({ name })} = ?`)
      values.push(number)
    }
    // Cells of a subject stand together: jumping from one to the next is far less than all cells of all times.
    if (family === 'own' && !where.some(([name]) => name === this.#layout.subject)) {
      parts.push('subject IN (SELECT 0 UNION ALL SELECT subject FROM subjects)')
    }
    return { sql: parts.map(part => ` AND ${part}`).join(''), values }
  }

  /** Statements by grain: a question of many steps asks the same again and again. */
  #asking(family: Family, by: readonly string[], conditions: string): (grain: Grain) => StatementSync {
    const statements = new Map<Grain, StatementSync>()
    const keys = by.map(name => (name === this.#layout.subject ? 'subject' : keyColumn({ name })))
    const columns = [...keys, ...figureColumns(this.#layout).map(figure => `sum(${figure})`)]
    const group = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`
    return grain => {
      let statement = statements.get(grain)
      if (statement === undefined) {
        statement = this.#database.prepare(
          `SELECT ${columns.join(', ')} FROM ${tableOf(family, grain)} WHERE start >= ? AND start < ?${conditions}${group}`
        )
        statement.setReturnArrays(true)
        statements.set(grain, statement)
      }
      return statement
    }
  }

  #addStretch(
    sums: Map<string, Sum>,
    step: number,
    { sign }: Stretch,
    keyCount: number,
    rows: Iterable<unknown>
  ): void {
    for (const row of rows) {
      const values: readonly unknown[] = Array.isArray(row) ? row : []
      // A sum of nothing.
      if (values[keyCount] === null) continue
      const numbers = values.map(Number)
      const own = numbers.slice(0, keyCount)
      const name = [step, ...own].join(' ')
      let sum = sums.get(name)
      if (sum === undefined) {
        if (sums.size === MAX_CELLS) throw invalid(`there are more than ${MAX_CELLS} figures: ask for fewer`)
        sum = { step, keys: own, figures: numbers.slice(keyCount).map(() => 0) }
        sums.set(name, sum)
      }
      for (let index = 0; index < sum.figures.length; index++) {
        sum.figures[index] = (sum.figures[index] ?? 0) + sign * (numbers[keyCount + index] ?? 0)
      }
    }
  }

  /** @returns undefined where everything was taken away again. */
  #figures({ step, keys, figures }: Sum, query: CheckedRollupQuery): RollupFigures | undefined {
    const [rows = 0] = figures
    if (rows <= 0) return undefined
    const by: Record<string, string> = {}
    for (const [index, name] of query.by.entries()) {
      const number = keys[index] ?? 0
      const text = name === this.#layout.subject ? this.#subjectName(number) : this.#wordText(number)
      if (text !== undefined) by[name] = text
    }
    const sums: Record<string, number | bigint> = {}
    let place = 1
    for (const { name } of this.#layout.counts) sums[name] = figures[place++] ?? 0
    for (const { name, isBig } of this.#layout.sums) {
      const value = figures[place++] ?? 0
      sums[name] = isBig
        ? BigInt(value) * BigInt(PART) + BigInt(figures[place++] ?? 0)
        : Math.min(value, Number.MAX_SAFE_INTEGER)
    }
    return { at: query.bounds[step] ?? 0, by, rows, sums }
  }

  #wordNumber(text: string): number | undefined {
    const row = this.#database.prepare('SELECT word FROM words WHERE text = ?').get(text)
    return row === undefined ? undefined : integerOf(row, 'word')
  }

  #wordText(number: number): string | undefined {
    if (number === 0) return undefined
    const row = this.#database.prepare('SELECT text FROM words WHERE word = ?').get(number)
    return row === undefined ? undefined : textOf(row, 'text')
  }

  #subjectNumber(name: string): number | undefined {
    const id = this.#keys.subjectId(ROLLUP_CLASS, name)
    const row = this.#database.prepare('SELECT subject FROM subjects WHERE token = ?').get(id)
    // Without its key it does not exist any more.
    return row === undefined || this.#keys.subjectKey(id) === undefined ? undefined : integerOf(row, 'subject')
  }

  /** Undefined for nobody, and for one whose key is gone. */
  #subjectName(number: number): string | undefined {
    if (number === 0) return undefined
    if (this.#names.has(number)) return this.#names.get(number)
    const name = this.#openName(
      this.#database.prepare('SELECT token, sealed FROM subjects WHERE subject = ?').get(number)
    )
    this.#names.set(number, name)
    return name
  }

  #openName(row: ResultRow | undefined): string | undefined {
    const key = row === undefined ? undefined : this.#keys.subjectKey(bytesOf(row, 'token'))
    return key === undefined ? undefined : unseal(key, SUBJECT_PLACE, bytesOf(row, 'sealed')).toString('utf8')
  }
}
