/**
 * Events that wait to be handed to webhooks: on the disk before anybody is told,
 * sealed like rows, in order for each subject. What could not be handed over after
 * many tries stays as a dead letter until it is sent again or its life is over.
 * Knows no network.
 */
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { bytesOf, integerOf, rowsOf, textOf, transaction, truncateJournal } from './database.ts'
import { dayOf } from './days.ts'
import type { KeyStore } from './key-store.ts'
import { blockKey, seal, token, unseal } from './sealing.ts'

/** An event as it comes. */
export interface NewEvent {
  /** ms since the epoch. */
  readonly at: number
  /** `<plugin>.<event>`. */
  readonly name: string
  /** Whom it is about; `''` for nobody. Events of one subject are handed over one after the other. */
  readonly subject: string
  /** JSON of its facts. */
  readonly data: string
  /** Ids of the webhooks that get it. */
  readonly webhooks: readonly string[]
}

/** An event that a webhook is to get now. */
export interface DueEvent {
  readonly webhook: string
  readonly seq: number
  /** The same at every try. */
  readonly id: string
  readonly at: number
  readonly name: string
  readonly data: string
  /** Tries that have failed. */
  readonly attempts: number
}

/** What came of a try. */
export interface Settlement {
  readonly webhook: string
  readonly seq: number
  readonly outcome: 'delivered' | 'retry' | 'dead'
  /** When to try again, ms since the epoch. */
  readonly dueAt: number
  /** Why it failed, such as `HTTP_503` or `TACIT_FETCH_TIMEOUT`. */
  readonly code: string
}

/** An event that is not handed over any more unless somebody asks for it. */
export interface DeadLetter {
  readonly id: string
  readonly webhook: string
  readonly name: string
  readonly at: number
  readonly attempts: number
  readonly code: string
}

