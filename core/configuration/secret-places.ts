/** Finds the places that a schema calls secret. Pure. */
import { KindGuard, type TObject, type TSchema } from '@sinclair/typebox'
import { nearest } from '../nearest.ts'
import { isDigest } from './mask.ts'
import { partsOf } from './parts.ts'
import { isBlock, type Path } from './path.ts'

/** A place that a schema calls secret. */
export interface SecretPlace {
  readonly path: Path
  /** `suspect`: a secret may have got here by mistake, under a misspelt key or in place of its digest. */
  readonly kind: 'secret' | 'suspect'
}

/** Longer keys are no slips of the finger. */
const MAX_SIMILAR_LENGTH = 64

const HOLDS_SECRETS = new WeakMap<TSchema, boolean>()

/** The places that a schema calls secret in `value`, which stands at `path`. */
export function* secretPlaces(schema: TSchema, value: unknown, path: Path): Generator<SecretPlace> {
  if (value === undefined || !holdsSecrets(schema)) return
  if (schema.unit === 'secret') {
    yield { path, kind: 'secret' }
  } else if (schema.unit === 'digest') {
    if (!(typeof value === 'string' && isDigest(value))) yield { path, kind: 'suspect' }
  } else if (KindGuard.IsObject(schema)) {
    if (isBlock(value)) yield* placesInBlock(schema, value, path)
  } else if (KindGuard.IsRecord(schema)) {
    if (!isBlock(value)) return
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

function* placesInBlock(schema: TObject, value: Record<string, unknown>, path: Path): Generator<SecretPlace> {
  for (const [key, item] of Object.entries(value)) {
    const property = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (property !== undefined) {
      yield* secretPlaces(property, item, [...path, key])
    } else {
      const meant = nearest(key.slice(0, MAX_SIMILAR_LENGTH), Object.keys(schema.properties))
      const similar = meant === undefined ? undefined : schema.properties[meant]
      if (similar !== undefined && holdsSecrets(similar)) yield { path: [...path, key], kind: 'suspect' }
    }
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
