/**
 * Reads records of all days: what the reader's thread does, without the thread.
 * Changes nothing; may run beside a writer, in the same process or another.
 */
import { existsSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { RecordPage, RecordRow } from '../contract/records.ts'
import type { RollupFigures, RollupQuery } from '../contract/rollups.ts'
import { openForReading } from './database.ts'
import { dayOf } from './days.ts'
import { KeyStore, type RootKey } from './key-store.ts'
import { PartitionReader } from './partition-reader.ts'
import { dayOfPartition, keyFile, listPartitions, partitionFile, rollupFile } from './partitions.ts'
import { type CheckedQuery, writeCursor } from './query.ts'
import type { RollupLayout } from './rollup-layout.ts'
import { checkRollupQuery, RollupReader } from './rollup-reader.ts'

/** What a reader is opened with. */
export interface ReaderOptions {
  readonly directory: string
  readonly root: RootKey
  /** Rising time in ms; what bounds a page is how long it takes. */
  readonly monotonic: () => number
}

/** Partitions that are kept open. */
const MAX_OPEN = 16
/** A page of many days ends after this time, in ms, with a cursor. */
const PAGE_MS = 10

/** Reads the records of one directory. */
export class RecordReader {
  readonly #directory: string
  readonly #keys: KeyStore
  readonly #monotonic: () => number
  readonly #rollups = new Map<string, RollupReader>()
  readonly #open = new Map<string, { readonly reader: PartitionReader; readonly inode: number }>()

  constructor({ directory, root, monotonic }: ReaderOptions) {
    this.#directory = directory
    this.#monotonic = monotonic
    this.#keys = new KeyStore(openKeys(directory), root)
  }

  /**
   * One page of a kind's rows.
   * @throws GatewayError `TACIT_QUERY_INVALID`, `TACIT_SEAL_BROKEN` for what was changed on the disk.
   */
  query(kind: string, query: CheckedQuery): RecordPage {
    const { position } = query
    // Somebody was erased, or a day dropped, perhaps by another process.
    if (this.#keys.hasChanged) this.forget()
    const startedMs = this.#monotonic()
    const names = this.#partitions(kind, query)
    const rows: RecordRow[] = []
    for (const [index, name] of names.entries()) {
      const after = position?.name === name ? position.last : undefined
      if (rows.length === query.limit || (index > 0 && this.#monotonic() - startedMs > PAGE_MS)) {
        return { rows, cursor: writeCursor({ name, last: undefined }) }
      }
      const page = this.#reader(kind, name)?.find(query, after, query.limit - rows.length)
      if (page === undefined) continue
      rows.push(...page.rows)
      if (page.next !== undefined) return { rows, cursor: writeCursor({ name, last: page.next }) }
    }
    return { rows, cursor: undefined }
  }

  /**
   * What is added up of a kind's rows.
   * @throws GatewayError `TACIT_QUERY_INVALID`.
   */
  rollup(kind: string, layout: RollupLayout, query: RollupQuery): readonly RollupFigures[] {
    const checked = checkRollupQuery(query, layout)
    if (this.#keys.hasChanged) this.forget()
    let reader = this.#rollups.get(kind)
    if (reader === undefined) {
      reader = RollupReader.open(rollupFile(this.#directory, kind), layout, this.#keys)
      if (reader === undefined) return []
      this.#rollups.set(kind, reader)
    }
    return reader.read(checked)
  }

  /** Closes what is open and forgets keys: call it when a day was dropped or a subject's key destroyed. */
  forget(): void {
    for (const { reader } of this.#open.values()) reader.close()
    this.#open.clear()
    for (const reader of this.#rollups.values()) reader.close()
    this.#rollups.clear()
    this.#keys.forget()
  }

  close(): void {
    this.forget()
    this.#keys.close()
  }

  /** Partitions that may hold what is asked for, in order. */
  #partitions(kind: string, { from, to, position, isNewestFirst }: CheckedQuery): readonly string[] {
    const first = dayOf(Math.min(from, LATEST))
    const last = dayOf(Math.min(Math.max(to - 1, 0), LATEST))
    const names = listPartitions(this.#directory, kind).filter(name => {
      const day = dayOfPartition(name) ?? ''
      return day >= first && day <= last
    })
    if (isNewestFirst) return names.filter(name => position === undefined || name <= position.name).toReversed()
    return names.filter(name => position === undefined || name >= position.name)
  }

  /** @returns undefined when the day has no key any more, or no file. */
  #reader(kind: string, partition: string): PartitionReader | undefined {
    const file = partitionFile(this.#directory, kind, partition)
    const inode = statSync(file, { throwIfNoEntry: false })?.ino
    const name = `${kind}/${partition}`
    const known = this.#open.get(name)
    if (known !== undefined && known.inode === inode) return known.reader
    known?.reader.close()
    this.#open.delete(name)
    const key = this.#keys.dayKey(kind, dayOfPartition(partition) ?? '')
    if (inode === undefined || key === undefined) return undefined
    for (const [oldest, { reader }] of this.#open) {
      if (this.#open.size < MAX_OPEN) break
      reader.close()
      this.#open.delete(oldest)
    }
    // A writer is only just making it.
    if (!hasTables(file)) return undefined
    const reader = new PartitionReader(file, kind, partition, this.#keys, key)
    this.#open.set(name, { reader, inode })
    return reader
  }
}

/** The last instant of the year 9999. */
const LATEST = 253_402_300_799_999

/** Whether a partition can be read: its writer may be only just making it. */
export function hasTables(file: string): boolean {
  const database = openForReading(file)
  try {
    return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'shapes'").get() !== undefined
  } finally {
    database.close()
  }
}

function openKeys(directory: string): DatabaseSync {
  if (!existsSync(keyFile(directory))) throw new RangeError('there are no keys')
  return openForReading(keyFile(directory))
}
