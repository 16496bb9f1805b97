/**
 * Rows of a gateway that hands them to another one: sealed for the way, and on the
 * disk until Redis has them. Knows no network.
 */
import type { DatabaseSync } from 'node:sqlite'
import { bytesOf, integerOf, rowsOf, transaction, truncateJournal } from './database.ts'
import type { KindLayout } from './kind.ts'
import type { MasterKey } from './master-key.ts'
import { newKey, seal, unseal } from './sealing.ts'

/** A key for the way, as it travels with what it has sealed. */
export interface TravelKey {
  readonly key: Uint8Array
  /** Sealed by a master key. */
  readonly wrapped: Uint8Array
  /** The id of that master key. */
  readonly master: string
}

/** Rows that wait for Redis. */
export interface SpooledEntry {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** A parcel, and the key that opens it. */
export interface SealedParcel {
  readonly key: Uint8Array
  readonly sealed: Uint8Array
}

/** Rows as they were put down, and what their numbers mean. */
export interface Parcel {
  readonly layouts: readonly (readonly [number: number, layout: KindLayout])[]
  readonly rows: Buffer
}

/** What stands in front of a sealed parcel. */
export interface Envelope {
  readonly master: string
  readonly wrapped: Buffer
  readonly sealed: Buffer
}

const PLACE = 'tacit records 1: on the way'
const MAX_HEAD_BYTES = 1_024

/** A new key for the way, sealed by the first master key; undefined where there is none. */
export async function travelKeyOf([master]: readonly MasterKey[]): Promise<TravelKey | undefined> {
  if (master === undefined) return undefined
  const key = newKey()
  return { key, wrapped: await master.wrap(key), master: master.id }
}

/** Puts rows into an envelope. */
export function packParcel({ key, wrapped, master }: TravelKey, { layouts, rows }: Parcel): Buffer {
  const head = Buffer.from(JSON.stringify(layouts))
  const content = Buffer.alloc(4 + head.length + rows.length)
  content.writeUInt32LE(head.length, 0)
  head.copy(content, 4)
  rows.copy(content, 4 + head.length)
  const id = Buffer.from(master)
  const sizes = Buffer.alloc(4)
  sizes.writeUInt16LE(id.length, 0)
  sizes.writeUInt16LE(wrapped.length, 2)
  return Buffer.concat([sizes, id, wrapped, seal(key, PLACE, content)])
}

/** Reads what stands in front. @throws RangeError for what is no envelope. */
export function readEnvelope(bytes: Buffer): Envelope {
  const idLength = bytes.readUInt16LE(0)
  const wrappedLength = bytes.readUInt16LE(2)
  const end = 4 + idLength + wrappedLength
  if (end > MAX_HEAD_BYTES || end > bytes.length) throw new RangeError('an entry of the stream is none of ours')
  return {
    master: bytes.toString('utf8', 4, 4 + idLength),
    wrapped: bytes.subarray(4 + idLength, end),
    sealed: bytes.subarray(end)
  }
}

/** Opens a parcel. @throws GatewayError `TACIT_SEAL_BROKEN`; RangeError. */
export function openParcel(key: Uint8Array, sealed: Uint8Array): Parcel {
  const content = unseal(key, PLACE, sealed)
  const end = 4 + content.readUInt32LE(0)
  // A gateway with the same master key has written this: the seal has shown it.
  const layouts: Parcel['layouts'] = JSON.parse(content.toString('utf8', 4, end))
  return { layouts, rows: content.subarray(end) }
}

/** Parcels on the disk, in order. */
export class Spool {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
    database.exec(
      'CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL) STRICT'
    )
  }

  /** On the disk when it returns. */
  add(bytes: Uint8Array): void {
    this.#database.prepare('INSERT INTO entries (bytes) VALUES (?)').run(bytes)
  }

  /** The oldest parcels. */
  first(limit: number): readonly SpooledEntry[] {
    const rows = rowsOf(this.#database.prepare('SELECT * FROM entries ORDER BY seq LIMIT ?'), limit)
    return rows.map(row => ({ seq: integerOf(row, 'seq'), bytes: bytesOf(row, 'bytes') }))
  }

  /** Removes parcels that Redis has. */
  remove(seqs: readonly number[]): void {
    const remove = this.#database.prepare('DELETE FROM entries WHERE seq = ?')
    transaction(this.#database, () => {
      for (const seq of seqs) remove.run(seq)
    })
    if (this.first(1).length === 0) truncateJournal(this.#database)
  }

  close(): void {
    truncateJournal(this.#database)
    this.#database.close()
  }
}