/** The kind that keys of days are made for. */
const KIND = 'core.events'
/** Events that may wait; further ones are lost, and counted. */
const MAX_EVENTS = 100_000
/** Dead letters that are listed at once. */
const MAX_LISTED = 1_000

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, name TEXT NOT NULL,
    subject BLOB, owner BLOB, sealed BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS deliveries (
    webhook TEXT NOT NULL, seq INTEGER NOT NULL, subject BLOB, state TEXT NOT NULL, due INTEGER NOT NULL,
    attempts INTEGER NOT NULL, code TEXT NOT NULL, PRIMARY KEY (webhook, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (webhook, state, due);
  CREATE INDEX IF NOT EXISTS deliveries_in_order ON deliveries (webhook, state, subject, seq);
  CREATE INDEX IF NOT EXISTS deliveries_of_event ON deliveries (seq);
  CREATE INDEX IF NOT EXISTS events_of_subject ON events (subject) WHERE subject IS NOT NULL;
`

/** Events of one store of records. */
export class Outbox {
  readonly #database: DatabaseSync
  readonly #keys: KeyStore | undefined

  /** @param keys not needed by those who only list dead letters and have them sent again. */
  constructor(database: DatabaseSync, keys: KeyStore | undefined) {
    this.#database = database
    this.#keys = keys
    database.exec(SCHEMA)
  }

  /** Puts events on the disk, in order. @returns how many were lost because too many wait. */
  add(events: readonly NewEvent[]): number {
    const keys = this.#needKeys()
    const database = this.#database
    const waiting = integerOf(database.prepare('SELECT count(*) AS n FROM events').get(), 'n')
    const taken = events.slice(0, Math.max(0, MAX_EVENTS - waiting))
    const owners = keys.together(() =>
      taken.map(({ at, subject }) => {
        const dayKey = keys.needDayKey(KIND, dayOf(at))
        if (subject === '') return { id: null, subject: null, key: blockKey(dayKey, undefined) }
        const id = keys.subjectId('account', subject)
        return { id, subject: token(id, 'events'), key: blockKey(dayKey, keys.needSubjectKey(id)) }
      })
    )
    const addEvent = database.prepare(
      'INSERT INTO events (id, at, name, subject, owner, sealed) VALUES (?, ?, ?, ?, ?, ?)'
    )
    const addDelivery = database.prepare("INSERT INTO deliveries VALUES (?, ?, ?, 'waiting', ?, 0, '')")
    transaction(database, () => {
      for (const [index, { at, name, data, webhooks }] of taken.entries()) {
        const owner = owners[index]
        if (owner === undefined) continue
        const id = `evt_${randomUUID()}`
        const sealed = seal(owner.key, placeOf(id, at, name), Buffer.from(data))
        const seq = addEvent.run(id, at, name, owner.subject, owner.id, sealed).lastInsertRowid
        for (const webhook of webhooks) addDelivery.run(webhook, seq, owner.subject, at)
      }
    })
    return events.length - taken.length
  }

  /**
   * Events that a webhook is to get now, the oldest first: of each subject only the first that waits. Events whose
   * keys are gone are removed.
   */
  due(webhook: string, now: number, limit: number): readonly DueEvent[] {
    const rows = rowsOf(
      this.#database.prepare(`
        SELECT e.*, d.attempts FROM deliveries AS d JOIN events AS e USING (seq)
        WHERE d.webhook = ?1 AND d.state = 'waiting' AND d.due <= ?2 AND (
          d.subject IS NULL OR NOT EXISTS (
            SELECT 1 FROM deliveries AS earlier WHERE earlier.webhook = ?1 AND earlier.state = 'waiting'
            AND earlier.subject = d.subject AND earlier.seq < d.seq
          )
        ) ORDER BY d.seq LIMIT ?3`),
      webhook,
      now,
      limit
    )
    return rows.flatMap(row => {
      const seq = integerOf(row, 'seq')
      const id = textOf(row, 'id')
      const at = integerOf(row, 'at')
      const name = textOf(row, 'name')
      const key = this.#keyOf(at, row.owner)
      if (key === undefined) {
        this.#remove(seq)
        return []
      }
      const data = unseal(key, placeOf(id, at, name), bytesOf(row, 'sealed')).toString()
      return [{ webhook, seq, id, at, name, data, attempts: integerOf(row, 'attempts') }]
    })
  }

  /** Notes what came of tries. An event that everybody has is removed. */
  settle(settlements: readonly Settlement[]): void {
    const database = this.#database
    const remove = database.prepare('DELETE FROM deliveries WHERE webhook = ? AND seq = ?')
    const update = database.prepare(
      'UPDATE deliveries SET state = ?, due = ?, attempts = attempts + 1, code = ? WHERE webhook = ? AND seq = ?'
    )
    const tidy = database.prepare(
      'DELETE FROM events WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE seq = ?1)'
    )
    transaction(database, () => {
      for (const { webhook, seq, outcome, dueAt, code } of settlements) {
        if (outcome === 'delivered') remove.run(webhook, seq)
        else update.run(outcome === 'dead' ? 'dead' : 'waiting', dueAt, code, webhook, seq)
        tidy.run(seq)
      }
    })
  }

  /** When the next event is to be handed over, ms since the epoch; undefined when none waits. */
  nextDueAt(): number | undefined {
    const row = this.#database.prepare("SELECT min(due) AS due FROM deliveries WHERE state = 'waiting'").get()
    return row?.due === null ? undefined : integerOf(row, 'due')
  }

  /** How many wait, and how many are dead. */
  counts(): { readonly waiting: number; readonly dead: number } {
    const count = (state: string) =>
      integerOf(this.#database.prepare('SELECT count(*) AS n FROM deliveries WHERE state = ?').get(state), 'n')
    return { waiting: count('waiting'), dead: count('dead') }
  }

  /** Dead letters, the oldest first. What they say is not told. */
  dead(): readonly DeadLetter[] {
    const rows = rowsOf(
      this.#database.prepare(`
        SELECT e.id, e.name, e.at, d.webhook, d.attempts, d.code FROM deliveries AS d JOIN events AS e USING (seq)
        WHERE d.state = 'dead' ORDER BY d.seq LIMIT ${MAX_LISTED}`)
    )
    return rows.map(row => ({
      id: textOf(row, 'id'),
      webhook: textOf(row, 'webhook'),
      name: textOf(row, 'name'),
      at: integerOf(row, 'at'),
      attempts: integerOf(row, 'attempts'),
      code: textOf(row, 'code')
    }))
  }

  /** Has dead letters handed over again, with all their tries. @param id all, if not given. @returns how many. */
  replay(now: number, id?: string): number {
    const sql = `UPDATE deliveries SET state = 'waiting', due = ?, attempts = 0 WHERE state = 'dead'`
    const { changes } =
      id === undefined
        ? this.#database.prepare(sql).run(now)
        : this.#database.prepare(`${sql} AND seq = (SELECT seq FROM events WHERE id = ?)`).run(now, id)
    return Number(changes)
  }

  /** Removes events of webhooks that are no more, and events from before an instant with their days' keys. */
  tidy(webhooks: readonly string[], before: number): void {
    const database = this.#database
    const marks = webhooks.map(() => '?').join(', ')
    const days = new Set<string>()
    transaction(database, () => {
      database.prepare(`DELETE FROM deliveries WHERE webhook NOT IN (${marks})`).run(...webhooks)
      for (const row of rowsOf(database.prepare('SELECT at FROM events WHERE at < ?'), before)) {
        days.add(dayOf(integerOf(row, 'at')))
      }
      database.prepare('DELETE FROM deliveries WHERE seq IN (SELECT seq FROM events WHERE at < ?)').run(before)
      database.prepare('DELETE FROM events WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE seq = events.seq)').run()
    })
    if (days.size > 0) truncateJournal(database)
    for (const day of days) if (day < dayOf(before)) this.#keys?.destroyDay(KIND, day)
  }

  /** Removes what is about a subject. @returns how many events there were. */
  erase(subject: string): number {
    const id = token(this.#needKeys().subjectId('account', subject), 'events')
    const rows = rowsOf(this.#database.prepare('SELECT seq FROM events WHERE subject = ?'), id)
    for (const row of rows) this.#remove(integerOf(row, 'seq'))
    if (rows.length > 0) truncateJournal(this.#database)
    return rows.length
  }

  close(): void {
    truncateJournal(this.#database)
    this.#database.close()
  }

  #remove(seq: number): void {
    transaction(this.#database, () => {
      this.#database.prepare('DELETE FROM deliveries WHERE seq = ?').run(seq)
      this.#database.prepare('DELETE FROM events WHERE seq = ?').run(seq)
    })
  }

  #keyOf(at: number, owner: unknown) {
    const keys = this.#needKeys()
    const dayKey = keys.dayKey(KIND, dayOf(at))
    if (dayKey === undefined) return undefined
    if (!(owner instanceof Uint8Array)) return blockKey(dayKey, undefined)
    const subjectKey = keys.subjectKey(owner)
    return subjectKey === undefined ? undefined : blockKey(dayKey, subjectKey)
  }

  #needKeys(): KeyStore {
    if (this.#keys === undefined) throw new TypeError('an outbox without keys is for looking only')
    return this.#keys
  }
}

function placeOf(id: string, at: number, name: string): string {
  return `tacit events 1\n${id}\n${at}\n${name}`
}
