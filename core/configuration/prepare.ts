/**
 * Brings a written value into the form that its schema checks: single values
 * become lists where the schema says so, references become numbers where numbers
 * belong, and defaults fill what was left out. Judges nothing.
 */
import { KindGuard, type TObject, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { isBlock, type Path } from './path.ts'
import type { Substitutions } from './secrets.ts'

/**
 * Prepares `value`, changing its blocks and lists in place.
 * @param path where it stands, for the look-up of what came from outside.
 */
export function prepare(schema: TSchema, value: unknown, path: Path, substitutions: Substitutions): unknown {
  return visit(schema, value, [...path], substitutions)
}

function visit(schema: TSchema, written: unknown, path: (string | number)[], substitutions: Substitutions): unknown {
  const value = written === undefined ? defaultOf(schema) : written
  if (value === undefined) return undefined
  if (KindGuard.IsArray(schema)) return visitList(schema.items, asList(schema, value), path, substitutions)
  if (KindGuard.IsTuple(schema)) return visitList(undefined, value, path, substitutions, schema.items ?? [])
  if (KindGuard.IsObject(schema)) return visitBlock(schema, value, path, substitutions)
  if (KindGuard.IsRecord(schema)) return visitRecord(schema.patternProperties, value, path, substitutions)
  if (KindGuard.IsIntersect(schema)) {
    return schema.allOf.reduce<unknown>((current, part) => visit(part, current, path, substitutions), value)
  }
  if (KindGuard.IsUnion(schema)) return visitUnion(schema.anyOf, value, path, substitutions)
  if (typeof value === 'number' && schema.orNumber !== undefined) return String(value)
  if (typeof value === 'string') return convert(schema, value, path, substitutions)
  return value
}

function defaultOf(schema: TSchema): unknown {
  const value: unknown = schema.default
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) && value.length === 0 ? [] : structuredClone(value)
}

function asList(schema: TSchema, value: unknown): unknown {
  return schema.orOne === true && !Array.isArray(value) && value !== null ? [value] : value
}

function visitList(
  items: TSchema | undefined,
  value: unknown,
  path: (string | number)[],
  substitutions: Substitutions,
  tuple: readonly TSchema[] = []
): unknown {
  if (!Array.isArray(value)) return value
  for (let index = 0; index < Math.max(value.length, tuple.length); index++) {
    const schema = items ?? tuple[index]
    if (schema === undefined) break
    path.push(index)
    const item = visit(schema, value[index], path, substitutions)
    path.pop()
    if (item !== undefined) value[index] = item
  }
  return value
}

function visitBlock(schema: TObject, value: unknown, path: (string | number)[], substitutions: Substitutions): unknown {
  if (!isBlock(value)) return value
  for (const key in schema.properties) {
    const property = schema.properties[key]
    if (property !== undefined) visitProperty(property, value, key, path, substitutions)
  }
  const { additionalProperties } = schema
  if (typeof additionalProperties === 'object') {
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(schema.properties, key)) visitProperty(additionalProperties, value, key, path, substitutions)
    }
  }
  return value
}

function visitRecord(
  patternProperties: Readonly<Record<string, TSchema>>,
  value: unknown,
  path: (string | number)[],
  substitutions: Substitutions
): unknown {
  if (!isBlock(value)) return value
  for (const [pattern, schema] of Object.entries(patternProperties)) {
    const matches = new RegExp(pattern)
    for (const key of Object.keys(value)) {
      if (matches.test(key)) visitProperty(schema, value, key, path, substitutions)
    }
  }
  return value
}

function visitProperty(
  schema: TSchema,
  block: Record<string, unknown>,
  key: string,
  path: (string | number)[],
  substitutions: Substitutions
): void {
  path.push(key)
  const prepared = visit(schema, Object.hasOwn(block, key) ? block[key] : undefined, path, substitutions)
  path.pop()
  if (prepared !== undefined) block[key] = prepared
}

/** The first variant that the value fits counts. */
function visitUnion(
  variants: readonly TSchema[],
  value: unknown,
  path: (string | number)[],
  substitutions: Substitutions
): unknown {
  for (const variant of variants) {
    const candidate = visit(variant, structuredClone(value), path, substitutions)
    if (Value.Check(variant, candidate)) return candidate
  }
  return value
}

/** What comes from outside is text; where it is the whole of a value, it may mean a number or a truth. */
function convert(schema: TSchema, text: string, path: Path, substitutions: Substitutions): unknown {
  const wantsNumber = KindGuard.IsNumber(schema) || KindGuard.IsInteger(schema)
  if (!wantsNumber && !KindGuard.IsBoolean(schema)) return text
  if (substitutions.at(path)?.isWhole !== true) return text
  if (!wantsNumber) return text === 'true' ? true : text === 'false' ? false : text
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text
}
