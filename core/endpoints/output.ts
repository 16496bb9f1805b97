/** Writes what an endpoint answers, once every member of it is found to be declared. Pure. */
import type { TObject } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { closed } from '../configuration/closed.ts'
import { GatewayError } from '../errors.ts'

const COMPILED = new WeakMap<TObject, TypeCheck<TObject>>()

/**
 * The JSON of an answer. What is checked is what is sent, after `toJSON` and getters have had their say.
 * @throws GatewayError `TACIT_ENDPOINT_ANSWER` when it does not fit the schema, or cannot be written.
 */
export function writeOutput(schema: TObject, value: unknown): string {
  let check = COMPILED.get(schema)
  if (check === undefined) {
    check = TypeCompiler.Compile(closed(schema))
    COMPILED.set(schema, check)
  }
  const text = written(value)
  if (text !== undefined && check.Check(JSON.parse(text))) return text
  throw new GatewayError(
    'TACIT_ENDPOINT_ANSWER',
    'An endpoint answered with something that its schema does not declare.',
    'Declare every member under `response`.'
  )
}

/** A cycle or a bigint throws, and what it says may quote a key. */
function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
