/**
 * The types that a field of a record may have. None of them can hold free text,
 * except {@link SealedText}, which no exchange can reach. Besides these, a kind
 * takes `Type.Integer`, `Type.Number`, `Type.Boolean`, `Type.BigInt` (64 bits),
 * `Type.Literal`, unions of literals and strings with an `enum`. Pure.
 */
import { type TInteger, type TString, Type } from '@sinclair/typebox'

/** Lists of names that the configuration, the catalogue or the code knows. */
export const NAME_LISTS = [
  'actor',
  'consumer',
  'credential',
  'group',
  'instance',
  'model',
  'operation',
  'peer',
  'price',
  'provider',
  'reason',
  'region',
  'route',
  'upstream'
] as const

/** A list of names. */
export type NameList = (typeof NAME_LISTS)[number]

/** Options of every field. */
export interface FieldOptions {
  readonly description?: string
}

/** A name that is on one of the lists when the row is written; any other is refused. */
export function KnownName(list: NameList, options: FieldOptions = {}): TString {
  return Type.String({ ...options, field: 'name', list })
}

/**
 * Something that tells people apart, such as an address. It is turned into a keyed digest before it is kept, with a
 * key of the day that is destroyed with the day's rows: the same value has another pseudonym on another day.
 */
export function Pseudonym(options: FieldOptions = {}): TString {
  return Type.String({ ...options, field: 'pseudonym' })
}

/** A UUID (RFC 9562) in lower case, such as the id of an exchange. */
export function Uuid(options: FieldOptions = {}): TString {
  return Type.String({ ...options, field: 'uuid' })
}

/** A SHA-256 digest in 64 lower-case hexadecimal digits. */
export function Sha256(options: FieldOptions = {}): TString {
  return Type.String({ ...options, field: 'sha256' })
}

/** An instant in ms since the Unix epoch. */
export function Instant(options: FieldOptions = {}): TInteger {
  return Type.Integer({ ...options, minimum: 0, field: 'instant' })
}

/**
 * Text of people, such as a name or a contact: always sealed. Rows of a kind that has such a field are written by
 * endpoints and commands alone; `host.record` refuses them.
 * @param options.maxLength in UTF-16 units, 1 to 4,096.
 */
export function SealedText(options: FieldOptions & { readonly maxLength: number }): TString {
  return Type.String({ ...options, field: 'sealedText' })
}
