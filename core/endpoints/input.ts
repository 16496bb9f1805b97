/**
 * Reads what a request says to an endpoint: parameters of its path, its query or
 * its JSON body, each as its schema wants it and nothing besides. Everything that
 * is wrong is told at once; values are never repeated. Pure.
 */
import { KindGuard, type TObject, type TSchema } from '@sinclair/typebox'
import { Substitutions } from '../configuration/secrets.ts'
import { validate } from '../configuration/validate.ts'

/** One thing that is wrong with a request. */
export interface InputProblem {
  /** JSON pointer (RFC 6901) into what was sent. */
  readonly pointer: string
  readonly message: string
}

/** What came of reading: the decoded value, or everything that is wrong with it. */
export type Read = { readonly value: unknown } | { readonly problems: readonly InputProblem[] }

/** More than any endpoint has parameters. */
const MAX_QUERY_PARAMETERS = 100

const NOTHING_PUT_IN = new Substitutions()

/** Reads a query (without `?`) as WHATWG forms write it. A parameter that is repeated is a list, where a list is wanted. */
export function readQuery(schema: TObject | undefined, query: string): Read {
  const pairs = new Map<string, string[]>()
  const written = query === '' ? [] : query.split('&', MAX_QUERY_PARAMETERS + 1)
  if (written.length > MAX_QUERY_PARAMETERS) return wrong('', 'The query has too many parameters.')
  for (const pair of written) {
    const at = pair.indexOf('=')
    const name = decoded(at < 0 ? pair : pair.slice(0, at))
    const value = decoded(at < 0 ? '' : pair.slice(at + 1))
    if (name === undefined || value === undefined) return wrong('', 'The query is not well-formed.')
    const known = pairs.get(name)
    if (known === undefined) pairs.set(name, [value])
    else known.push(value)
  }
  const entries: [string, unknown][] = []
  for (const [name, values] of pairs) {
    const property =
      schema !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    if (property !== undefined && KindGuard.IsArray(property)) {
      entries.push([name, values.map(value => converted(property.items, value))])
    } else if (values.length > 1) {
      return wrong(pointerOf([name]), 'This parameter is given twice.')
    } else entries.push([name, property === undefined ? values[0] : converted(property, values[0] ?? '')])
  }
  return checked(schema, Object.fromEntries(entries))
}

/** Reads a JSON body. None is the same as an empty object, as far as the schema allows that. */
export function readBody(schema: TObject | undefined, body: Uint8Array | undefined): Read {
  if (body === undefined || body.length === 0) return checked(schema, {})
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return wrong('', 'The request body is not valid JSON.')
  }
  return checked(schema, value)
}

/** What is wrong with the parameters of a path. Without a schema each is an id as configurations write it. */
export function paramProblems(
  schema: TObject | undefined,
  params: Readonly<Record<string, string>>
): readonly InputProblem[] {
  if (schema !== undefined) {
    const read = checked(schema, { ...params })
    return 'problems' in read ? read.problems : []
  }
  return Object.entries(params).flatMap(([name, value]) =>
    ID.test(value) ? [] : [{ pointer: pointerOf([name]), message: `\`${name}\` is no id.` }]
  )
}

/** An id as configurations write it: what a parameter of a path without a schema must be. */
export const ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._#-]{0,127}$'

const ID = new RegExp(ID_PATTERN)

function checked(schema: TObject | undefined, value: unknown): Read {
  if (schema === undefined) {
    const isEmpty =
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
    return isEmpty ? { value: {} } : wrong('', 'This endpoint takes nothing.')
  }
  const { decoded: result, findings } = validate(schema, value, [], NOTHING_PUT_IN)
  if (result !== undefined && findings.length === 0) return { value: result }
  return { problems: findings.map(({ path, message }) => ({ pointer: pointerOf(path), message })) }
}

function wrong(pointer: string, message: string): Read {
  return { problems: [{ pointer, message }] }
}

function pointerOf(path: readonly (string | number)[]): string {
  return path.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** A query holds text alone, so a number or a truth is one that is written like one. */
function converted(schema: TSchema, text: string): unknown {
  if (KindGuard.IsNumber(schema) || KindGuard.IsInteger(schema)) {
    return /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/.test(text) ? Number(text) : text
  }
  if (KindGuard.IsBoolean(schema)) return text === 'true' ? true : text === 'false' ? false : text
  return text
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
