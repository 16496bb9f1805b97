/**
 * Makes schemas strict: keys that a block does not name are refused even where
 * the author did not say so, and lists of words are checked. Pure.
 */
import { KindGuard, type TObject, type TSchema } from '@sinclair/typebox'

const CLOSED = new WeakMap<TObject, TObject>()

/** `schema` without room for unknown keys, at the top in any case, below unless its author made room. Cached. */
export function closed(schema: TObject): TObject {
  let result = CLOSED.get(schema)
  if (result === undefined) {
    result = { ...closeBlock(schema), additionalProperties: false }
    CLOSED.set(schema, result)
  }
  return result
}

function close(schema: TSchema): TSchema {
  if (KindGuard.IsObject(schema)) return closeBlock(schema)
  if (KindGuard.IsArray(schema)) return { ...schema, items: close(schema.items) }
  if (KindGuard.IsTuple(schema)) return { ...schema, items: schema.items?.map(close) }
  if (KindGuard.IsRecord(schema)) return { ...schema, patternProperties: mapped(schema.patternProperties) }
  if (KindGuard.IsUnion(schema)) return { ...schema, anyOf: schema.anyOf.map(close) }
  if (KindGuard.IsString(schema) && Array.isArray(schema.enum)) return words(schema, schema.enum)
  // The parts of an intersection know only their own keys: closing one would refuse those of the others.
  return schema
}

function closeBlock(schema: TObject): TObject {
  const { additionalProperties = false, properties } = schema
  return { ...schema, properties: mapped(properties), additionalProperties }
}

function mapped(schemas: Readonly<Record<string, TSchema>>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, close(schema)]))
}

/** TypeBox looks at the pattern of a string, not at its `enum`. */
function words(schema: TSchema, list: readonly unknown[]): TSchema {
  const choice = list.map(word => String(word).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|')
  const before = typeof schema.pattern === 'string' ? `(?=[\\s\\S]*?(?:${schema.pattern}))` : ''
  return { ...schema, pattern: `^${before}(?:${choice})$` }
}
