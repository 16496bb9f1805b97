/**
 * What may stand in the log: events with declared fields, rendered as JSON.
 * A field takes numbers, truth values, and strings that its schema bounds;
 * whatever else a caller hands over stays out of the line. Pure; knows nothing
 * of where lines go.
 */
import type { TObject, TSchema } from '@sinclair/typebox'
import type { Facts } from '../contract/exchange.ts'
import { GatewayError } from '../errors.ts'

/** How grave an event is, by pino's numbers. */
export const LOG_LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50 } as const
/** A level that an event can have. */
export type EventLevel = keyof typeof LOG_LEVELS

/** Longest string that a line may carry, in UTF-16 units; a longer one is left out whatever its schema says. */
export const MAX_STRING_LENGTH = 128

/** An event that is ready to be written. Made only by {@link compileEvent}. */
export interface CompiledEvent {
  readonly name: string
  readonly level: EventLevel
  /**
   * The inside of a JSON object, from `"event":` on, without braces. Fields that are not declared are left out;
   * declared ones with a value that their schema does not allow too, and `left_out` counts these.
   * With `exchange` given, its `id` and `route` are written as `exchange` and `route`.
   */
  render(facts: Facts, exchange?: ExchangeOfEvent): string
}

/** The exchange that an event belongs to. */
export interface ExchangeOfEvent {
  readonly id: string
  readonly route: string
}

/** Words that stand in every line of an event. */
export interface EventConstants {
  /** Instance of the plugin that the event belongs to. */
  readonly plugin?: string
}

/** JSON of a value, or `''` for one that the field does not take. */
type Renderer = (value: unknown) => string

interface Field {
  readonly name: string
  /** Comma, quoted name, colon. */
  readonly prefix: string
  readonly text: Renderer
  /** Written from the exchange when there is one. */
  readonly ofExchange: boolean
}

/** Strings that one field remembers. */
const MAX_REMEMBERED = 256

const EVENT_NAME = /^[a-z][a-z0-9_]{0,63}$/
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/
/** Written by the log itself. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'event', 'plugin', 'left_out'])
/** A pattern that lets this through would let sentences through. */
const SENTENCE = 'My name is Ada Lovelace, call +44 20 7946 0958.'

/**
 * Turns an event's schema into a renderer. Properties are numbers, integers, booleans, literals, or strings with
 * an `enum`, an anchored `pattern`, or a `maxLength` of at most {@link MAX_STRING_LENGTH}. The option `level` of the
 * schema says how grave the event is (default `info`).
 * @throws GatewayError `TACIT_EVENT_INVALID` for any other schema: free text could hold content.
 */
export function compileEvent(name: string, schema: TObject, constants: EventConstants = {}): CompiledEvent {
  if (!EVENT_NAME.test(name)) throw invalid(name, undefined, 'its name must be lower-case words joined by underscores')
  const level: unknown = schema.level ?? 'info'
  if (!isEventLevel(level)) throw invalid(name, undefined, 'its level must be trace, debug, info, warn or error')
  const fields = Object.entries(schema.properties).map(([field, type]) => compileField(name, field, type))
  const plugin = constants.plugin === undefined ? '' : `,"plugin":${JSON.stringify(constants.plugin)}`
  const head = `"event":"${name}"${plugin}`
  return Object.freeze({
    name,
    level,
    render: (facts: Facts, exchange?: ExchangeOfEvent) => render(head, fields, facts, exchange)
  })
}

function render(head: string, fields: readonly Field[], facts: Facts, exchange: ExchangeOfEvent | undefined): string {
  let line = head
  let leftOut = 0
  if (exchange !== undefined) {
    line += `,"exchange":${JSON.stringify(exchange.id)},"route":${JSON.stringify(exchange.route)}`
  }
  for (const field of fields) {
    const value = facts[field.name]
    if (value === undefined || (field.ofExchange && exchange !== undefined)) continue
    const text = field.text(value)
    if (text === '') leftOut++
    else line += field.prefix + text
  }
  return leftOut === 0 ? line : `${line},"left_out":${leftOut}`
}

