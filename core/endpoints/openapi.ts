/**
 * Describes endpoints in OpenAPI 3.1, whose schemas are JSON Schema 2020-12. Made
 * of what requests are checked with, so the two cannot say different things. Pure.
 */
import { KindGuard, OptionalKind, type TObject, type TSchema, Type } from '@sinclair/typebox'
import { DEFAULT_MAX_BYTES, takesBody } from './call.ts'
import { ID_PATTERN } from './input.ts'
import { PROBLEM_TYPE } from './problem.ts'
import type { ServedEndpoint } from './served.ts'
import { TABLE_TYPES } from './table.ts'

/** A JSON object. */
interface Json {
  readonly [member: string]: unknown
}

/** Keywords that OpenAPI readers know; what else stands in a schema is for core alone. */
const KEYWORDS = [
  'description',
  'default',
  'enum',
  'const',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'examples'
] as const

const PARAMETER = Type.String({ pattern: ID_PATTERN })

/** What the description says of itself. */
export interface OpenApiFacts {
  readonly version: string
  /** Whether tokens are needed everywhere; else only for what needs more than `viewer`. */
  readonly needsToken: boolean
}

/** An OpenAPI document (OpenAPI 3.1, 4.8.1). */
export interface OpenApiDocument {
  readonly openapi: string
  readonly info: Json
  readonly servers: readonly Json[]
  readonly tags: readonly Json[]
  readonly paths: Json
  readonly components: Json
}

/** The OpenAPI document of the admin listener. Ordered by path, so that two versions can be compared. */
export function openApiDocument(served: readonly ServedEndpoint[], facts: OpenApiFacts): OpenApiDocument {
  const paths: Record<string, Record<string, Json>> = {}
  const ordered = served.toSorted((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0))
  for (const each of ordered) {
    const operations = paths[each.path] ?? {}
    paths[each.path] = operations
    operations[each.endpoint.method.toLowerCase()] = operation(each, facts)
  }
  const owners = [...new Set(served.map(({ owner }) => owner))]
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tacit admin API',
      version: facts.version,
      summary: 'What operators ask of a running gateway.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    servers: [{ url: '/', description: 'The admin listener.' }],
    tags: owners.map(name => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token whose digest stands under `admin.tokens`.' }
      },
      schemas: { Problem: PROBLEM },
      responses: {
        Problem: { description: 'A refusal.', content: { [PROBLEM_TYPE]: { schema: ref('schemas/Problem') } } }
      }
    }
  }
}

function operation(served: ServedEndpoint, { needsToken }: OpenApiFacts): Json {
  const { id, owner, endpoint } = served
  const { summary, role, request, response, status = 200, maxBytes = DEFAULT_MAX_BYTES } = endpoint
  const parameters = [...pathParameters(served), ...(takesBody(served) ? [] : queryParameters(request))]
  return {
    operationId: id,
    summary,
    description: `Role: ${role}.`,
    tags: [owner],
    'x-tacit-role': role,
    security: needsToken || role !== 'viewer' ? [{ token: [] }] : [{ token: [] }, {}],
    ...(parameters.length > 0 && { parameters }),
    ...(takesBody(served) &&
      request !== undefined && {
        requestBody: {
          required: Object.values(request.properties).some(isRequired),
          description: `At most ${maxBytes} bytes.`,
          content: { 'application/json': { schema: jsonSchema(request, 'request') } }
        }
      }),
    responses: {
      [status]: {
        description: 'The answer.',
        content: {
          'application/json': { schema: jsonSchema(response, 'response') },
          ...(endpoint.table !== undefined &&
            Object.fromEntries(TABLE_TYPES.map(type => [type, { schema: { type: 'string' } }])))
        }
      },
      default: ref('responses/Problem')
    }
  }
}

function pathParameters({ path, endpoint }: ServedEndpoint): readonly Json[] {
  return [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(endpoint.params?.properties[name] ?? PARAMETER, 'request')
  }))
}

function queryParameters(request: TObject | undefined): readonly Json[] {
  return Object.entries(request?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    ...(typeof schema.description === 'string' && { description: schema.description }),
    ...(isRequired(schema) && { required: true }),
    schema: jsonSchema(schema, 'request')
  }))
}

/** What has a default is there without being sent, and always there when it is answered. */
function isRequired(schema: TSchema): boolean {
  return schema[OptionalKind] === undefined && schema.default === undefined
}

/** A schema as JSON Schema 2020-12, with nothing that only core understands. */
export function jsonSchema(schema: TSchema, of: 'request' | 'response'): Json {
  const plain: Record<string, unknown> = {}
  if (typeof schema.type === 'string') plain.type = schema.type
  for (const keyword of KEYWORDS) if (schema[keyword] !== undefined) plain[keyword] = schema[keyword]
  if (KindGuard.IsObject(schema)) {
    const entries = Object.entries(schema.properties)
    const required = entries
      .filter(([, each]) => (of === 'request' ? isRequired(each) : each[OptionalKind] === undefined))
      .map(([name]) => name)
    plain.properties = Object.fromEntries(entries.map(([name, each]) => [name, jsonSchema(each, of)]))
    if (required.length > 0) plain.required = required
    plain.additionalProperties = false
  } else if (KindGuard.IsRecord(schema)) {
    const patterns: readonly [string, TSchema][] = Object.entries(schema.patternProperties)
    plain.patternProperties = Object.fromEntries(patterns.map(([pattern, each]) => [pattern, jsonSchema(each, of)]))
  } else if (KindGuard.IsArray(schema)) plain.items = jsonSchema(schema.items, of)
  else if (KindGuard.IsUnion(schema)) plain.anyOf = schema.anyOf.map(each => jsonSchema(each, of))
  return plain
}

function ref(to: string): Json {
  return { $ref: `#/components/${to}` }
}

const PROBLEM: Json = {
  type: 'object',
  description: 'Problem details (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'reason'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string' },
    reason: { type: 'string', pattern: '^[a-z][a-z0-9_]*$', description: 'A stable word for programs.' },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      description: 'What is wrong with the request, and where.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } }
      }
    }
  }
}
