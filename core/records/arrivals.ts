/**
 * Rows as they arrive at the writer: reads what `row.ts` has put down, and turns
 * pseudonyms into digests with the key of the row's day.
 */
import { MAX_NAME_LENGTH, Reader, readValue } from './codec.ts'
import type { Field } from './fields.ts'
import type { KindLayout } from './kind.ts'
import type { PendingRow } from './partition.ts'
import { HEAD_BYTES } from './row.ts'
import { token } from './sealing.ts'

/** A row before its day's key is known. */
export interface Arrival {
  readonly kind: number
  readonly at: number
  readonly id: Uint8Array
  readonly subject: string
  /** Stands behind the subject; the same for all rows of a piece. */
  readonly rest: Reader
}

/** Reads all rows of a piece of memory. They refer to it: it must live as long as they do. */
export function* arrivalsIn(bytes: Buffer): Generator<Arrival> {
  const rest = new Reader(bytes)
  let offset = 0
  while (offset + HEAD_BYTES <= bytes.length) {
    const kind = bytes.readUInt16LE(offset)
    rest.offset = offset + HEAD_BYTES
    offset += HEAD_BYTES + bytes.readUInt32LE(offset + 2)
    yield { kind, at: rest.float(), id: rest.take(16), subject: rest.text(), rest }
  }
}

/** How many rows stand in a piece of memory. */
export function countRows(bytes: Buffer): number {
  let rows = 0
  for (let offset = 0; offset + HEAD_BYTES <= bytes.length; offset += HEAD_BYTES + bytes.readUInt32LE(offset + 2))
    rows++
  return rows
}

/** Digests that are remembered for each day of a kind: the same few callers come again and again. */
const MAX_REMEMBERED = 10_000

/** Turns what tells people apart into what stands for them on one day. */
export class Pseudonyms {
  readonly #key: Buffer
  readonly #known = new Map<string, Buffer>()

  constructor(key: Buffer) {
    this.#key = key
  }

  of(text: string): Buffer {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const made = token(this.#key, text)
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear()
    if (text.length <= MAX_NAME_LENGTH) this.#known.set(text, made)
    return made
  }
}

/** Reads the fields of a row. */
export function pendingRow(arrival: Arrival, layout: KindLayout, pseudonyms: Pseudonyms): PendingRow {
  const { at, id, subject, rest } = arrival
  const clear: (string | number | Uint8Array | null)[] = []
  const clearBits = rest.take((layout.clear.length + 7) >> 3)
  for (let index = 0; index < layout.clear.length; index++) {
    const field = layout.clear[index]
    const isThere = field !== undefined && isSet(clearBits, index) && field.type !== 'pseudonym'
    clear.push(isThere ? columnValue(rest, field) : null)
  }
  const start = rest.offset + 4
  const end = start + rest.bytes.readUInt32LE(rest.offset)
  rest.offset = end
  // In the order that they were put down: from the last field on.
  for (let index = layout.clear.length - 1; layout.clear[index]?.type === 'pseudonym'; index--) {
    if (isSet(clearBits, index)) clear[index] = pseudonyms.of(rest.text())
  }
  let digests = NONE
  for (let index = layout.sealed.length - 1; layout.sealed[index]?.type === 'pseudonym'; index--) {
    if (isSet(rest.bytes, start * 8 + index)) digests = [pseudonyms.of(rest.text()), ...digests]
  }
  return { at, id, subject, clear, source: rest.bytes, start, end, pseudonyms: digests }
}

const NONE: readonly Uint8Array[] = []

function isSet(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
}

/** As SQLite takes it. */
function columnValue(reader: Reader, field: Field): string | number | Uint8Array {
  switch (field.type) {
    case 'uuid':
      return reader.take(16)
    case 'sha256':
      return reader.take(32)
    case 'boolean':
      return reader.byte()
    default: {
      const value = readValue(reader, field)
      return typeof value === 'boolean' || typeof value === 'bigint' ? Number(value) : value
    }
  }
}
