/**
 * Checks written values against schemas and decodes them: the file itself, a
 * plugin's `config`, its credentials and its settings. Everything that is wrong is
 * found at once, at its place.
 */
import { KindGuard, type StaticDecode, type TObject, type TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { TransformDecodeError } from '@sinclair/typebox/value'
import { GatewayError } from '../errors.ts'
import { closed } from './closed.ts'
import { type Finding, problem } from './finding.ts'
import { isDigest } from './mask.ts'
import { isBlock, type Path, pathOfPointer } from './path.ts'
import { prepare } from './prepare.ts'
import type { Substitutions } from './secrets.ts'
import { explainErrors } from './sentences.ts'

/** What came of checking one value. */
export interface Validated<Decoded> {
  /** With defaults and lists in place, undecoded. */
  readonly prepared: unknown
  /** As a plugin gets it; undefined when there are findings. */
  readonly decoded: Decoded | undefined
  readonly findings: readonly Finding[]
}

const COMPILED = new WeakMap<TObject, TypeCheck<TObject>>()

/**
 * Checks `value`, which stands at `path`, and decodes it. Keys that the schema
 * does not name are refused. `value` is changed in place.
 */
export function validate<Schema extends TObject>(
  schema: Schema,
  value: unknown,
  path: Path,
  substitutions: Substitutions
): Validated<StaticDecode<Schema>> {
  const check = compiled(schema)
  const prepared = prepare(closed(schema), value, path, substitutions)
  if (!check.Check(prepared)) {
    const findings = explainErrors(check.Errors(prepared), prepared, path)
    return { prepared, decoded: undefined, findings }
  }
  try {
    return { prepared, decoded: check.Decode<StaticDecode<Schema>>(prepared), findings: [] }
  } catch (error) {
    if (!(error instanceof TransformDecodeError)) throw error
    return { prepared, decoded: undefined, findings: [undecodable(error, prepared, path)] }
  }
}

function compiled(schema: TObject): TypeCheck<TObject> {
  let check = COMPILED.get(schema)
  if (check === undefined) {
    check = TypeCompiler.Compile(closed(schema))
    COMPILED.set(schema, check)
  }
  return check
}

/** A schema's own decoder may throw. What it says may repeat the value, unless it is one of our errors. */
function undecodable(error: TransformDecodeError, value: unknown, base: Path): Finding {
  const path = [...base, ...pathOfPointer(error.path, value)]
  const cause: unknown = error.error
  if (cause instanceof GatewayError) return problem(path, cause.code, cause.message, cause.cure)
  const { description } = error.schema
  return problem(path, 'TACIT_VALUE_INVALID', 'This value is not accepted here.', description)
}

/** A place that a schema calls secret. */
export interface SecretPlace {
  readonly path: Path
  /** `digest`: where one belongs but something else stands, which may be the secret itself. */
  readonly kind: 'secret' | 'digest'
}

/** The places that a schema calls secret in `value`, which stands at `path`. */
export function* secretPaths(schema: TSchema, value: unknown, path: Path): Generator<SecretPlace> {
  if (KindGuard.IsObject(schema)) {
    if (!isBlock(value)) return
    for (const [key, property] of Object.entries(schema.properties)) {
      if (Object.hasOwn(value, key)) yield* secretPaths(property, value[key], [...path, key])
    }
  } else if (KindGuard.IsArray(schema)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const [index, item] of items.entries()) yield* secretPaths(schema.items, item, [...path, index])
  } else if (KindGuard.IsRecord(schema)) {
    if (!isBlock(value)) return
    for (const property of Object.values(schema.patternProperties)) {
      for (const key of Object.keys(value)) yield* secretPaths(property, value[key], [...path, key])
    }
  } else if (KindGuard.IsUnion(schema)) {
    for (const variant of schema.anyOf) yield* secretPaths(variant, value, path)
  } else if (schema.unit === 'secret') {
    yield { path, kind: 'secret' }
  } else if (schema.unit === 'digest' && !(typeof value === 'string' && isDigest(value))) {
    yield { path, kind: 'digest' }
  }
}
