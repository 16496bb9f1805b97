/**
 * Records as a command sees them: read, and tidied, without a gateway or beside
 * one that runs. Writes no rows.
 */

import { existsSync } from 'node:fs'
import type { LoadedConfiguration } from '../configuration/load.ts'
import { usesOf } from '../configuration/uses.ts'
import type { RecordPage, RecordQuery } from '../contract/records.ts'
import { GatewayError } from '../errors.ts'
import { AUDIT } from './audit.ts'
import { openDatabase, openForReading } from './database.ts'
import { isExpired } from './days.ts'
import { KeyStore, type RootKey, readRootKey } from './key-store.ts'
import { type CompiledKind, compileKind } from './kind.ts'
import { directoryOf, masterKeysOf } from './open.ts'
import { type DeadLetter, Outbox } from './outbox.ts'
import { keyFile, listDays, listKinds, outboxFile, removeDay } from './partitions.ts'
import { checkQuery } from './query.ts'
import { RecordReader } from './reader.ts'
import { Rollups } from './rollups.ts'
import type { DroppedDay } from './writer.ts'

/** A kind, and what there is of it. */
export interface ListedKind {
  readonly name: string
  readonly class: string
  readonly purpose: string
  /** Longest life of a row in ms; undefined for a kind that no plugin has any more. */
  readonly lifeMs: number | undefined
  /** Columns that can be asked for. */
  readonly columns: readonly string[]
  readonly days: readonly string[]
}

/** The records that a configuration names. */
export class OfflineRecords {
  readonly directory: string
  readonly #loaded: LoadedConfiguration
  readonly #root: RootKey

  private constructor(loaded: LoadedConfiguration, root: RootKey) {
    this.directory = directoryOf(loaded)
    this.#loaded = loaded
    this.#root = root
  }

  /** @throws GatewayError `TACIT_RECORDS_NONE`, `TACIT_MASTER_KEY_MISSING`, `TACIT_MASTER_KEY_WRONG`. */
  static async open(loaded: LoadedConfiguration): Promise<OfflineRecords> {
    const masters = masterKeysOf(loaded)
    const file = keyFile(directoryOf(loaded))
    if (!existsSync(file) || masters.length === 0) {
      throw new GatewayError(
        'TACIT_RECORDS_NONE',
        'There are no records.',
        'Check `records.directory` and `records.masterKey`.'
      )
    }
    const database = openForReading(file)
    try {
      return new OfflineRecords(loaded, await readRootKey(database, masters))
    } finally {
      database.close()
    }
  }

  /** Kinds that plugins of the configuration declare, and kinds that rows are left of. */
  kinds(): readonly ListedKind[] {
    const declared = this.#declared()
    const names = new Set([...declared.keys(), ...listKinds(this.directory)])
    return [...names].sort().map(name => {
      const kind = declared.get(name)
      const days = listDays(this.directory, name)
      if (kind === undefined) return { name, class: '', purpose: '', lifeMs: undefined, columns: [], days }
      const columns = kind.clear.map(field => field.name)
      return {
        name,
        class: kind.class,
        purpose: kind.purpose,
        lifeMs: this.#lifeOf(kind),
        columns: kind.subject === undefined ? columns : [kind.subject, ...columns],
        days
      }
    })
  }

  /** A kind that a plugin of the configuration declares. */
  kind(name: string): CompiledKind | undefined {
    return this.#declared().get(name)
  }

  /** Pages of a kind's rows, one after the other, from the one that a cursor leads to. @throws GatewayError `TACIT_QUERY_INVALID`. */
  *pages(kind: string, query: RecordQuery, now: number): Generator<RecordPage> {
    const declared = this.#declared().get(kind)
    const oldest = declared === undefined ? 0 : now - this.#lifeOf(declared)
    const reader = new RecordReader({ directory: this.directory, root: this.#root, monotonic: () => performance.now() })
    try {
      let cursor = query.cursor
      do {
        const checked = checkQuery({ ...query, cursor })
        const page = reader.query(kind, { ...checked, from: Math.max(checked.from, oldest) })
        cursor = page.cursor
        yield page
      } while (cursor !== undefined)
    } finally {
      reader.close()
    }
  }

  /** Drops every day that is over, with its key, and figures that are. Rows are added up before. Kinds that no plugin has any more live as long as the longest class. */
  expire(now: number, isDry: boolean): readonly DroppedDay[] {
    const declared = this.#declared()
    const longest = Math.max(...Object.values(this.#loaded.configuration.records.keep))
    const due = listKinds(this.directory).flatMap(kind => {
      const known = declared.get(kind)
      const lifeMs = known === undefined ? longest : this.#lifeOf(known)
      return listDays(this.directory, kind).flatMap(day => (isExpired(day, lifeMs, now) ? [{ kind, day }] : []))
    })
    if (isDry) return due
    const keys = new KeyStore(openDatabase(keyFile(this.directory)), this.#root)
    const rollups = new Rollups(this.directory, keys)
    try {
      for (const kind of declared.values()) rollups.setKind(kind)
      // A gateway that was killed may have left rows that were not added up yet.
      rollups.finish()
      rollups.expire(now - this.#loaded.configuration.records.keep.billing)
      rollups.forget()
      for (const { kind, day } of due) {
        keys.destroyDay(kind, day)
        removeDay(this.directory, kind, day)
      }
    } finally {
      rollups.close()
      keys.close()
    }
    return due
  }

  /** Events that were given up. */
  deadLetters(): readonly DeadLetter[] {
    return this.#withOutbox(outbox => outbox.dead()) ?? []
  }

  /** Has events handed over again that were given up, by the gateway that runs or the next one. @returns how many. */
  replay(now: number, id?: string): number {
    return this.#withOutbox(outbox => outbox.replay(now, id)) ?? 0
  }

  #withOutbox<Result>(work: (outbox: Outbox) => Result): Result | undefined {
    const file = outboxFile(this.directory)
    if (!existsSync(file)) return undefined
    const database = openDatabase(file)
    try {
      return work(new Outbox(database, undefined))
    } finally {
      database.close()
    }
  }

  #lifeOf(kind: CompiledKind): number {
    return Math.min(kind.longestLifeMs, this.#loaded.configuration.records.keep[kind.class])
  }

  #declared(): ReadonlyMap<string, CompiledKind> {
    const own = compileKind('core', 'audit', AUDIT)
    const kinds = usesOf(this.#loaded).flatMap(({ definition: { name: plugin, records = {} } }) =>
      Object.entries(records).map(([name, declared]) => compileKind(plugin, name, declared))
    )
    return new Map([...kinds, own].map(kind => [kind.name, kind]))
  }
}
