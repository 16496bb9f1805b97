/**
 * Writes identities to their file, in a thread of its own: a commit waits for the
 * disk, and may wait for another process. One batch is one transaction.
 */
import type { DatabaseSync } from 'node:sqlite'
import { changeText, readChange } from './changes.ts'
import type { Change, Conflict, Mutation } from './identity-store.ts'
import { readRow } from './rows.ts'
import { KEPT_CHANGES, openForWriting } from './sqlite-file.ts'

/** A batch, and the file that it is for. */
export interface WriteTask {
  readonly file: string
  readonly mutations: readonly Mutation[]
}

/** Another writer is waited for that long, in ms. */
const WAIT_MS = 2_000
const TABLE = { consumer: 'consumers', group: 'groups', credential: 'credentials' } as const

const open = new Map<string, DatabaseSync>()

/** Writes a batch. @returns why nothing was written. @throws Error of SQLite. */
export default function write({ file, mutations }: WriteTask): Conflict | undefined {
  let database = open.get(file)
  if (database === undefined) {
    database = openForWriting(file, WAIT_MS)
    open.set(file, database)
  }
  database.exec('BEGIN IMMEDIATE')
  try {
    const conflict = apply(database, mutations)
    database.exec(conflict === undefined ? 'COMMIT' : 'ROLLBACK')
    return conflict
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function apply(database: DatabaseSync, mutations: readonly Mutation[]): Conflict | undefined {
  for (const mutation of mutations) {
    const conflict = conflictOf(database, mutation)
    if (conflict !== undefined) return conflict
  }
  for (const mutation of mutations) put(database, mutation)
  const last = database.prepare('SELECT max(sequence) AS last FROM changes').get()?.last
  database.prepare('DELETE FROM changes WHERE sequence <= ?').run(Number(last ?? 0) - KEPT_CHANGES)
  return undefined
}

function conflictOf(database: DatabaseSync, mutation: Mutation): Conflict | undefined {
  const { kind, id, revision, row, group, owner } = mutation
  const has = (sql: string, ...values: readonly string[]) => database.prepare(sql).get(...values) !== undefined
  const text = database.prepare(`SELECT row FROM ${TABLE[kind]} WHERE id = ?`).get(id)?.row
  if (revision === 0 && text !== undefined) return 'exists'
  if (revision > 0) {
    if (text === undefined) return 'missing'
    if (readRow(kind, text)?.revision !== revision) return 'changed'
  }
  if (row === undefined) {
    return kind === 'group' && has('SELECT 1 FROM members WHERE grp = ? LIMIT 1', id) ? 'group_in_use' : undefined
  }
  if (group !== undefined && !has('SELECT 1 FROM groups WHERE id = ?', group)) return 'group_missing'
  if (owner === undefined) return undefined
  if (!has('SELECT 1 FROM consumers WHERE id = ?', owner.consumer)) return 'consumer_missing'
  const taken = 'SELECT 1 FROM credentials WHERE plugin = ? AND digest = ? AND id <> ?'
  return has(taken, owner.plugin, owner.digest, id) ? 'digest_taken' : undefined
}

function put(database: DatabaseSync, { kind, id, row, owner }: Mutation): void {
  const run = (sql: string, ...values: readonly string[]) => database.prepare(sql).run(...values)
  note(database, changeOf(database, kind, id, owner))
  if (kind === 'credential') {
    run('DELETE FROM credentials WHERE id = ?', id)
    if (row === undefined || owner === undefined) return
    run('INSERT INTO credentials VALUES (?, ?, ?, ?, ?)', id, owner.plugin, owner.digest, owner.consumer, row)
  } else if (row === undefined) {
    run(`DELETE FROM ${TABLE[kind]} WHERE id = ?`, id)
    if (kind === 'group') return
    run('DELETE FROM credentials WHERE consumer = ?', id)
    run('DELETE FROM members WHERE consumer = ?', id)
  } else {
    run(`INSERT INTO ${TABLE[kind]} VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET row = excluded.row`, id, row)
    if (kind === 'group') return
    run('DELETE FROM members WHERE consumer = ?', id)
    // Of the file's groups, too: who is in one that the store does not keep does not matter to it.
    const member = readRow('consumer', row)?.group
    if (member !== undefined) run('INSERT INTO members VALUES (?, ?)', id, member)
  }
}

/** A credential that is deleted is found by what stands in its table. */
function changeOf(database: DatabaseSync, kind: Mutation['kind'], id: string, owner: Mutation['owner']): Change {
  if (kind !== 'credential') return { kind, id }
  if (owner !== undefined) return { kind, plugin: owner.plugin, digest: owner.digest }
  const found = database.prepare('SELECT plugin, digest FROM credentials WHERE id = ?').get(id)
  return readChange(`credential ${found?.plugin} ${found?.digest}`) ?? { kind: 'consumer', id }
}

function note(database: DatabaseSync, change: Change): void {
  database.prepare('INSERT INTO changes (change) VALUES (?)').run(changeText(change))
}
