/** The schemas that a schema is made of. Pure. */
import { KindGuard, type TSchema } from '@sinclair/typebox'

/** Schemas of the parts that a value of `schema` has, or may have. */
export function partsOf(schema: TSchema): readonly TSchema[] {
  if (KindGuard.IsObject(schema)) return Object.values(schema.properties)
  if (KindGuard.IsRecord(schema)) return Object.values(schema.patternProperties)
  if (KindGuard.IsArray(schema)) return [schema.items]
  if (KindGuard.IsTuple(schema)) return schema.items ?? []
  if (KindGuard.IsUnion(schema)) return schema.anyOf
  return KindGuard.IsIntersect(schema) ? schema.allOf : []
}
