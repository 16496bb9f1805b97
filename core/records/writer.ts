/**
 * Writes rows into their partitions: what the writer's thread does, without the
 * thread. Everything that changes the store goes through here, one thing after
 * the other. Knows nothing of plugins or of requests.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { RecordClass } from '../contract/records.ts'
import { GatewayError } from '../errors.ts'
import { errorCode } from '../log/error-code.ts'
import { arrivalsIn, Pseudonyms, pendingRow } from './arrivals.ts'
import { openDatabase, openLock } from './database.ts'
import { DAY_MS, dayOf } from './days.ts'
import { KeyStore, type RootKey } from './key-store.ts'
import type { KindLayout } from './kind.ts'
import { type DueEvent, Outbox } from './outbox.ts'
import { Partition, type PendingRow } from './partition.ts'
import {
  dayOfPartition,
  keyFile,
  listDays,
  listKinds,
  listPartitions,
  outboxFile,
  partitionFile,
  partitionName,
  removeDay,
  spoolFile
} from './partitions.ts'
import { ROLLUP_CLASS } from './rollup-file.ts'
import { Rollups } from './rollups.ts'
import { HEAD_BYTES } from './row.ts'
import { shapeText } from './shape.ts'
import { openParcel, packParcel, type SealedParcel, Spool, type TravelKey } from './spool.ts'

/** What a writer is opened with. */
export interface WriterOptions {
  readonly directory: string
  readonly root: RootKey
  /** Given where rows are not kept here but handed to another gateway. */
  readonly travelKey?: TravelKey | undefined
  /** Told the code of what went wrong while something else had to go on. */
  readonly failed?: (code: string) => void
}

/** What erasing a subject did. */
export interface Erasure {
  /** Classes in which its key was destroyed. */
  readonly destroyed: readonly RecordClass[]
  /** Rows that were deleted, by kind. */
  readonly rows: Readonly<Record<string, number>>
}

/** A day that was dropped. */
export interface DroppedDay {
  readonly kind: string
  readonly day: string
}

/** Processes that may write beside each other. */
const MAX_LANES = 64
/** Numbers from here on are kinds of other gateways. */
const FIRST_COLLECTED = 32_768
/** No kind has this number. */
const UNKNOWN_KIND = 65_535
/** Partitions that are kept open. */
const MAX_OPEN = 24

/** A partition that is open. */
interface OpenPartition {
  readonly partition: Partition
  readonly layout: KindLayout
  readonly pseudonyms: Pseudonyms
  /** Rows of the commit that is being made. */
  pending: PendingRow[]
}

/** One of the writers of a store. */
export class RecordWriter {
  readonly #directory: string
  readonly #lane: number
  readonly #lock: DatabaseSync
  /** Held by the one process that hands events over. */
  #outboxLock: DatabaseSync | undefined
  readonly #keys: KeyStore
  readonly #travelKey: TravelKey | undefined
  readonly #failed: (code: string) => void
  /** Adds up the rows that are kept here. */
  readonly rollups: Rollups
  #spool: Spool | undefined
  #outbox: Outbox | undefined
  /** Numbers of kinds that other gateways have told of, by how they are laid out. */
  readonly #collected = new Map<string, number>()
  readonly #layouts: (KindLayout | undefined)[] = []
  /** By kind and day; the one that was used longest ago comes first. */
  readonly #open = new Map<string, OpenPartition>()

