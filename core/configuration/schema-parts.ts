/** Pieces that the schemas of the file share. Knows no plugin. */
import { type TSchema, Type } from '@sinclair/typebox'

/** A name that other parts of the file, logs and metrics use. */
export const Id = (description: string) =>
  Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,62}$', unit: 'id', description })

/** A block that takes no other keys. */
export const closed = { additionalProperties: false } as const

/** A block that may be left out: every key in it has a default. */
export const closedBlock = { additionalProperties: false, default: {} } as const

/** A list that may be written as a single value when it has one entry; wrapped into a list before it is checked. */
export function OneOrMany<Item extends TSchema>(
  item: Item,
  options: { readonly description: string; readonly minItems?: number; readonly default?: readonly string[] }
) {
  return Type.Array(item, { ...options, orOne: true })
}

/** One of some words. TypeBox checks the pattern; editors and reports read the list. */
export function Word<const Words extends readonly string[]>(
  words: Words,
  options: { readonly description: string; readonly default?: Words[number] }
) {
  const pattern = `^(?:${words.map(word => word.replaceAll('.', '\\.')).join('|')})$`
  return Type.Unsafe<Words[number]>(Type.String({ ...options, enum: [...words], pattern }))
}

/** Names and values that mean something to the operator alone. */
export const Labels = Type.Record(Type.String(), Type.String(), {
  default: {},
  description: 'Names and values of your own, for rules and metrics.'
})

/**
 * What of plugins stands at a place: a use of one, or what a consumer has for each by name. The schemas of
 * plugins are not here, so whoever describes the whole file puts them in at these places.
 */
export type PluginPart = 'use' | 'credentials' | 'settings'

/** A block with one key for each plugin that something is said for. */
export function ByPlugin(part: PluginPart, description: string) {
  return Type.Record(Type.String(), Type.Unknown(), { default: {}, description, plugin: part })
}

/** Options of a block that is one use of a plugin. */
export const pluginUse = { ...closed, plugin: 'use' satisfies PluginPart } as const

/** One use of a plugin, or of a balancer. */
export const PluginUse = Type.Object(
  {
    use: Type.String({
      description: 'A built-in plugin (`key-auth`), a file (`./plugins/mine.ts`) or a package (`npm:acme-plugin`).'
    }),
    config: Type.Unsafe<Readonly<Record<string, unknown>>>(
      Type.Object({}, { additionalProperties: true, default: {}, description: "The plugin's own settings." })
    ),
    failureMode: Word(['deny', 'allow'], {
      default: 'deny',
      description: '`allow` lets an exchange pass when the plugin itself fails. Plugins that guard something refuse it.'
    })
  },
  pluginUse
)
