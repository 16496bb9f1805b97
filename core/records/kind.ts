/**
 * Kinds of records: judged once, when a plugin is loaded, and then what every row
 * is judged by. A kind whose fields could hold free text is refused. Pure.
 */
import { KindGuard } from '@sinclair/typebox'
import type { RecordClass, RecordKind } from '../contract/records.ts'
import { GatewayError } from '../errors.ts'
import { MAX_NAME_LENGTH, mostBytes } from './codec.ts'
import { DAY_MS } from './days.ts'
import { type Field, readField } from './fields.ts'
import { type RollupLayout, readRollup } from './rollup-layout.ts'

/** How rows of a kind are laid out. Plain data: threads get it, and it is kept beside the rows. */
export interface KindLayout {
  /** `<plugin>.<kind>`, such as `metering.usage`; also the name of a folder. */
  readonly name: string
  readonly class: RecordClass
  readonly purpose: string
  /** The field of the subject, which is one of `sealed`. */
  readonly subject: string | undefined
  /** In the order of the columns; pseudonyms come last here and in `sealed`, because their bytes are made later. */
  readonly clear: readonly Field[]
  readonly sealed: readonly Field[]
  readonly longestLifeMs: number
  /** What is added up of the rows. */
  readonly rollup: RollupLayout | undefined
}

/** A kind that rows are written by. */
export interface CompiledKind extends KindLayout {
  /** Names of the fields that hold the row's own name and instant. */
  readonly id: string | undefined
  readonly at: string | undefined
  /** Whether no exchange may write rows of it. */
  readonly holdsText: boolean
  /** Most bytes of one row. */
  readonly mostBytes: number
}

/** A row of fields and values, as plugins hand it over. */
export type Row = Readonly<Record<string, unknown>>

const KIND_NAME = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/
const CLASSES: readonly unknown[] = ['access', 'usage', 'billing', 'audit', 'account', 'consent']
const KEYS: ReadonlySet<string> = new Set([
  'purpose',
  'class',
  'fields',
  'subject',
  'id',
  'at',
  'clear',
  'longestLifeMs',
  'rollup'
])
/** A day's rows go together, so that a life of less than two days would leave some rows none at all. */
export const SHORTEST_LIFE_MS = 2 * DAY_MS
/** Longest life of rows whose kind names none: ten years. */
const LONGEST_LIFE_MS = 3_660 * DAY_MS
const MAX_FIELDS = 64
const MAX_CLEAR = 16

/**
 * Judges a kind as a plugin declares it.
 * @throws GatewayError `TACIT_RECORD_KIND` with the first fault: among others, a field that could hold free text.
 */
export function compileKind(plugin: string, kind: string, declared: unknown): CompiledKind {
  const name = `${plugin}.${kind}`
  const fail = (why: string): never => {
    throw new GatewayError('TACIT_RECORD_KIND', `The kind of records "${name}" cannot be kept: ${why}.`)
  }
  if (!KIND_NAME.test(kind) || kind.length > 48) fail('its name must be lower-case words')
  if (!isKind(declared)) return fail('it must have a purpose, a class, fields and a list of clear columns')
  const unknown = Object.keys(declared).find(key => !KEYS.has(key))
  if (unknown !== undefined) fail(`\`${unknown}\` is no key of a kind`)
  const { subject, id, at, clear, longestLifeMs = LONGEST_LIFE_MS } = declared
  if (!(longestLifeMs >= SHORTEST_LIFE_MS && longestLifeMs <= LONGEST_LIFE_MS)) {
    fail('its longest life must be 2 days to 3,660 days, in ms')
  }
  const fields = Object.entries(declared.fields.properties).map(([field, schema]) => {
    const read = readField(field, schema)
    return typeof read === 'string' ? fail(`the field \`${field}\`: ${read}`) : read
  })
  const ofName = (field: string | undefined) => fields.find(candidate => candidate.name === field)
  if (fields.length === 0 || fields.length > MAX_FIELDS) fail(`it must have 1 to ${MAX_FIELDS} fields`)
  if (clear.length > MAX_CLEAR) fail(`it may have ${MAX_CLEAR} clear columns`)
  if (new Set(clear).size !== clear.length) fail('a clear column is named twice')
  for (const column of clear) {
    const type = ofName(column)?.type
    if (type === undefined) fail(`\`${column}\` is a clear column and no field`)
    if (type === 'text') fail(`\`${column}\` holds text of people, which is always sealed`)
    if (type === 'bigint') fail(`\`${column}\` is a bigint, which is always sealed`)
  }
  const subjectType = ofName(subject)?.type
  if (subject !== undefined && subjectType !== 'name' && subjectType !== 'uuid') {
    fail('its subject must be a field that is a `KnownName` or a `Uuid`')
  }
  if (id !== undefined && (ofName(id)?.type !== 'uuid' || ofName(id)?.isOptional)) fail('its `id` must name a `Uuid`')
  if (at !== undefined && (ofName(at)?.type !== 'integer' || ofName(at)?.isOptional))
    fail('its `at` must name an `Instant`')
  if (id !== undefined && at === undefined) fail('rows with an `id` of their own need an `at`, too')
  const rollup = declared.rollup === undefined ? undefined : readRollup(declared.rollup, fields, subject)
  if (typeof rollup === 'string') return fail(rollup)
  // The row's name and instant stand in every row, and the subject is found by its token: neither is kept twice.
  const own = (field: Field) => field.name === id || field.name === at
  return {
    name,
    class: declared.class,
    purpose: declared.purpose,
    subject,
    id,
    at,
    clear: pseudonymsLast(fields.filter(field => !own(field) && field.name !== subject && clear.includes(field.name))),
    sealed: pseudonymsLast(
      fields.filter(field => !own(field) && (field.name === subject || !clear.includes(field.name)))
    ),
    longestLifeMs,
    rollup,
    holdsText: fields.some(({ type }) => type === 'text'),
    mostBytes: mostBytes(fields) + MAX_NAME_LENGTH * 3 + 64
  }
}

/** What is wrong with the kinds of a plugin, as a clause; undefined when nothing is. */
export function kindsFault(plugin: string, declared: Readonly<Record<string, unknown>>): string | undefined {
  for (const [kind, value] of Object.entries(declared)) {
    try {
      compileKind(plugin, kind, value)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return error.message
    }
  }
  return undefined
}

function pseudonymsLast(fields: readonly Field[]): readonly Field[] {
  return [...fields.filter(({ type }) => type !== 'pseudonym'), ...fields.filter(({ type }) => type === 'pseudonym')]
}

function isKind(value: unknown): value is RecordKind {
  if (typeof value !== 'object' || value === null) return false
  const member = (name: string): unknown => Reflect.get(value, name)
  const purpose = member('purpose')
  const clear = member('clear')
  const lifeMs = member('longestLifeMs')
  const isWord = (name: string) => member(name) === undefined || typeof member(name) === 'string'
  return (
    typeof purpose === 'string' &&
    purpose.trim() !== '' &&
    CLASSES.includes(member('class')) &&
    KindGuard.IsObject(member('fields')) &&
    Array.isArray(clear) &&
    clear.every(column => typeof column === 'string') &&
    ['subject', 'id', 'at'].every(isWord) &&
    (lifeMs === undefined || typeof lifeMs === 'number')
  )
}
