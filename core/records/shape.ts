/**
 * How the rows of a partition are laid out, as text that is kept beside them: what
 * was written can be read long after its plugin has changed or gone. Pure. The text
 * comes from a disk, so it is read as strictly as anything else from outside.
 */
import type { Field, FieldType } from './fields.ts'
import type { KindLayout } from './kind.ts'

/** The fields of some rows, and which of them is the subject. */
export interface Shape {
  readonly clear: readonly Field[]
  readonly sealed: readonly Field[]
  readonly subject: string | undefined
}

const TYPES: ReadonlySet<string> = new Set<FieldType['type']>([
  'integer',
  'number',
  'boolean',
  'bigint',
  'word',
  'name',
  'pseudonym',
  'uuid',
  'sha256',
  'text'
])
const NAME = /^[a-z][A-Za-z0-9]{0,47}$/

/** Writes a shape down; the same layout gives the same text. */
export function shapeText({ clear, sealed, subject }: KindLayout): string {
  const bare = (field: Field) =>
    field.type === 'word'
      ? { name: field.name, type: field.type, words: field.words }
      : { name: field.name, type: field.type }
  return JSON.stringify({ clear: clear.map(bare), sealed: sealed.map(bare), subject })
}

/** Reads a shape. @throws RangeError for what {@link shapeText} has not written. */
export function readShape(text: string): Shape {
  const value: unknown = JSON.parse(text)
  const subject = member(value, 'subject')
  if (subject !== undefined && typeof subject !== 'string') throw strange()
  return { clear: fieldsOf(member(value, 'clear')), sealed: fieldsOf(member(value, 'sealed')), subject }
}

function fieldsOf(list: unknown): readonly Field[] {
  if (!Array.isArray(list)) throw strange()
  return list.map(fieldOf)
}

function fieldOf(value: unknown): Field {
  const name = member(value, 'name')
  const type = member(value, 'type')
  if (typeof name !== 'string' || !NAME.test(name) || typeof type !== 'string' || !TYPES.has(type)) throw strange()
  const own = { name, isOptional: true }
  if (type === 'word') {
    const words = member(value, 'words')
    if (!Array.isArray(words) || !words.every(word => typeof word === 'string')) throw strange()
    return { ...own, type, words }
  }
  switch (type) {
    case 'boolean':
    case 'bigint':
    case 'pseudonym':
    case 'uuid':
    case 'sha256':
      return { ...own, type }
    case 'integer':
    case 'number':
      return { ...own, type, minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE }
    default:
      // Names and texts are both read as text.
      return { ...own, type: 'text', maxLength: 0 }
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined
}

function strange(): RangeError {
  return new RangeError('the shape of a partition is none')
}
