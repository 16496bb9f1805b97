/** Checks values with a JSON Schema, by an implementation that is not ours. Knows nothing of what the schema is for. */
import { Ajv } from 'ajv'
import type { JsonSchema } from '../../core/configuration/editor-values.ts'

/** Keywords of editors, which say nothing of a value. */
const OF_EDITORS = [
  'markdownDescription',
  'markdownEnumDescriptions',
  'errorMessage',
  'defaultSnippets',
  'doNotSuggest'
] as const

/** One thing that is wrong with a value. */
export interface Misfit {
  /** JSON Pointer (RFC 6901). */
  readonly path: string
  readonly keyword: string
  readonly message: string
}

/**
 * What is wrong with values: nothing, if they fit.
 * @throws when the schema itself is none of draft-07, or has a keyword that nobody knows.
 */
export function misfitsOf(schema: JsonSchema): (value: unknown) => readonly Misfit[] {
  // The types of a value are told by the schema around a keyword; whether each repeats them is a matter of style.
  const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true })
  ajv.addVocabulary([...OF_EDITORS])
  const validate = ajv.compile(schema)
  return value => {
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, keyword, message = '' }) => ({
      path: instancePath,
      keyword,
      message
    }))
  }
}