function compileField(event: string, name: string, schema: TSchema): Field {
  if (!FIELD_NAME.test(name) || RESERVED.has(name)) throw invalid(event, name, 'this name cannot be used')
  const text = rendererOf(schema)
  if (typeof text === 'string') throw invalid(event, name, text)
  return { name, prefix: `,"${name}":`, text, ofExchange: name === 'exchange' || name === 'route' }
}

/** @returns what is wrong with the schema, if it cannot be rendered. */
function rendererOf(schema: TSchema): Renderer | string {
  if (schema.const !== undefined) return oneOf([schema.const])
  if (Array.isArray(schema.enum)) return oneOf(schema.enum)
  if (Array.isArray(schema.anyOf)) {
    const words: unknown[] = schema.anyOf.map((option: TSchema) => option.const)
    return words.includes(undefined) ? 'a union must be one of literals' : oneOf(words)
  }
  switch (schema.type) {
    case 'integer':
      return value => (Number.isSafeInteger(value) ? `${value}` : '')
    case 'number':
      return number
    case 'boolean':
      return value => (value === true ? 'true' : value === false ? 'false' : '')
    case 'string':
      return stringRenderer(schema)
    default:
      return 'only numbers, integers, booleans, literals and bounded strings can be logged'
  }
}

function stringRenderer(schema: TSchema): Renderer | string {
  const pattern: unknown = schema.pattern
  const maxLength: unknown = schema.maxLength ?? MAX_STRING_LENGTH
  if (typeof maxLength !== 'number') return 'its maxLength must be a number'
  if (typeof pattern === 'string') {
    if (!pattern.startsWith('^') || !pattern.endsWith('$')) return 'its pattern must begin with ^ and end with $'
    const expression = new RegExp(pattern)
    if (expression.test(SENTENCE)) return 'its pattern lets whole sentences through'
    const limit = Math.min(maxLength, MAX_STRING_LENGTH)
    return remembered(text => (text.length <= limit && expression.test(text) ? JSON.stringify(text) : ''))
  }
  if (schema.maxLength === undefined || maxLength > MAX_STRING_LENGTH) {
    return `a string needs an enum, a pattern or a maxLength of at most ${MAX_STRING_LENGTH}`
  }
  return value => (typeof value === 'string' && value.length <= maxLength ? JSON.stringify(value) : '')
}

/** Renders known words; each is quoted once, here. */
function oneOf(words: readonly unknown[]): Renderer | string {
  const quoted = new Map<unknown, string>()
  for (const word of words) {
    if (typeof word !== 'string' && typeof word !== 'number' && typeof word !== 'boolean') {
      return 'its words must be strings, numbers or booleans'
    }
    quoted.set(word, JSON.stringify(word))
  }
  return value => quoted.get(value) ?? ''
}

/** Keeps what the first few strings came to: what a pattern bounds is nearly always a name from the configuration. */
function remembered(quote: (text: string) => string): Renderer {
  const known = new Map<unknown, string>()
  return value => {
    const text = known.get(value)
    if (text !== undefined) return text
    if (typeof value !== 'string') return ''
    const quoted = quote(value)
    if (quoted !== '' && known.size < MAX_REMEMBERED) known.set(value, quoted)
    return quoted
  }
}

const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, index) => `${index / 1000}`.slice(1))

/**
 * Three decimals are enough for milliseconds. Put together from two whole numbers, because the shortest decimals of
 * a fraction take several times as long to find.
 */
function number(value: unknown): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return ''
  const thousandths = Math.round(value * 1000)
  if (thousandths > Number.MAX_SAFE_INTEGER || thousandths < Number.MIN_SAFE_INTEGER) return `${value}`
  if (thousandths < 0) return `${thousandths / 1000}`
  const fraction = thousandths % 1000
  return `${(thousandths - fraction) / 1000}${THOUSANDTHS[fraction]}`
}

function isEventLevel(level: unknown): level is EventLevel {
  return typeof level === 'string' && Object.hasOwn(LOG_LEVELS, level)
}

function invalid(event: string, field: string | undefined, problem: string): GatewayError {
  const place = field === undefined ? `The event "${event}"` : `The field "${field}" of the event "${event}"`
  return new GatewayError(
    'TACIT_EVENT_INVALID',
    `${place} cannot be logged: ${problem}.`,
    'Log words that the configuration or the code knows, and numbers.'
  )
}
