/** Finds the places that a schema calls secret. Pure. */
import { KindGuard, type TSchema } from '@sinclair/typebox'
import { isDigest } from './mask.ts'
import { isBlock, type Path } from './path.ts'

/** A place that a schema calls secret. */
export interface SecretPlace {
  readonly path: Path
  /** `digest`: where one belongs but something else stands, which may be the secret itself. */
  readonly kind: 'secret' | 'digest'
}

const HOLDS_SECRETS = new WeakMap<TSchema, boolean>()

/** The places that a schema calls secret in `value`, which stands at `path`. */
export function* secretPlaces(schema: TSchema, value: unknown, path: Path): Generator<SecretPlace> {
  if (value === undefined || !holdsSecrets(schema)) return
  if (schema.unit === 'secret') {
    yield { path, kind: 'secret' }
  } else if (schema.unit === 'digest') {
    if (!(typeof value === 'string' && isDigest(value))) yield { path, kind: 'digest' }
  } else if (KindGuard.IsObject(schema) && isBlock(value)) {
    for (const [key, property] of Object.entries(schema.properties)) {
      if (Object.hasOwn(value, key)) yield* secretPlaces(property, value[key], [...path, key])
    }
  } else if (KindGuard.IsRecord(schema) && isBlock(value)) {
    for (const property of Object.values(schema.patternProperties)) {
      for (const key of Object.keys(value)) yield* secretPlaces(property, value[key], [...path, key])
    }
  } else if (KindGuard.IsArray(schema)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const [index, item] of items.entries()) yield* secretPlaces(schema.items, item, [...path, index])
  } else {
    for (const part of partsOf(schema)) yield* secretPlaces(part, value, path)
  }
}

/** Most schemas hold none, and then long lists need not be walked. */
function holdsSecrets(schema: TSchema): boolean {
  let holds = HOLDS_SECRETS.get(schema)
  if (holds === undefined) {
    holds = schema.unit === 'secret' || schema.unit === 'digest' || partsOf(schema).some(holdsSecrets)
    HOLDS_SECRETS.set(schema, holds)
  }
  return holds
}

function partsOf(schema: TSchema): readonly TSchema[] {
  if (KindGuard.IsObject(schema)) return Object.values(schema.properties)
  if (KindGuard.IsRecord(schema)) return Object.values(schema.patternProperties)
  if (KindGuard.IsArray(schema)) return [schema.items]
  if (KindGuard.IsUnion(schema)) return schema.anyOf
  return KindGuard.IsIntersect(schema) ? schema.allOf : []
}
