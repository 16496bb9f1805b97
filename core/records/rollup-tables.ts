/**
 * The tables that figures of one kind stand in, and the statements for them: for each grain a table of cells by subject,
 * one with a single figure for each subject, and one of everybody together, which is small however many subjects there are. Knows no keys and no rows.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { GRAINS, type Grain } from './rollup-cover.ts'
import { figureColumns, keyColumn, type RollupField, type RollupLayout } from './rollup-layout.ts'

/** Whose cells: each subject's own, the same added up to one figure for each subject, or everybody's together. */
export const FAMILIES = ['own', 'sum', 'all'] as const

/** Whose cells. */
export type Family = (typeof FAMILIES)[number]

/** What one part of a large number is worth: a sum stands as so many of them, and the rest. */
export const PART = 1_000_000_000

const COMMON = `
  CREATE TABLE IF NOT EXISTS words (word INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS subjects (
    subject INTEGER PRIMARY KEY, token BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS marks (partition TEXT PRIMARY KEY, token BLOB NOT NULL, seq INTEGER NOT NULL) STRICT;
`

/** The name of a table. */
export function tableOf(family: Family, grain: Grain): string {
  return `${family}_${grain}s`
}

/** The columns that tell the cells of a family apart, after the subject and the first instant. */
export function keysOf({ by }: RollupLayout, family: Family): readonly string[] {
  return by.filter(field => isToldApart(field, family)).map(keyColumn)
}

/** Whether cells of a family are told apart by a field. */
export function isToldApart({ isOwned, isWord }: RollupField, family: Family): boolean {
  return family === 'own' || (family === 'sum' ? isWord : !isOwned)
}

/** The columns that name a cell of a family. */
function identityOf(layout: RollupLayout, family: Family): readonly string[] {
  const keys = keysOf(layout, family)
  if (family === 'all') return ['start', ...keys]
  // One subject's cells are looked for by the subject first, those of all subjects by their time.
  return family === 'own' ? ['subject', 'start', ...keys] : ['start', 'subject', ...keys]
}

/** Makes the tables, and columns of fields and figures that the kind did not have before. Call it in a transaction. */
export function prepareTables(database: DatabaseSync, layout: RollupLayout): void {
  database.exec(COMMON)
  for (const family of FAMILIES) {
    for (const grain of GRAINS) prepareTable(database, layout, family, grain)
  }
}

function prepareTable(database: DatabaseSync, layout: RollupLayout, family: Family, grain: Grain): void {
  const table = tableOf(family, grain)
  const identity = identityOf(layout, family)
  const there = new Set(columnsOf(database, table))
  const wanted = [...identity, ...figureColumns(layout)]
  if (there.size > 0 && identity.every(column => there.has(bare(column)))) {
    for (const column of wanted) {
      if (there.has(bare(column))) continue
      database.exec(`ALTER TABLE ${table} ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`)
    }
    return
  }
  // Told apart by another field than before: what is there already goes on as that of cells without it.
  if (there.size > 0) database.exec(`ALTER TABLE ${table} RENAME TO before_${table}`)
  const columns = wanted.map(column => `${column} INTEGER NOT NULL DEFAULT 0`)
  database.exec(
    `CREATE TABLE ${table} (${columns.join(', ')}, PRIMARY KEY (${identity.join(', ')})) STRICT, WITHOUT ROWID`
  )
  if (there.size === 0) return
  const kept = wanted.filter(column => there.has(bare(column))).join(', ')
  database.exec(`INSERT INTO ${table} (${kept}) SELECT ${kept} FROM before_${table}; DROP TABLE before_${table}`)
}

/** A statement that adds figures to a cell: its identity, then its figures. */
export function addStatement(
  database: DatabaseSync,
  layout: RollupLayout,
  family: Family,
  grain: Grain
): StatementSync {
  const identity = identityOf(layout, family)
  const columns = [...identity, ...figureColumns(layout)]
  return database.prepare(
    `INSERT INTO ${tableOf(family, grain)} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ` +
      `ON CONFLICT DO UPDATE SET ${sumsOf(layout, tableOf(family, grain), 'excluded', '+')}`
  )
}

