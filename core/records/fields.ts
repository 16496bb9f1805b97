/**
 * What a field of a kind may hold: reads the schema of a field into one of a few
 * closed types. Whatever could hold free text is refused here, once, when a
 * plugin is loaded. Pure.
 */
import { OptionalKind, type TSchema } from '@sinclair/typebox'
import { NAME_LISTS, type NameList } from '../contract/fields.ts'

/** A field as it is written and read. Plain data: it is kept beside the rows, so that they can be read for ever. */
export type Field = FieldType & { readonly name: string; readonly isOptional: boolean }

/** What a field holds. */
export type FieldType =
  | { readonly type: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'number'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'bigint' }
  | { readonly type: 'word'; readonly words: readonly string[] }
  | { readonly type: 'name'; readonly list: NameList }
  | { readonly type: 'pseudonym' }
  | { readonly type: 'uuid' }
  | { readonly type: 'sha256' }
  | { readonly type: 'text'; readonly maxLength: number }

/** Names of fields become names of columns. */
const FIELD_NAME = /^[a-z][A-Za-z0-9]{0,47}$/
const RESERVED: ReadonlySet<string> = new Set(['at', 'block', 'id', 'place', 'seq', 'subject'])
const MAX_WORDS = 256
const MAX_WORD_LENGTH = 64
/** Longest text that a field of people's text may hold, in UTF-16 units. */
const MAX_TEXT_LENGTH = 4_096

/** Reads one property of a kind's `fields`. @returns a clause that says what is wrong with it, or the field. */
export function readField(name: string, schema: TSchema, reserved = RESERVED): Field | string {
  if (!FIELD_NAME.test(name)) return 'its name must be letters and digits, beginning with a small letter'
  if (reserved.has(name) && !isOwnName(name, schema)) return 'this name is taken'
  const type = typeOf(schema)
  if (typeof type === 'string') return type
  return { name, isOptional: Reflect.get(schema, OptionalKind) === 'Optional', ...type }
}

/** `id` and `at` may be called so when they are the row's own: the kind says that they are. */
function isOwnName(name: string, schema: TSchema): boolean {
  return (name === 'id' && schema.field === 'uuid') || (name === 'at' && schema.field === 'instant')
}

function typeOf(schema: TSchema): FieldType | string {
  if (schema.field !== undefined) return markedType(schema)
  if (schema.const !== undefined) return words([schema.const])
  if (Array.isArray(schema.anyOf)) return words(schema.anyOf.map((option: TSchema) => option.const))
  if (schema.type === 'string' && Array.isArray(schema.enum)) return words(schema.enum)
  switch (schema.type) {
    case 'integer':
      return range('integer', schema, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    case 'number':
      return range('number', schema, -Number.MAX_VALUE, Number.MAX_VALUE)
    case 'boolean':
      return { type: 'boolean' }
    case 'bigint':
      return { type: 'bigint' }
    case 'string':
      return 'a string could hold free text: give it an `enum`, or use `KnownName`, `Uuid`, `Sha256` or `Pseudonym`'
    default:
      return 'only numbers, integers, booleans, literals and the field types of the contract can be kept'
  }
}

/** What the builders of `contract/fields.ts` have marked. */
function markedType(schema: TSchema): FieldType | string {
  switch (schema.field) {
    case 'name': {
      const list = NAME_LISTS.find(known => known === schema.list)
      return list === undefined ? 'its list of names is not known' : { type: 'name', list }
    }
    case 'pseudonym':
      return { type: 'pseudonym' }
    case 'uuid':
      return { type: 'uuid' }
    case 'sha256':
      return { type: 'sha256' }
    case 'instant':
      return { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
    case 'sealedText': {
      const maxLength: unknown = schema.maxLength
      if (typeof maxLength === 'number' && Number.isInteger(maxLength) && maxLength >= 1) {
        if (maxLength <= MAX_TEXT_LENGTH) return { type: 'text', maxLength }
      }
      return `its maxLength must be 1 to ${MAX_TEXT_LENGTH}`
    }
    default:
      return 'its type is not known'
  }
}

function range(type: 'integer' | 'number', schema: TSchema, lowest: number, highest: number): FieldType | string {
  const minimum: unknown = schema.minimum ?? lowest
  const maximum: unknown = schema.maximum ?? highest
  if (typeof minimum !== 'number' || typeof maximum !== 'number' || !(minimum <= maximum))
    return 'its range is no range'
  return { type, minimum, maximum }
}

function words(list: readonly unknown[]): FieldType | string {
  const texts = list.filter(word => typeof word === 'string')
  if (texts.length !== list.length || list.length === 0) return 'its literals must be strings'
  if (texts.length > MAX_WORDS) return `it may have ${MAX_WORDS} words`
  if (texts.some(word => word.length > MAX_WORD_LENGTH)) return `its words may have ${MAX_WORD_LENGTH} characters`
  return { type: 'word', words: texts }
}