  /** @throws GatewayError `TACIT_RECORDS_LOCKED` when another process writes here; what SQLite throws. */
  constructor({ directory, root, travelKey, failed = () => {} }: WriterOptions) {
    this.#failed = failed
    this.#travelKey = travelKey
    this.#directory = directory
    const { lane, lock } = takeLane(directory)
    this.#lane = lane
    this.#lock = lock
    this.#keys = new KeyStore(openDatabase(keyFile(directory)), root)
    this.rollups = new Rollups(directory, this.#keys)
  }

  /** Says how rows with a number are laid out. */
  setKind(number: number, layout: KindLayout): void {
    this.#layouts[number] = layout
    // Who hands rows on has none to add up.
    if (this.#travelKey === undefined) this.#setRollup(layout)
    // A partition that is open is laid out as it was.
    for (const [name, { partition }] of this.#open) {
      if (!name.startsWith(`${layout.name}/`)) continue
      this.#open.delete(name)
      partition.close()
    }
  }

  /**
   * Commits rows, as `row.ts` has put them down. All rows of one partition are there when it returns, or none; those
   * of several partitions are committed one after the other, and can be handed over again as a whole.
   * @returns how many rows were new.
   */
  write(pieces: readonly Buffer[]): number {
    const touched = new Set<OpenPartition>()
    let open: OpenPartition | undefined
    let lastLayout: KindLayout | undefined
    let lastDay = 0
    let added = 0
    try {
      // Another process has erased somebody: no key of before is used.
      this.#noticeChanges()
      for (const piece of pieces) {
        for (const arrival of arrivalsIn(piece)) {
          const layout = this.#layouts[arrival.kind]
          if (layout === undefined) throw new TypeError('a row of a kind that nobody told of')
          const dayNumber = Math.floor(arrival.at / DAY_MS)
          // Rows of one day and kind come in long runs.
          if (open === undefined || layout !== lastLayout || dayNumber !== lastDay) {
            const day = dayOf(arrival.at)
            const other = this.#open.get(`${layout.name}/${partitionName(day, this.#lane)}`)
            // Rows of before a reload: the same partition, laid out in another way.
            if (other !== undefined && other.layout !== layout) {
              added += this.#commit([other])
              touched.delete(other)
              this.#close(`${layout.name}/${partitionName(day, this.#lane)}`)
            }
            open = this.#partition(layout, partitionName(day, this.#lane), day)
            touched.add(open)
            lastLayout = layout
            lastDay = dayNumber
          }
          open.pending.push(pendingRow(arrival, layout, open.pseudonyms))
        }
      }
      added += this.#commit(touched)
      this.#closeOldest()
      return added
    } catch (error) {
      // What they remember may not be on the disk.
      this.closePartitions()
      throw error
    }
  }

  /** Keeps rows, or stows them for the way to another gateway; either way they are on the disk when it returns. */
  take(pieces: readonly Buffer[]): void {
    if (this.#travelKey === undefined) {
      this.write(pieces)
      return
    }
    const layouts = [...this.#layouts.entries()].flatMap(([number, layout]) =>
      layout === undefined ? [] : [[number, layout] as const]
    )
    this.spool.add(packParcel(this.#travelKey, { layouts, rows: Buffer.concat(pieces) }))
  }

  /** Rows that wait for Redis. */
  get spool(): Spool {
    this.#spool ??= new Spool(openDatabase(spoolFile(this.#directory, this.#lane)))
    return this.#spool
  }

  /** Keeps the rows of parcels that other gateways have sent. */
  collect(parcels: readonly SealedParcel[]): void {
    const pieces = parcels.map(({ key, sealed }) => {
      const { layouts, rows } = openParcel(key, sealed)
      const numbers = new Map(layouts.map(([number, layout]) => [number, this.#numberOf(layout)]))
      for (let offset = 0; offset + HEAD_BYTES <= rows.length; offset += HEAD_BYTES + rows.readUInt32LE(offset + 2)) {
        rows.writeUInt16LE(numbers.get(rows.readUInt16LE(offset)) ?? UNKNOWN_KIND, offset)
      }
      return rows
    })
    if (pieces.length > 0) this.write(pieces)
  }

  #numberOf(layout: KindLayout): number {
    const text = `${layout.name} ${layout.class} ${shapeText(layout)}`
    const known = this.#collected.get(text)
    if (known !== undefined) return known
    const number = FIRST_COLLECTED + this.#collected.size
    this.#collected.set(text, number)
    this.#layouts[number] = layout
    this.#setRollup(layout)
    return number
  }

  /** Adds up some of the rows that were not added yet. @returns whether there are more of them. */
  addUp(): boolean {
    this.#noticeChanges()
    return this.rollups.step()
  }

  /** Another process has erased somebody: no key of before is used. */
  #noticeChanges(): void {
    if (!this.#keys.hasChanged) return
    this.closePartitions()
    this.#keys.forget()
  }

  /** Drops days with their keys. Days that are not there are passed over. @returns those that were. */
  expire(days: readonly DroppedDay[]): readonly DroppedDay[] {
    this.#finishRollups()
    this.rollups.forget()
    return days.filter(({ kind, day }) => {
      this.#closeDay(kind, day)
      const hadKey = this.#keys.destroyDay(kind, day)
      const hadFile = listDays(this.#directory, kind).includes(day)
      if (hadFile) removeDay(this.#directory, kind, day)
      return hadKey || hadFile
    })
  }

  /** Destroys a subject's keys, then deletes its rows. Rows that come later get a new key. */
  erase(subject: string, classes: readonly RecordClass[]): Erasure {
    this.#finishRollups()
    const destroyed = this.#keys.destroySubject(subject, classes)
    this.rollups.forget()
    if (classes.includes(ROLLUP_CLASS)) this.rollups.erase(subject)
    const rows: Record<string, number> = {}
    for (const kind of listKinds(this.#directory)) {
      const layout = this.#layouts.findLast(candidate => candidate?.name === kind)
      if (layout === undefined || !classes.includes(layout.class)) continue
      for (const name of listPartitions(this.#directory, kind)) {
        const day = dayOfPartition(name) ?? ''
        // A day without a key is unreadable, and about to be removed.
        if (this.#keys.dayKey(kind, day) === undefined) continue
        rows[kind] = (rows[kind] ?? 0) + this.#partition(layout, name, day).partition.erase(subject)
        this.#closeOldest()
      }
    }
    // Events have the keys of accounts.
    if (classes.includes('account') && existsSync(outboxFile(this.#directory))) this.outbox.erase(subject)
    return { destroyed, rows }
  }

  /** Events that wait for webhooks. */
  get outbox(): Outbox {
    this.#outbox ??= new Outbox(openDatabase(outboxFile(this.#directory)), this.#keys)
    return this.#outbox
  }

  /** Events that a webhook is to get now; none while another process hands events over. */
  due(webhook: string, now: number, limit: number): readonly DueEvent[] {
    this.#outboxLock ??= tryLock(join(this.#directory, 'outbox.lock'))
    return this.#outboxLock === undefined ? [] : this.outbox.due(webhook, now, limit)
  }

  /** Seals all keys anew with another root key. */
  rotate(key: Uint8Array, wrapped: Uint8Array, master: string): RootKey {
    return this.#keys.rotate(key, wrapped, master)
  }

  /** Closes what is open, so that journals are written back; it is opened again when needed. */
  closePartitions(): void {
    this.rollups.forget()
    for (const name of [...this.#open.keys()]) this.#close(name)
  }

  close(): void {
    this.closePartitions()
    this.rollups.close()
    this.#outbox?.close()
    this.#spool?.close()
    this.#keys.close()
    this.#outboxLock?.close()
    this.#lock.close()
  }

  #commit(touched: Iterable<OpenPartition>): number {
    // Keys are on the disk before anything is sealed with them.
    this.#keys.together(() => {
      for (const { partition, pending } of touched) partition.prepareKeys(pending)
    })
    let added = 0
    for (const open of touched) {
      added += open.partition.commit(open.pending)
      open.pending = []
      this.rollups.touch(open.layout.name, open.partition.name)
    }
    return added
  }

  /** What is about to go must have been added up; rows must not outlive their lives for it, though. */
  #finishRollups(): void {
    this.#try(() => this.rollups.finish())
  }

  #setRollup(layout: KindLayout): void {
    this.#try(() => this.rollups.setKind(layout))
  }

  #try(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.rollups.forget()
      this.#failed(errorCode(error))
    }
  }

  #partition(layout: KindLayout, partition: string, day: string): OpenPartition {
    const name = `${layout.name}/${partition}`
    const known = this.#open.get(name)
    if (known !== undefined) return known
    const file = partitionFile(this.#directory, layout.name, partition)
    const made = new Partition(file, layout, day, this.#keys, partition)
    const open: OpenPartition = { partition: made, layout, pseudonyms: new Pseudonyms(made.pseudonymKey), pending: [] }
    this.#open.set(name, open)
    return open
  }

  #closeDay(kind: string, day: string): void {
    for (const name of listPartitions(this.#directory, kind)) {
      if (dayOfPartition(name) === day) this.#close(`${kind}/${name}`)
    }
  }

  #close(name: string): void {
    const open = this.#open.get(name)
    if (open === undefined) return
    this.#open.delete(name)
    try {
      open.partition.close()
    } catch {
      // A full disk: the journal stays, and is read when the partition is opened again.
    }
  }

  #closeOldest(): void {
    for (const name of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN) return
      this.#close(name)
    }
  }
}

/**
 * Holds a lock that the system releases with the process, however it ends: one for each process that writes beside
 * others, such as one that takes over from another.
 */
function takeLane(directory: string): { readonly lane: number; readonly lock: DatabaseSync } {
  for (let lane = 0; lane < MAX_LANES; lane++) {
    const lock = tryLock(join(directory, `writer-${lane}.lock`))
    if (lock !== undefined) return { lane, lock }
  }
  throw new GatewayError(
    'TACIT_RECORDS_LOCKED',
    `${MAX_LANES} processes write the records of this directory already.`,
    'Give gateways that do not belong together a `records.directory` each.'
  )
}

function tryLock(file: string): DatabaseSync | undefined {
  const database = openLock(file)
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch {
    database.close()
    return undefined
  }
}
