/**
 * Values of fields as bytes, and back. A section is a bit for each field,
 * whether it is there, and then those that are. Pure; knows neither kinds nor
 * keys. What is read has been authenticated before, but is checked all the same.
 */
import type { RecordValue } from '../contract/records.ts'
import type { Field } from './fields.ts'

/** Bytes of a pseudonym. */
export const PSEUDONYM_BYTES = 16

/** Where the sixteen pairs of digits of a UUID begin. */
const UUID_PLACES = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34)
/** Values of lower-case hexadecimal digits by their code; 255 for everything else. */
const DIGITS = new Uint8Array(65_536).fill(255)
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value
const SHA256 = /^[0-9a-f]{64}$/

/** Writes into one piece of memory, from the front. */
export class Writer {
  readonly bytes: Buffer
  /** Where the next byte goes. */
  offset = 0
  readonly #view: DataView

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  byte(value: number): void {
    this.bytes[this.offset++] = value
  }

  /** A whole number from 0 to 2^53 - 1, seven bits to a byte, the low ones first (LEB128). */
  whole(value: number): void {
    let rest = value
    // Bit operations know 32 bits only.
    while (rest >= 0x80000000) {
      this.bytes[this.offset++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    while (rest >= 128) {
      this.bytes[this.offset++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.bytes[this.offset++] = rest
  }

  float(value: number): void {
    this.#view.setFloat64(this.offset, value, true)
    this.offset += 8
  }

  /** Length in bytes, then UTF-8. */
  text(value: string): void {
    const { length } = value
    if (length < 64) {
      // Names are short and plain: put down here, they cost less than a call.
      let at = this.offset + 1
      let seen = 0
      for (let index = 0; index < length; index++) {
        const code = value.charCodeAt(index)
        seen |= code
        this.bytes[at++] = code
      }
      if (seen < 128) {
        this.bytes[this.offset] = length
        this.offset = at
        return
      }
    }
    this.whole(Buffer.byteLength(value))
    this.offset += this.bytes.write(value, this.offset, 'utf8')
  }

  /** The digits of a UUID as 16 bytes. @returns false for what is none; where the next byte goes does not change then. */
  uuid(value: string): boolean {
    if (value.length !== 36) return false
    const { bytes, offset } = this
    let strange = 0
    for (let index = 0; index < 16; index++) {
      const place = UUID_PLACES[index] ?? 0
      const high = DIGITS[value.charCodeAt(place)] ?? 255
      const low = DIGITS[value.charCodeAt(place + 1)] ?? 255
      strange |= high | low
      bytes[offset + index] = (high << 4) | low
    }
    for (let place = 8; place < 24; place += 5) if (value.charCodeAt(place) !== 45) return false
    if (strange > 15) return false
    this.offset = offset + 16
    return true
  }

  /** @returns false for what is no digest. */
  sha256(value: string): boolean {
    if (!SHA256.test(value)) return false
    this.offset += this.bytes.write(value, this.offset, 'hex')
    return true
  }

  bigint(value: bigint): void {
    this.#view.setBigInt64(this.offset, value, true)
    this.offset += 8
  }

  copy(source: Buffer, start: number, end: number): void {
    this.offset += source.copy(this.bytes, this.offset, start, end)
  }

  append(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.offset)
    this.offset += bytes.length
  }
}

/** Reads from the front. @throws RangeError when there is less than it says. */
export class Reader {
  readonly bytes: Buffer
  offset: number

  constructor(bytes: Buffer, offset = 0) {
    this.bytes = bytes
    this.offset = offset
  }

  byte(): number {
    const value = this.bytes[this.offset++]
    if (value === undefined) throw new RangeError('a record ends too soon')
    return value
  }

  whole(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 56; factor *= 128) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new RangeError('a number in a record is too long')
  }

  float(): number {
    const value = this.bytes.readDoubleLE(this.offset)
    this.offset += 8
    return value
  }

  text(): string {
    const length = this.whole()
    const end = this.offset + length
    if (end > this.bytes.length) throw new RangeError('a record ends too soon')
    const text = this.bytes.toString('utf8', this.offset, end)
    this.offset = end
    return text
  }

  uuid(): string {
    return uuidText(this.#take(16))
  }

  bigint(): bigint {
    const value = this.bytes.readBigInt64LE(this.offset)
    this.offset += 8
    return value
  }

  take(length: number): Buffer {
    return this.#take(length)
  }

  #take(length: number): Buffer {
    const end = this.offset + length
    if (end > this.bytes.length) throw new RangeError('a record ends too soon')
    const taken = this.bytes.subarray(this.offset, end)
    this.offset = end
    return taken
  }
}

/** 16 bytes as the text of a UUID. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Most bytes that the values of some fields can take. Names are at most 128 characters, of three bytes each. */
export function mostBytes(fields: readonly Field[]): number {
  return fields.reduce((sum, field) => sum + mostBytesOf(field), Math.ceil(fields.length / 8))
}

/** Longest name and longest raw value of a pseudonym, in UTF-16 units. */
export const MAX_NAME_LENGTH = 128

function mostBytesOf(field: Field): number {
  switch (field.type) {
    case 'text':
      return field.maxLength * 3 + 3
    case 'name':
    case 'pseudonym':
      return MAX_NAME_LENGTH * 3 + 3
    case 'sha256':
      return 32
    default:
      return 16
  }
}

/** Reads the value of a field. Pseudonyms are read as text of base64url (RFC 4648, 5). */
export function readValue(reader: Reader, field: Field): RecordValue {
  switch (field.type) {
    case 'integer': {
      const value = reader.whole()
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    case 'number':
      return reader.float()
    case 'boolean':
      return reader.byte() === 1
    case 'bigint':
      return reader.bigint()
    case 'word': {
      const word = field.words[reader.whole()]
      if (word === undefined) throw new RangeError('a word in a record is not known')
      return word
    }
    case 'uuid':
      return reader.uuid()
    case 'sha256':
      return reader.take(32).toString('hex')
    case 'pseudonym':
      return reader.take(PSEUDONYM_BYTES).toString('base64url')
    default:
      return reader.text()
  }
}

/** Reads a section into `values`. */
export function readSection(reader: Reader, fields: readonly Field[], values: Record<string, RecordValue>): void {
  const bits = reader.take(Math.ceil(fields.length / 8))
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]
    if (field === undefined || ((bits[index >> 3] ?? 0) & (1 << (index & 7))) === 0) continue
    values[field.name] = readValue(reader, field)
  }
}
