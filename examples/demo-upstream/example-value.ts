/**
 * Makes a value that fits a JSON Schema: the arguments of a tool call, or a
 * structured answer. Always the same for the same schema. Covers what tools and
 * structured outputs use; `$ref` is looked up in the schema's own definitions.
 */
import { type Fields, isFields } from './fields.ts'

/** How deep a value may go; a schema that refers to itself ends there. */
const DEEPEST = 8

/** A value for `schema`. What the schema does not constrain is a short word, 1 or true. */
export function exampleValue(schema: unknown, root: unknown = schema, depth = 0): unknown {
  if (!isFields(schema)) return 'demo'
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (typeof schema.$ref === 'string') {
    return depth < DEEPEST ? exampleValue(resolve(schema.$ref, root), root, depth + 1) : null
  }
  for (const choice of [schema.anyOf, schema.oneOf, schema.allOf]) {
    if (Array.isArray(choice)) return exampleValue(choice[0], root, depth + 1)
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type) {
    case 'object':
      return exampleObject(schema, root, depth)
    case 'array':
      return depth < DEEPEST ? [exampleValue(schema.items, root, depth + 1)] : []
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? Math.max(1, schema.minimum) : 1
    case 'boolean':
      return true
    case 'null':
      return null
    case 'string':
      return exampleText(schema)
    default:
      return isFields(schema.properties) ? exampleObject(schema, root, depth) : 'demo'
  }
}

function exampleObject(schema: Fields, root: unknown, depth: number): Fields {
  const value: Record<string, unknown> = {}
  if (depth >= DEEPEST || !isFields(schema.properties)) return value
  for (const [name, property] of Object.entries(schema.properties))
    value[name] = exampleValue(property, root, depth + 1)
  return value
}

function exampleText(schema: Fields): string {
  if (schema.format === 'date') return '2026-01-01'
  if (schema.format === 'date-time') return '2026-01-01T00:00:00Z'
  if (schema.format === 'email') return 'demo@example.com'
  if (schema.format === 'uri') return 'https://example.com/'
  const longest = typeof schema.maxLength === 'number' ? schema.maxLength : Number.POSITIVE_INFINITY
  const shortest = typeof schema.minLength === 'number' ? Math.min(schema.minLength, 1000) : 0
  return 'demo'.padEnd(shortest, ' demo').slice(0, longest)
}

/** Follows a local reference such as `#/$defs/place` (RFC 6901). */
function resolve(reference: string, root: unknown): unknown {
  let value = root
  for (const step of reference.split('/').slice(1)) {
    if (!isFields(value)) return undefined
    value = value[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return value
}
