/**
 * Turns what TypeBox says about a value into sentences for an operator: what was
 * wanted, what is there, what to write. Repeats no value of the file. Pure.
 */
import { KindGuard, type TSchema } from '@sinclair/typebox'
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { nearest } from '../nearest.ts'
import { type Finding, problem } from './finding.ts'
import { isBlock, type Path, pathKey, pathOfPointer, valueAt } from './path.ts'
import { unitOf } from './units.ts'

/** Longest list of words or keys that a sentence holds. */
const MAX_LISTED = 16
/** Longer keys are no slips of the finger. */
const MAX_SIMILAR_LENGTH = 64

/**
 * Findings for the errors of one value, one for each place.
 * @param value what was checked.
 * @param base where it stands in the file.
 */
export function explainErrors(errors: Iterable<ValueError>, value: unknown, base: Path): readonly Finding[] {
  const findings = new Map<string, Finding>()
  const missing = new Map<string, Finding>()
  const misspelt = new Set<string>()
  for (const error of errors) {
    const path = pathOfPointer(error.path, value)
    const key = pathKey(path)
    if (findings.has(key) || missing.has(key)) continue
    if (error.type === ValueErrorType.ObjectRequiredProperty) {
      missing.set(key, missingKey(error.schema, [...base, ...path]))
      continue
    }
    const finding = explain(error, [...base, ...path], value)
    findings.set(key, finding)
    if (error.type === ValueErrorType.ObjectAdditionalProperties) {
      const meant = similarKey(error.schema, String(path.at(-1)))
      if (meant !== undefined) misspelt.add(pathKey([...path.slice(0, -1), meant]))
    }
  }
  // A key that is missing because it was misspelt is told once.
  return [...findings.values(), ...[...missing].filter(([key]) => !misspelt.has(key)).map(([, finding]) => finding)]
}

function explain(error: ValueError, path: Path, root: unknown): Finding {
  const { type, schema, value } = error
  const name = nameOf(path)
  const invalid = (message: string, cure?: string): Finding => problem(path, 'TACIT_VALUE_INVALID', message, cure)
  switch (type) {
    case ValueErrorType.ObjectAdditionalProperties:
      return unknownKey(schema, path)
    case ValueErrorType.Union:
      return explainUnion(error, path, root)
    case ValueErrorType.StringPattern:
      return patternMismatch(schema, path, value)
    case ValueErrorType.Literal:
      return invalid(`${name} must be ${JSON.stringify(schema.const)}.`, describe(schema))
    case ValueErrorType.ArrayMinItems:
      return invalid(`${name} needs at least ${entries(schema.minItems)}.`, describe(schema))
    case ValueErrorType.ArrayMaxItems:
      return invalid(`${name} takes at most ${entries(schema.maxItems)}.`)
    case ValueErrorType.ArrayUniqueItems:
      return invalid(`${name} holds the same entry twice.`, 'Keep one of the two.')
    case ValueErrorType.TupleLength:
      return invalid(`${name} needs exactly ${entries(schema.maxItems)}.`, describe(schema))
    case ValueErrorType.StringMinLength:
      return invalid(`${name} must have at least ${schema.minLength} characters.`, describe(schema))
    case ValueErrorType.StringMaxLength:
      return invalid(`${name} must have at most ${schema.maxLength} characters.`)
    case ValueErrorType.IntegerMinimum:
    case ValueErrorType.NumberMinimum:
    case ValueErrorType.IntegerMaximum:
    case ValueErrorType.NumberMaximum:
    case ValueErrorType.IntegerExclusiveMinimum:
    case ValueErrorType.NumberExclusiveMinimum:
    case ValueErrorType.IntegerExclusiveMaximum:
    case ValueErrorType.NumberExclusiveMaximum:
      return invalid(`${name} must be ${range(schema)}.`, describe(schema))
    case ValueErrorType.IntegerMultipleOf:
    case ValueErrorType.NumberMultipleOf:
      return invalid(`${name} must be a multiple of ${schema.multipleOf}.`)
    case ValueErrorType.ObjectMinProperties:
      return invalid(`${name} needs at least ${schema.minProperties} keys.`, describe(schema))
    case ValueErrorType.ObjectMaxProperties:
      return invalid(`${name} takes at most ${schema.maxProperties} keys.`)
    case ValueErrorType.StringFormat:
      return invalid(`${name} must be a valid ${schema.format}.`, describe(schema))
    case ValueErrorType.Never:
      return invalid(`${name} cannot be set here.`, 'Remove it.')
    default:
      return wrongType(schema, path, value)
  }
}

