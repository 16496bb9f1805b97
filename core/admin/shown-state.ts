/** Reads what plugin instances show of themselves, and lets nothing through that is no word and no number. Pure. */
import { type Static, Type } from '@sinclair/typebox'
import type { PluginInstance } from '../instances.ts'

/** What an instance shows: facts by what they are about, such as the id of a peer. */
export const ShownState = Type.Record(
  Type.String(),
  Type.Record(Type.String(), Type.Union([Type.Number(), Type.Boolean(), Type.String()])),
  { description: 'What the plugin shows of its state, by what it is about.' }
)

/** Entries of one instance, and facts of one entry. */
const MAX_ENTRIES = 1_000
const MAX_FACTS = 50
/** Words of the configuration and of code; sentences have spaces. */
const WORD = /^[A-Za-z0-9@._/#:+-]{1,128}$/

/** What an instance shows now; undefined when it shows nothing, or fails to. */
export function shownState({ phases }: PluginInstance): Static<typeof ShownState> | undefined {
  let shown: unknown
  try {
    shown = phases.show?.()
  } catch {
    // Looking at a plugin changes nothing, so neither does failing to.
    return undefined
  }
  if (!isObject(shown)) return undefined
  const entries = Object.entries(shown)
    .slice(0, MAX_ENTRIES)
    .flatMap(([name, facts]) => (WORD.test(name) && isObject(facts) ? [[name, plainFacts(facts)] as const] : []))
  return Object.fromEntries(entries)
}

function plainFacts(facts: object): Record<string, number | boolean | string> {
  const plain: Record<string, number | boolean | string> = {}
  for (const [name, value] of Object.entries(facts).slice(0, MAX_FACTS)) {
    if (!WORD.test(name)) continue
    if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) plain[name] = value
    else if (typeof value === 'string' && WORD.test(value)) plain[name] = value
  }
  return plain
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
