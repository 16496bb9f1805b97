/**
 * Rows on their way to the writer. A row is judged and written in one pass; one
 * that does not fit its kind throws, and leaves no byte behind. This is the hot
 * path of `host.record`: nothing is made for a row but its bytes.
 *
 * On the way, pseudonyms still stand in clear behind the row: the writer, which
 * has the day's key, turns them into digests. They never leave the process so.
 */
import { GatewayError } from '../errors.ts'
import { MAX_NAME_LENGTH, type Writer } from './codec.ts'
import type { Field } from './fields.ts'
import type { CompiledKind, Row } from './kind.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What a row is judged with. */
export interface RowContext {
  readonly vocabulary: Vocabulary
  /** Wall-clock time, and the oldest and the youngest instant that a row of the kind may have, in ms. */
  readonly now: number
  readonly oldest: number
  readonly youngest: number
  /** Puts down the name of a row that has none of its own. */
  readonly newId: (writer: Writer) => void
}

/** Largest amount of an integer: with its sign it must fit the 53 bits that are exact. */
const MAX_INTEGER = 2 ** 52 - 1

/** Bytes in front of each row: its kind's number and its length. */
export const HEAD_BYTES = 6

/**
 * Writes a row with everything that the writer needs.
 * @param number Which kind it is, to those who read the row.
 * @throws GatewayError `TACIT_ROW_REFUSED` naming the kind and the field, never the value.
 */
export function writeRow(writer: Writer, number: number, kind: CompiledKind, row: Row, context: RowContext): void {
  const start = writer.offset
  try {
    writer.offset = start + HEAD_BYTES
    let taken = writeOwn(writer, kind, row, context)
    taken += writeSection(writer, kind, kind.clear, row, context.vocabulary)
    const lengthAt = writer.offset
    writer.offset += 4
    taken += writeSection(writer, kind, kind.sealed, row, context.vocabulary)
    writer.bytes.writeUInt32LE(writer.offset - lengthAt - 4, lengthAt)
    writeRaw(writer, kind.clear, row)
    writeRaw(writer, kind.sealed, row)
    let given = 0
    for (const _name in row) given++
    if (given !== taken) throw refused(kind, undefined, 'is none of its own')
    writer.bytes.writeUInt16LE(number, start)
    writer.bytes.writeUInt32LE(writer.offset - start - HEAD_BYTES, start + 2)
  } catch (error) {
    writer.offset = start
    throw error
  }
}

/** The row's instant, name and subject. @returns how many of its fields these are. */
function writeOwn(writer: Writer, kind: CompiledKind, row: Row, context: RowContext): number {
  let taken = 0
  let at = context.now
  if (kind.at !== undefined) {
    const given = row[kind.at]
    if (typeof given !== 'number' || !Number.isSafeInteger(given)) throw refused(kind, kind.at, 'is no instant')
    at = given
    taken++
  }
  if (at < context.oldest || at > context.youngest) throw refused(kind, kind.at ?? 'at', 'is too long ago, or to come')
  writer.float(at)
  if (kind.id === undefined) context.newId(writer)
  else {
    const given = row[kind.id]
    if (typeof given !== 'string' || !writer.uuid(given)) throw refused(kind, kind.id, 'is no UUID')
    taken++
  }
  const subject = kind.subject === undefined ? undefined : row[kind.subject]
  // Judged with the other fields; here it is for the choice of the key.
  writer.text(typeof subject === 'string' && subject.length <= MAX_NAME_LENGTH ? subject : '')
  return taken
}

function writeSection(
  writer: Writer,
  kind: CompiledKind,
  fields: readonly Field[],
  row: Row,
  vocabulary: Vocabulary
): number {
  const bitsAt = writer.offset
  const bitBytes = (fields.length + 7) >> 3
  for (let index = 0; index < bitBytes; index++) writer.byte(0)
  let taken = 0
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]
    if (field === undefined) break
    const value = row[field.name]
    if (value === undefined) {
      if (!field.isOptional) throw refused(kind, field.name, 'is missing')
      // A field of its own all the same, that says nothing.
      if (field.name in row) taken++
      continue
    }
    if (!writeValue(writer, field, value, vocabulary)) throw refused(kind, field.name, 'does not fit')
    const byte = bitsAt + (index >> 3)
    writer.bytes[byte] = (writer.bytes[byte] ?? 0) | (1 << (index & 7))
    taken++
  }
  return taken
}

/** @returns whether the value fits the field. */
function writeValue(writer: Writer, field: Field, value: unknown, vocabulary: Vocabulary): boolean {
  switch (field.type) {
    case 'integer':
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) return false
      if (value < field.minimum || value > field.maximum) return false
      return writeInteger(writer, value)
    case 'number':
      if (typeof value !== 'number' || !(value >= field.minimum && value <= field.maximum)) return false
      writer.float(value)
      return true
    case 'boolean':
      if (typeof value !== 'boolean') return false
      writer.byte(value ? 1 : 0)
      return true
    case 'bigint':
      if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return false
      writer.bigint(value)
      return true
    case 'word': {
      const index = typeof value === 'string' ? indexOfWord(field.words, value) : -1
      if (index >= 0) writer.whole(index)
      return index >= 0
    }
    case 'name':
      if (typeof value !== 'string' || !vocabulary.knows(field.list, value)) return false
      writer.text(value)
      return true
    case 'pseudonym':
      // Put down behind the row.
      return typeof value === 'string' && value.length <= MAX_NAME_LENGTH
    case 'uuid':
      return typeof value === 'string' && writer.uuid(value)
    case 'sha256':
      return typeof value === 'string' && writer.sha256(value)
    case 'text':
      if (typeof value !== 'string' || value.length > field.maxLength) return false
      writer.text(value)
      return true
  }
}

/** Lists as long as that of all currencies are looked up. */
const LONG_LIST = 16
const INDEXES = new WeakMap<readonly string[], ReadonlyMap<string, number>>()

function indexOfWord(words: readonly string[], value: string): number {
  if (words.length <= LONG_LIST) return words.indexOf(value)
  let index = INDEXES.get(words)
  if (index === undefined) {
    // Of a word that is listed twice, the first one counts.
    index = new Map(words.map((word, at) => [word, at] as const).toReversed())
    INDEXES.set(words, index)
  }
  return index.get(value) ?? -1
}

/** The sign goes into the lowest bit, so that one bit less is left for the number. */
function writeInteger(writer: Writer, value: number): boolean {
  if (value > MAX_INTEGER || value < -MAX_INTEGER) return false
  writer.whole(value >= 0 ? value * 2 : -value * 2 - 1)
  return true
}

function writeRaw(writer: Writer, fields: readonly Field[], row: Row): void {
  for (let index = fields.length - 1; index >= 0 && fields[index]?.type === 'pseudonym'; index--) {
    const value = row[fields[index]?.name ?? '']
    if (typeof value === 'string') writer.text(value)
  }
}

function refused(kind: CompiledKind, field: string | undefined, why: string): GatewayError {
  const what = field === undefined ? 'a field' : `\`${field}\``
  return new GatewayError('TACIT_ROW_REFUSED', `A row of "${kind.name}" was not kept: ${what} ${why}.`)
}
