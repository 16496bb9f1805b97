/**
 * Says once what a JSON Schema says in several places: such parts go to `definitions`, and a `$ref` stands for them. What
 * consumers, groups and credentials may set is much the same, and would otherwise be most of the schema. Knows nothing
 * of what the parts mean. Pure.
 */
import type { JsonSchema } from './editor-values.ts'
import { isBlock } from './path.ts'

/** In characters, as JSON. A shorter part is easier to read where it applies than a reference to it. */
const MIN_SHARED_LENGTH = 700

/** Keywords whose value is a schema, and those that hold several. */
const HOLDS_ONE: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'if', 'then', 'else'])
const HOLDS_LIST: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'items'])
const HOLDS_NAMED: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'definitions'])

/** A part that is found more than once. */
interface Part {
  readonly schema: JsonSchema
  /** The words on the way to where it is found first, such as `rate-limit`, `limits`. */
  readonly words: readonly string[]
  count: number
}

/**
 * The same schema, shorter.
 * @param schema its own `definitions`, if it has any, keep their names.
 */
export function shared(schema: JsonSchema): JsonSchema {
  const parts = new Map<string, Part>()
  survey(schema, [], parts)
  const taken = new Set(isBlock(schema.definitions) ? Object.keys(schema.definitions) : [])
  const names = new Map<string, string>()
  for (const [text, { words, count }] of parts) {
    if (count > 1) names.set(text, unused(words, taken))
  }
  const replaced = inside(schema, part => refer(part, names))
  const definitions: Record<string, JsonSchema> = {}
  for (const [text, name] of names) {
    const part = parts.get(text)
    if (part !== undefined) definitions[name] = inside(part.schema, below => refer(below, names))
  }
  return { ...replaced, definitions: { ...(isBlock(replaced.definitions) && replaced.definitions), ...definitions } }
}

/** Counts the parts below a schema. Those within a part that was seen before are counted already. */
function survey(schema: JsonSchema, words: readonly string[], parts: Map<string, Part>): void {
  inside(schema, (part, word) => {
    const own = word === undefined ? words : [...words, word]
    const text = JSON.stringify(part)
    if (text.length < MIN_SHARED_LENGTH) return part
    const known = parts.get(text)
    if (known === undefined) {
      parts.set(text, { schema: part, words: own, count: 1 })
      survey(part, own, parts)
    } else known.count++
    return part
  })
}

function refer(part: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  const name = names.get(JSON.stringify(part))
  return name === undefined ? inside(part, below => refer(below, names)) : { $ref: `#/definitions/${name}` }
}

/** A copy of a schema with each schema right below it changed. @param change is told the key that it stands under, if any. */
function inside(schema: JsonSchema, change: (part: JsonSchema, word?: string) => JsonSchema): JsonSchema {
  const of = (value: unknown, word?: string): unknown => (isBlock(value) ? change(value, word) : value)
  const entries = Object.entries(schema).map(([keyword, value]) => {
    if (HOLDS_LIST.has(keyword) && Array.isArray(value)) return [keyword, value.map((item: unknown) => of(item))]
    if (HOLDS_ONE.has(keyword)) return [keyword, of(value, keyword === 'items' ? 'entry' : undefined)]
    if (!HOLDS_NAMED.has(keyword) || !isBlock(value)) return [keyword, value]
    return [keyword, Object.fromEntries(Object.entries(value).map(([key, part]) => [key, of(part, key)]))]
  })
  return Object.fromEntries(entries)
}

/** The shortest end of the way to a part that is not taken, or that with a number. */
function unused(words: readonly string[], taken: Set<string>): string {
  for (let length = 1; length <= words.length; length++) {
    const name = words.slice(-length).join('-')
    if (name !== 'entry' && claim(name, taken)) return name
  }
  for (let number = 2; ; number++) {
    const name = `${words.join('-')}-${number}`
    if (claim(name, taken)) return name
  }
}

function claim(name: string, taken: Set<string>): boolean {
  if (taken.has(name)) return false
  taken.add(name)
  return true
}