function unknownKey(schema: TSchema, path: Path): Finding {
  const key = String(path.at(-1))
  const meant = similarKey(schema, key)
  const known = keysOf(schema)
  const cure =
    meant !== undefined
      ? `Did you mean "${meant}"?`
      : known.length === 0
        ? 'Nothing can be set here.'
        : `Known here: ${listed(known)}.`
  return problem(path, 'TACIT_KEY_UNKNOWN', `${nameOf(path)} is not known here.`, cure, 'key')
}

function missingKey(schema: TSchema, path: Path): Finding {
  return problem(path, 'TACIT_KEY_MISSING', `${nameOf(path)} is missing here.`, describe(schema))
}

function wrongType(schema: TSchema, path: Path, value: unknown): Finding {
  const name = nameOf(path)
  if (value === null) {
    const cure = `Write ${wanted(schema)}, or remove the key.`
    return problem(path, 'TACIT_VALUE_TYPE', `${name} is empty.`, typeof path.at(-1) === 'number' ? undefined : cure)
  }
  const message = `${name} must be ${wanted(schema)}, but it is ${kindOf(value)}.`
  return problem(path, 'TACIT_VALUE_TYPE', message, typeCure(schema, value))
}

function typeCure(schema: TSchema, value: unknown): string | undefined {
  const unit = unitOf(schema)
  if (unit !== undefined) return unit.cure
  if (KindGuard.IsString(schema)) {
    return typeof value === 'number' || typeof value === 'boolean' ? 'Put it in quotes.' : describe(schema)
  }
  const isNumber = KindGuard.IsNumber(schema) || KindGuard.IsInteger(schema)
  if (isNumber && typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value)) return 'Write it without quotes.'
  if (KindGuard.IsBoolean(schema) && (value === 'true' || value === 'false')) return 'Write it without quotes.'
  if (KindGuard.IsArray(schema) && typeof value !== 'object') return 'Write each entry on a line that begins with "- ".'
  if (KindGuard.IsArray(schema) && isBlock(value)) return 'Begin each entry with "- ".'
  return describe(schema)
}

function patternMismatch(schema: TSchema, path: Path, value: unknown): Finding {
  const name = nameOf(path)
  if (Array.isArray(schema.enum)) {
    const words = schema.enum.map(String)
    return problem(path, 'TACIT_VALUE_INVALID', `${name} must be one of: ${listed(words)}.`, meantWord(value, words))
  }
  const unit = unitOf(schema)
  if (unit !== undefined) {
    return problem(path, unit.code, `${name} must be ${unit.noun}.`, unit.cure)
  }
  const message = `${name} must match the pattern ${String(schema.pattern)}.`
  return problem(path, 'TACIT_VALUE_INVALID', message, describe(schema))
}

