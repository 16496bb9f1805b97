/**
 * Says in words what a schema takes and what it takes where nothing is written, for documentation: hovers of
 * editors and the reference. Markdown. Pure.
 */
import { KindGuard, type TSchema } from '@sinclair/typebox'
import { isBlock } from './path.ts'
import { range, wanted } from './sentences.ts'
import { unitOf } from './units.ts'

/** What a value is, such as `a whole number from 0 to 65535`; stands after "is". */
export function valueInWords(schema: TSchema): string {
  if (schema.plugin === 'use') return 'a use of a plugin'
  if (schema.plugin !== undefined) return 'a block with a key for each plugin'
  if (unitOf(schema) !== undefined) return wanted(schema)
  if (Array.isArray(schema.enum)) return choice(schema.enum)
  if (KindGuard.IsLiteral(schema)) return code(schema.const)
  if (KindGuard.IsUnion(schema)) return unionInWords(schema.anyOf)
  if (KindGuard.IsArray(schema)) return listInWords(schema)
  if (KindGuard.IsRecord(schema)) {
    const [value] = Object.values(schema.patternProperties)
    return `a block of names, each with ${value === undefined ? 'a value' : valueInWords(value)}`
  }
  const bounds = KindGuard.IsNumber(schema) || KindGuard.IsInteger(schema) ? range(schema) : ''
  return `${wanted(schema)}${bounds === '' ? '' : bounds.startsWith('from') ? ` ${bounds}` : `, ${bounds}`}`
}

function listInWords(schema: TSchema): string {
  const item: TSchema = schema.items
  if (schema.orOne === true) return `${valueInWords(item)}, or a list of them`
  return `a list, each entry ${valueInWords(item)}`
}

function unionInWords(variants: readonly TSchema[]): string {
  const literals = variants.filter(variant => KindGuard.IsLiteral(variant))
  if (literals.length === variants.length) return choice(literals.map(({ const: word }) => word))
  return [...new Set(variants.map(valueInWords))].join(' or ')
}

function choice(words: readonly unknown[]): string {
  const shown = words.map(code)
  return shown.length === 2 ? shown.join(' or ') : shown.length === 1 ? shown.join('') : `one of ${shown.join(', ')}`
}

function code(value: unknown): string {
  return `\`${value}\``
}

/**
 * What counts where nothing is written, as an operator would write it; undefined when there is no such value, or
 * when it is an empty block or list, which says nothing.
 */
export function defaultInWords(schema: TSchema): string | undefined {
  const value: unknown = schema.default
  if (value === undefined || isEmpty(value)) return undefined
  return code(yaml(value))
}

/** Whether a default holds nothing. */
export function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isBlock(value) && Object.keys(value).length === 0
}

/** Flow style, on one line. */
function yaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yaml).join(', ')}]`
  if (isBlock(value)) {
    return `{ ${Object.entries(value)
      .map(([key, item]) => `${key}: ${yaml(item)}`)
      .join(', ')} }`
  }
  return typeof value === 'string' && !isPlain(value) ? `'${value.replaceAll("'", "''")}'` : String(value)
}

/** Whether YAML reads a text as itself without quotes. */
function isPlain(text: string): boolean {
  return /^[A-Za-z0-9/][\w./%-]*$/.test(text) && Number.isNaN(Number(text)) && !/^(?:true|false|null)$/i.test(text)
}
