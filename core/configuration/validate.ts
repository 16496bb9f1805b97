/**
 * Checks written values against schemas and decodes them: the file itself, a
 * plugin's `config`, its credentials and its settings. Everything that is wrong is
 * found at once, at its place.
 */
import type { StaticDecode, TObject } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { GatewayError } from '../errors.ts'
import { closed } from './closed.ts'
import { DecodeError, decode } from './decode.ts'
import { type Finding, problem } from './finding.ts'
import type { Path } from './path.ts'
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
    return { prepared, decoded: decode(schema, prepared), findings: [] }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { prepared, decoded: undefined, findings: [undecodable(error, path)] }
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
function undecodable({ path, schema, cause }: DecodeError, base: Path): Finding {
  const at = [...base, ...path]
  if (cause instanceof GatewayError) return problem(at, cause.code, cause.message, cause.cure)
  return problem(at, 'TACIT_VALUE_INVALID', 'This value is not accepted here.', schema.description)
}
