/**
 * Turns checked values into what plugins and core get: durations into
 * milliseconds, secrets into what cannot be printed. Does what TypeBox's own
 * decoder does, but copies only what a decoder changes, which matters to files
 * with ten thousand routes. Judges nothing.
 */
import { KindGuard, type StaticDecode, TransformKind, type TransformOptions, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { partsOf } from './parts.ts'
import { isBlock, type Path } from './path.ts'

/** A decoder of a schema threw. What it says may repeat the value. */
export class DecodeError extends Error {
  readonly schema: TSchema
  readonly path: Path
  constructor(schema: TSchema, path: Path, cause: unknown) {
    super('a value could not be decoded', { cause })
    this.schema = schema
    this.path = path
  }
}

const DECODES = new WeakMap<TSchema, boolean>()

/**
 * Decodes `value`, which was checked against `schema`. Leaves it as it is; parts that no decoder changes are shared.
 * @throws DecodeError when a decoder does.
 */
export function decode<Schema extends TSchema>(schema: Schema, value: unknown, path?: Path): StaticDecode<Schema>
export function decode(schema: TSchema, value: unknown, path: Path = []): unknown {
  if (!decodes(schema)) return value
  const inner = decodeParts(schema, value, path)
  if (!KindGuard.IsTransform(schema)) return inner
  const { Decode }: TransformOptions = schema[TransformKind]
  try {
    return Decode(inner)
  } catch (error) {
    throw new DecodeError(schema, path, error)
  }
}

function decodeParts(schema: TSchema, value: unknown, path: Path): unknown {
  if (KindGuard.IsObject(schema) && isBlock(value)) {
    const decoded = { ...value }
    for (const key in schema.properties) {
      const property = schema.properties[key]
      if (property === undefined || !Object.hasOwn(value, key) || !decodes(property)) continue
      decoded[key] = decode(property, value[key], [...path, key])
    }
    return decoded
  }
  if (KindGuard.IsArray(schema) && Array.isArray(value)) {
    return value.map((item, index) => decode(schema.items, item, [...path, index]))
  }
  if (KindGuard.IsTuple(schema) && Array.isArray(value)) {
    return schema.items?.map((item, index) => decode(item, value[index], [...path, index])) ?? value
  }
  if (KindGuard.IsRecord(schema) && isBlock(value)) {
    const decoded = { ...value }
    for (const [pattern, property] of Object.entries(schema.patternProperties)) {
      const matches = new RegExp(pattern)
      for (const key of Object.keys(value)) {
        if (matches.test(key)) decoded[key] = decode(property, value[key], [...path, key])
      }
    }
    return decoded
  }
  if (KindGuard.IsIntersect(schema)) {
    return schema.allOf.reduce<unknown>((current, part) => decode(part, current, path), value)
  }
  if (KindGuard.IsUnion(schema)) {
    const fitting = schema.anyOf.find(variant => Value.Check(variant, value))
    return fitting === undefined ? value : decode(fitting, value, path)
  }
  return value
}

/** Whether anything in a schema decodes. */
function decodes(schema: TSchema): boolean {
  let result = DECODES.get(schema)
  if (result === undefined) {
    result = KindGuard.IsTransform(schema) || partsOf(schema).some(decodes)
    DECODES.set(schema, result)
  }
  return result
}
