/**
 * Turns the schemas that values are checked with into JSON Schema (draft-07) for editors, as the value is before
 * anything was put into it: a reference may stand where a text, a number or a truth is wanted, a single value where a
 * list is, and what has a default may be left out. Knows neither the file nor plugins. Pure.
 *
 * A keyword of JSON Schema says nothing of values of another type. So one schema can ask for a number from 0 to 9 or
 * a text that is a reference, and an editor can say exactly what is wrong, which it cannot with `anyOf`.
 */
import { KindGuard, OptionalKind, type TObject, type TSchema } from '@sinclair/typebox'
import { ANY_REFERENCE, WHOLE_REFERENCE } from './references.ts'
import { wanted } from './sentences.ts'
import { unitOf } from './units.ts'
import { defaultInWords, isEmpty, valueInWords } from './values-in-words.ts'

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** Gives another form to a schema; undefined for those that are taken as they are. Descriptions are added to it. */
export type Graft = (schema: TSchema) => JsonSchema | undefined

/** A text with a reference in it, where only some words are wanted. */
const REFERENCE: JsonSchema = { type: 'string', pattern: ANY_REFERENCE }

/** What an editor checks a value with, and what it shows of it. @param schema closed, where unknown keys are refused. */
export function editorValue(schema: TSchema, graft: Graft = () => undefined): JsonSchema {
  return { ...described(schema), ...(graft(schema) ?? formOf(schema, graft)) }
}

/** What is shown where a value stands: plainly, and in Markdown with all that is known of it. */
function described(schema: TSchema): JsonSchema {
  const { description } = schema
  if (typeof description !== 'string') return defaultOf(schema)
  const details = detailsOf(schema)
  const markdownDescription = details === '' ? description : `${description}\n\n${details}`
  return { description, markdownDescription, ...defaultOf(schema) }
}

function defaultOf(schema: TSchema): JsonSchema {
  return schema.default === undefined || isEmpty(schema.default) ? {} : { default: schema.default }
}

/** Blocks say little by themselves, and words to choose from are shown by editors anyway. */
function detailsOf(schema: TSchema): string {
  const value = valueInWords(schema)
  const isList = KindGuard.IsArray(schema) && KindGuard.IsObject(schema.items)
  const isShown = isList || KindGuard.IsObject(schema) || Array.isArray(schema.enum) || value === 'text'
  const cure = unitOf(schema)?.cure
  const defaults = defaultInWords(schema)
  return [
    ...(isShown ? [] : [`${value.charAt(0).toUpperCase()}${value.slice(1)}.`]),
    ...(cure === undefined || cure === schema.description ? [] : [cure]),
    ...(defaults === undefined ? [] : [`Default: ${defaults}.`])
  ].join(' ')
}

function formOf(schema: TSchema, graft: Graft): JsonSchema {
  if (KindGuard.IsObject(schema)) return block(schema, graft)
  if (KindGuard.IsRecord(schema)) return record(schema, graft)
  if (KindGuard.IsArray(schema)) return list(schema, graft)
  if (KindGuard.IsTuple(schema)) return tuple(schema.items ?? [], graft)
  if (KindGuard.IsUnion(schema)) return union(schema.anyOf, graft)
  if (KindGuard.IsIntersect(schema)) return { allOf: schema.allOf.map(part => editorValue(part, graft)) }
  if (KindGuard.IsLiteral(schema)) return word([schema.const])
  if (KindGuard.IsString(schema)) return text(schema)
  if (KindGuard.IsInteger(schema) || KindGuard.IsNumber(schema)) {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
    const bounds = defined({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf })
    return { ...orReference(schema), ...bounds }
  }
  return KindGuard.IsBoolean(schema) ? orReference(schema) : plain(schema)
}

function block(schema: TObject, graft: Graft): JsonSchema {
  const { additionalProperties, minProperties, maxProperties } = schema
  const properties = Object.entries(schema.properties)
  const required = properties.filter(([, property]) => isRequired(property)).map(([key]) => key)
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(properties.map(([key, property]) => [key, editorValue(property, graft)])),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'object' ? editorValue(additionalProperties, graft) : additionalProperties
    }),
    ...defined({ minProperties, maxProperties })
  }
}

/** Whether a key must be written: what has a default is there without. */
export function isRequired(property: TSchema): boolean {
  return property[OptionalKind] === undefined && property.default === undefined
}

