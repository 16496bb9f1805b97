/**
 * Judges the endpoints that a plugin declares, before anything of it runs: paths
 * that can be served, roles that go with the listener, schemas that can be checked
 * strictly and described in OpenAPI. Pure.
 */
import { KindGuard, type TObject, type TSchema } from '@sinclair/typebox'
import { ADMIN_ROLES } from './roles.ts'
import { parametersOf, parseTemplate, shapeOf } from './template.ts'

/** Largest body that an endpoint may ask for, in bytes. */
export const MOST_BYTES = 1024 * 1024

const NAME = /^[a-z][A-Za-z0-9]{0,63}$/
const METHODS: readonly unknown[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const ROLES: ReadonlyMap<unknown, readonly unknown[]> = new Map([
  ['admin', [...ADMIN_ROLES]],
  ['public', ['consumer']]
])
const FIELDS: ReadonlySet<string> = new Set([
  'listener',
  'method',
  'path',
  'role',
  'summary',
  'request',
  'params',
  'response',
  'status',
  'isAudited',
  'maxBytes',
  'table'
])

/** What is wrong with a table of endpoints, in a clause that follows `endpoints`; undefined when nothing is. */
export function endpointsFault(value: unknown): string | undefined {
  if (!isRecord(value)) return 'must be an object of endpoints'
  const taken = new Map<string, string>()
  for (const [name, endpoint] of Object.entries(value)) {
    if (!NAME.test(name)) return `names \`${name}\`, which is no word in camelCase`
    if (!isRecord(endpoint)) return `must describe \`${name}\` with method, path, role, summary and response`
    const fault = endpointFault(endpoint)
    if (fault !== undefined) return `must give \`${name}\` ${fault}`
    const key = `${endpoint.listener} ${endpoint.method} ${shapeOf(parseTemplate(String(endpoint.path)) ?? [])}`
    const other = taken.get(key)
    if (other !== undefined) return `serves \`${other}\` and \`${name}\` in the same place`
    taken.set(key, name)
  }
  return undefined
}

function endpointFault(endpoint: Readonly<Record<string, unknown>>): string | undefined {
  const { listener, method, path, role, summary, status, isAudited, maxBytes, request, params, response } = endpoint
  const unknown = Object.keys(endpoint).find(field => !FIELDS.has(field))
  if (unknown !== undefined) return `no \`${unknown}\`: it is no field of an endpoint`
  const roles = ROLES.get(listener)
  if (roles === undefined) return 'a `listener`: admin or public'
  if (!METHODS.includes(method)) return `a \`method\` of: ${METHODS.join(', ')}`
  const segments = typeof path === 'string' ? parseTemplate(path) : undefined
  if (segments === undefined) return 'a `path` such as `/usage/{consumer}`'
  if (!roles.includes(role)) return `a \`role\` of: ${roles.join(', ')}`
  if (typeof summary !== 'string' || summary.trim() === '' || /[\r\n]/.test(summary)) {
    return 'a `summary` of one sentence on one line'
  }
  if (status !== undefined && status !== 200 && status !== 201 && status !== 202) return 'a `status` of: 200, 201, 202'
  if (isAudited !== undefined && typeof isAudited !== 'boolean') return 'a truth for `isAudited`'
  if (
    maxBytes !== undefined &&
    !(Number.isInteger(maxBytes) && Number(maxBytes) > 0 && Number(maxBytes) <= MOST_BYTES)
  ) {
    return `a whole number for \`maxBytes\`, at most ${MOST_BYTES}`
  }
  return (
    paramsFault(parametersOf(segments), params) ??
    requestFault(request, method === 'GET' || method === 'DELETE') ??
    responseFault(response) ??
    tableFault(endpoint.table, request, response)
  )
}

function paramsFault(names: readonly string[], params: unknown): string | undefined {
  if (params === undefined) return undefined
  if (!isObjectSchema(params)) return 'a `Type.Object` for `params`'
  const known = Object.keys(params.properties)
  if (known.length !== names.length || !names.every(name => known.includes(name))) {
    return 'a property in `params` for each parameter of its path, and no other'
  }
  const sound = Object.values(params.properties).every(property => KindGuard.IsString(property) && !decodes(property))
  return sound ? undefined : 'a `Type.String` for each parameter of its path'
}

function requestFault(request: unknown, isQuery: boolean): string | undefined {
  if (request === undefined) return undefined
  if (!isObjectSchema(request)) return 'a `Type.Object` for `request`'
  const fault = schemaFault(request, 'request')
  if (fault !== undefined || !isQuery) return fault
  const fits = Object.values(request.properties).every(property =>
    KindGuard.IsArray(property) ? isScalar(property.items) : isScalar(property)
  )
  return fits ? undefined : 'texts, numbers, truths or lists of them for `request`: it is written in a query'
}

function responseFault(response: unknown): string | undefined {
  return isObjectSchema(response) ? schemaFault(response, 'response') : 'a `Type.Object` for `response`'
}

/** A table has a list of flat objects, and leads to its next page by a cursor that it takes. */
function tableFault(table: unknown, request: unknown, response: unknown): string | undefined {
  if (table === undefined) return undefined
  if (!isRecord(table) || !isObjectSchema(response)) return 'a `table` of `rows` and perhaps `next`'
  const { rows, next, ...others } = table
  const list = typeof rows === 'string' ? response.properties[rows] : undefined
  const isFlat = (schema: TSchema): boolean =>
    isScalar(schema) || KindGuard.IsNull(schema) || (KindGuard.IsArray(schema) && isScalar(schema.items))
  const row = list !== undefined && KindGuard.IsArray(list) ? list.items : undefined
  if (!isObjectSchema(row) || !Object.values(row.properties).every(isFlat)) {
    return 'a list of flat objects as the `rows` of its `table`'
  }
  if (Object.keys(others).length > 0) return 'no more than `rows` and `next` in its `table`'
  if (next === undefined) return undefined
  const cursor = isObjectSchema(request) ? request.properties.cursor : undefined
  const isText = (schema: TSchema | undefined) => schema !== undefined && KindGuard.IsString(schema)
  if (typeof next === 'string' && isText(response.properties[next]) && isText(cursor)) return undefined
  return 'a text as `next` of its `table`, and a `cursor` in `request` that takes it'
}

/** Why a schema cannot be served: something in it would let anything pass, or has no place in OpenAPI. */
function schemaFault(schema: TSchema, of: 'request' | 'response'): string | undefined {
  if (of === 'response' && decodes(schema))
    return 'a `response` of plain values: what has a unit is read, never written'
  if (KindGuard.IsObject(schema)) {
    if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) {
      return `no room for other members in \`${of}\``
    }
    return firstFault(Object.values(schema.properties), of)
  }
  if (KindGuard.IsRecord(schema)) return firstFault(Object.values(schema.patternProperties), of)
  if (KindGuard.IsArray(schema)) return schemaFault(schema.items, of)
  if (KindGuard.IsUnion(schema)) return firstFault(schema.anyOf, of)
  if (isScalar(schema) || KindGuard.IsNull(schema)) return undefined
  return `no \`${schema.type ?? 'open'}\` schema in \`${of}\`: use objects, records, lists, unions, texts, numbers, truths and nulls`
}

function firstFault(schemas: readonly TSchema[], of: 'request' | 'response'): string | undefined {
  for (const schema of schemas) {
    const fault = schemaFault(schema, of)
    if (fault !== undefined) return fault
  }
  return undefined
}

function isScalar(schema: TSchema): boolean {
  if (KindGuard.IsUnion(schema)) return schema.anyOf.every(isScalar)
  return (
    KindGuard.IsString(schema) ||
    KindGuard.IsNumber(schema) ||
    KindGuard.IsInteger(schema) ||
    KindGuard.IsBoolean(schema) ||
    KindGuard.IsLiteral(schema)
  )
}

function decodes(schema: TSchema): boolean {
  return KindGuard.IsTransform(schema)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isObjectSchema(value: unknown): value is TObject {
  return KindGuard.IsObject(value) && isRecord(value.properties)
}