/** Puts the figures of a subject to those of nobody, without what belongs to the subject. Call it in a transaction. */
export function disown(database: DatabaseSync, layout: RollupLayout, subject: number): void {
  const figures = figureColumns(layout)
  const owned = new Set(layout.by.filter(({ isOwned }) => isOwned).map(keyColumn))
  for (const family of ['own', 'sum'] as const) {
    const keys = keysOf(layout, family)
    const columns = ['subject', 'start', ...keys, ...figures].join(', ')
    const values = ['0', 'start', ...keys.map(column => (owned.has(column) ? '0' : column)), ...figures].join(', ')
    for (const grain of GRAINS) {
      const table = tableOf(family, grain)
      database
        .prepare(
          `INSERT INTO ${table} (${columns}) SELECT ${values} FROM ${table} WHERE subject = ? ` +
            `ON CONFLICT DO UPDATE SET ${sumsOf(layout, table, 'excluded', '+')}`
        )
        .run(subject)
      database.prepare(`DELETE FROM ${table} WHERE subject = ?`).run(subject)
    }
  }
  database.prepare('DELETE FROM subjects WHERE subject = ?').run(subject)
}

/**
 * Takes away what is older than a day: months lose what their days had. Call it in a transaction.
 * @param months that there are cells of, and that begin before it, from the earliest. @returns how many cells went.
 */
export function takeAway(
  database: DatabaseSync,
  layout: RollupLayout,
  before: number,
  months: readonly number[]
): number {
  let gone = 0
  for (const family of FAMILIES) {
    const month = tableOf(family, 'month')
    const day = tableOf(family, 'day')
    const same = identityOf(layout, family).filter(column => column !== 'start')
    const figures = figureColumns(layout)
    const sums = figures.map(column => `sum(${column}) AS ${column}`)
    for (const [index, start] of months.entries()) {
      const end = months[index + 1] ?? before
      const on = same.map(column => `${month}.${column} = gone.${column}`).join(' AND ')
      database
        .prepare(
          `UPDATE ${month} SET ${sumsOf(layout, month, 'gone', '-')} FROM (SELECT ${[...same, ...sums].join(', ')} FROM ${day} ` +
            `WHERE start >= ? AND start < ? GROUP BY ${same.join(', ') || 'start'}) AS gone WHERE ${month}.start = ?` +
            (on === '' ? '' : ` AND ${on}`)
        )
        .run(start, Math.min(end, before), start)
    }
    gone += Number(database.prepare(`DELETE FROM ${month} WHERE "n_rows" <= 0`).run().changes)
    for (const table of [day, tableOf(family, 'hour'), tableOf(family, 'quarter')]) {
      gone += Number(database.prepare(`DELETE FROM ${table} WHERE start < ?`).run(before).changes)
    }
  }
  return gone
}

/** Sums that stop at 2^53 - 1, and large numbers whose rest stays below {@link PART}. */
function sumsOf(layout: RollupLayout, table: string, other: string, operator: '+' | '-'): string {
  const changed = (column: string) => `(${table}.${column} ${operator} ${other}.${column})`
  const rest = (column: string) => `((${changed(column)} % ${PART} + ${PART}) % ${PART})`
  return figureColumns(layout)
    .map(column => {
      if (column.startsWith('"n_')) return `${column} = min(${changed(column)}, ${Number.MAX_SAFE_INTEGER})`
      if (column.startsWith('"l_')) return `${column} = ${rest(column)}`
      const low = `"l_${column.slice(3)}`
      return `${column} = ${changed(column)} + (${changed(low)} - ${rest(low)}) / ${PART}`
    })
    .join(', ')
}

function columnsOf(database: DatabaseSync, table: string): readonly string[] {
  return database
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map(row => String(row.name))
}

function bare(column: string): string {
  return column.replaceAll('"', '')
}