function record(schema: TSchema, graft: Graft): JsonSchema {
  const patterns: readonly [string, TSchema][] = Object.entries(schema.patternProperties)
  const entries = patterns.map(([pattern, value]) => [pattern, editorValue(value, graft)] as const)
  const [first] = entries
  // What TypeBox writes for "any key".
  if (entries.length === 1 && first?.[0] === '^(.*)$') return { type: 'object', additionalProperties: first[1] }
  const { additionalProperties } = schema
  return { type: 'object', patternProperties: Object.fromEntries(entries), ...defined({ additionalProperties }) }
}

function list(schema: TSchema, graft: Graft): JsonSchema {
  const items = editorValue(schema.items, graft)
  const { minItems, maxItems, uniqueItems } = schema
  const bounds = defined({ minItems, maxItems, uniqueItems })
  return schema.orOne === true ? oneOrMany(items.type ?? 'string', items, bounds) : { type: 'array', items, ...bounds }
}

/**
 * An entry, or a list of them. Of two variants an editor would have to guess which one was meant, to say what is wrong.
 * @param type what an entry can be.
 */
export function oneOrMany(type: unknown, entry: JsonSchema, bounds: JsonSchema = {}): JsonSchema {
  return { type: [type, 'array'].flat(), ...where({ type: 'array' }, { items: entry, ...bounds }, entry) }
}

/** Asks one thing of values that fit a condition, and another of those that do not. */
export function where(condition: JsonSchema, fitting: JsonSchema, otherwise: JsonSchema = {}): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: it is the keyword of JSON Schema, and nobody waits for this object.
  return { if: condition, then: fitting, else: otherwise }
}

function tuple(items: readonly TSchema[], graft: Graft): JsonSchema {
  const { length } = items
  const each = items.map(item => editorValue(item, graft))
  return { type: 'array', items: each, minItems: length, maxItems: length }
}

function union(variants: readonly TSchema[], graft: Graft): JsonSchema {
  const literals = variants.filter(variant => KindGuard.IsLiteral(variant))
  if (literals.length === variants.length) return word(literals.map(({ const: literal }) => literal))
  return { anyOf: variants.map(variant => editorValue(variant, graft)) }
}

/** One of some words. What comes from outside is text, so it can only be a word that is one. */
function word(words: readonly unknown[]): JsonSchema {
  const choice = words.length === 1 ? { const: words[0] } : { enum: words }
  return words.some(literal => typeof literal === 'string') ? { anyOf: [choice, REFERENCE] } : choice
}

function text(schema: TSchema): JsonSchema {
  const { enum: words, pattern, editorPattern, minLength, maxLength, format, orNumber, examples } = schema
  if (Array.isArray(words)) return word(words)
  const form: unknown = editorPattern ?? pattern
  const type = orNumber === undefined ? 'string' : ['string', 'integer']
  const leaf = { type, ...orNumber, ...suggested(examples), errorMessage: mustBe(schema) }
  // Every text but the empty one, so there is nothing to tell apart.
  if (schema.unit === 'secret') return { ...leaf, minLength: 1 }
  if (minLength === undefined && maxLength === undefined && format === undefined) {
    return typeof form === 'string' ? { ...leaf, pattern: `(?:${form})|${ANY_REFERENCE}` } : leaf
  }
  // A reference is shorter or longer than what it stands for.
  return { anyOf: [{ ...leaf, ...defined({ pattern: form, minLength, maxLength, format }) }, REFERENCE] }
}

/** What is offered where any text may stand. Editors show `examples` one below the other, whatever they are asked. */
function suggested(examples: unknown): JsonSchema {
  if (!Array.isArray(examples)) return {}
  return { defaultSnippets: examples.map(example => ({ label: String(example), body: example })) }
}

/** A number or a truth, or a text that is one reference. */
function orReference(schema: TSchema): JsonSchema {
  return { type: [schema.type, 'string'], pattern: WHOLE_REFERENCE, errorMessage: mustBe(schema) }
}

/** What the gateway's own report would say. */
function mustBe(schema: TSchema): string {
  const { description, pattern } = schema
  const unit = unitOf(schema)
  if (unit !== undefined) return `Must be ${unit.noun}.${unit.cure === undefined ? '' : ` ${unit.cure}`}`
  if (!KindGuard.IsString(schema)) return `Must be ${wanted(schema)}, without quotes.`
  if (pattern === undefined) return 'Must be text. Put numbers, true and false in quotes.'
  return `Must match the pattern ${pattern}.${description === undefined ? '' : ` ${description}`}`
}

/** A kind that nothing is known of: its keywords, without what only TypeBox reads. */
function plain(schema: TSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema))
}

function defined(keywords: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined))
}