/** Words are listed; of other variants, the one that the value came closest to is explained. */
function explainUnion(error: ValueError, path: Path, root: unknown): Finding {
  const variants: readonly TSchema[] = KindGuard.IsUnion(error.schema) ? error.schema.anyOf : []
  const literals = variants.filter(variant => KindGuard.IsLiteral(variant))
  if (literals.length === variants.length && literals.length > 0) {
    const words = literals.map(({ const: word }) => String(word))
    const message = `${nameOf(path)} must be one of: ${listed(words)}.`
    return problem(path, 'TACIT_VALUE_INVALID', message, meantWord(error.value, words))
  }
  const attempts = error.errors.map(errors => [...errors])
  const close = attempts
    .filter(errors => errors.every(({ path: pointer }) => pointer !== error.path))
    .sort((first, second) => first.length - second.length)
  const [nearestErrors] = close
  const [first] = nearestErrors ?? []
  if (first !== undefined) {
    const base = path.slice(0, path.length - pathOfPointer(error.path, root).length)
    const inner = [...base, ...pathOfPointer(first.path, root)]
    if (first.type === ValueErrorType.ObjectRequiredProperty) return missingKey(first.schema, inner)
    return explain(first, inner, root)
  }
  const choices = [...new Set(variants.map(wanted))]
  return problem(
    path,
    'TACIT_VALUE_TYPE',
    `${nameOf(path)} must be ${choices.join(' or ')}, but it is ${kindOf(valueAt(root, pathOfPointer(error.path, root)))}.`,
    describe(error.schema)
  )
}

/** What a schema wants, to stand after "must be". */
export function wanted(schema: TSchema): string {
  const unit = unitOf(schema)
  if (unit !== undefined) return unit.noun
  if (Array.isArray(schema.enum)) return `one of: ${listed(schema.enum.map(String))}`
  if (KindGuard.IsLiteral(schema)) return JSON.stringify(schema.const)
  if (KindGuard.IsString(schema)) return 'text'
  if (KindGuard.IsInteger(schema)) return 'a whole number'
  if (KindGuard.IsNumber(schema)) return 'a number'
  if (KindGuard.IsBoolean(schema)) return 'true or false'
  if (KindGuard.IsArray(schema) || KindGuard.IsTuple(schema)) return 'a list'
  if (KindGuard.IsObject(schema) || KindGuard.IsRecord(schema)) return 'a block of keys'
  if (KindGuard.IsNull(schema)) return 'empty'
  return 'something else'
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return 'text'
    case 'number':
      return Number.isInteger(value) ? 'a whole number' : 'a number'
    case 'boolean':
      return String(value)
    default:
      return 'a block of keys'
  }
}

/** The bounds of a number, to stand after "must be"; empty when it has none. */
export function range(schema: TSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  if (minimum !== undefined && maximum !== undefined) return `from ${minimum} to ${maximum}`
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`more than ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`less than ${exclusiveMaximum}`])
  ]
  return bounds.join(' and ')
}

function entries(count: unknown): string {
  return count === 1 ? 'one entry' : `${String(count)} entries`
}

function nameOf(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'The file'
  if (typeof last === 'string') return `"${last.length > MAX_SIMILAR_LENGTH ? `${last.slice(0, 60)}…` : last}"`
  const list = path.findLast(part => typeof part === 'string')
  return list === undefined ? 'An entry' : `An entry of "${list}"`
}

function keysOf(schema: TSchema): readonly string[] {
  return KindGuard.IsObject(schema) ? Object.keys(schema.properties) : []
}

function similarKey(schema: TSchema, key: string): string | undefined {
  return key.length > MAX_SIMILAR_LENGTH ? undefined : nearest(key, keysOf(schema))
}

function meantWord(value: unknown, words: readonly string[]): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_SIMILAR_LENGTH) return undefined
  const meant = nearest(value.toLowerCase(), words)
  return meant === undefined ? undefined : `Did you mean "${meant}"?`
}

function listed(words: readonly string[]): string {
  const shown = words.slice(0, MAX_LISTED).join(', ')
  return words.length > MAX_LISTED ? `${shown} …` : shown
}

/** The description of a schema is its reference: it says what belongs there. */
function describe(schema: TSchema): string | undefined {
  return typeof schema.description === 'string' ? schema.description : unitOf(schema)?.cure
}
