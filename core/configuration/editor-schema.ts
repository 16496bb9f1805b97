/**
 * Makes the JSON Schema (draft-07) that editors check and complete the gateway's file with: the schema of the file,
 * with the schemas of plugins where plugins stand. Which plugins there are it must be told. Pure.
 */
import type { TSchema } from '@sinclair/typebox'
import type { PluginDefinition } from '../plugin.ts'
import { closed } from './closed.ts'
import { wholeCredential } from './credential-schema.ts'
import { shared } from './editor-shared.ts'
import { editorValue, type JsonSchema, oneOrMany, where } from './editor-values.ts'
import { ANY_REFERENCE } from './references.ts'
import { GatewayFile } from './schema.ts'
import { PluginUse } from './schema-parts.ts'

/** A plugin that editors and the reference know. */
export interface KnownPlugin {
  /** What stands after `use:`: the name of a built-in, a file or a package. */
  readonly use: string
  readonly definition: PluginDefinition
}

/** Files and packages that `use:` takes besides. */
const OTHER_USE = `^(?:\\.{1,2}/|npm:).|${ANY_REFERENCE}`

/**
 * The schema of the whole file.
 * @param plugins those that are known. Other files and packages pass with any `config`. Of two with one name, the later
 * one says what credentials and settings are.
 * @param kind `part` for files that are included: nothing is missing from one of those by itself.
 */
export function editorSchema(plugins: readonly KnownPlugin[], kind: 'main' | 'part' = 'main'): JsonSchema {
  const byName = new Map(plugins.map(({ definition }) => [definition.name, definition]))
  const definitions: Record<string, JsonSchema> = { plugin: useOf(plugins) }
  const graft = ({ plugin }: TSchema): JsonSchema | undefined => {
    if (plugin === 'use') return { allOf: [{ $ref: '#/definitions/plugin' }] }
    if (plugin === 'credentials') return perPlugin(byName, ['object', 'array'], credentialsFor)
    if (plugin === 'settings') return perPlugin(byName, 'object', settingsFor)
    return undefined
  }
  for (const { name, credential } of byName.values()) {
    if (credential === undefined) continue
    definitions[`${name}-credential`] = editorValue(closed(wholeCredential(credential)), graft)
  }
  const { required: _, ...file } = editorValue(closed(GatewayFile), graft)
  return shared({
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Made by `tacit schema`. Changes belong into the schemas it is made from.',
    ...file,
    ...(kind === 'main' && {
      required: ['version'],
      // What is missing here may stand in a file that this one includes.
      allOf: [where({ required: ['include'] }, {}, { required: ['upstreams', 'routes'] })]
    }),
    definitions
  })
}

/** A use of a plugin: what may be set depends on which it is. */
function useOf(plugins: readonly KnownPlugin[]): JsonSchema {
  const { use, config, failureMode } = PluginUse.properties
  const { description, markdownDescription } = editorValue(use)
  const known = {
    enum: plugins.map(plugin => plugin.use),
    markdownEnumDescriptions: plugins.map(({ definition }) => definition.summary)
  }
  return {
    type: 'object',
    required: ['use'],
    properties: {
      use: { description, markdownDescription, anyOf: [known, { type: 'string', pattern: OTHER_USE }] },
      // Offered once, here; described below, by the plugin that it is for.
      config: { type: 'object' },
      failureMode: editorValue(failureMode)
    },
    additionalProperties: false,
    allOf: [
      where(
        isUse({ enum: known.enum }),
        {},
        { properties: { config: { ...editorValue(config), doNotSuggest: true } } }
      ),
      ...plugins.map(plugin => where(isUse({ const: plugin.use }), withPlugin(plugin.definition)))
    ]
  }
}

function isUse(use: JsonSchema): JsonSchema {
  return { required: ['use'], properties: { use } }
}

/** A use within a use. */
const NESTED: JsonSchema = { allOf: [{ $ref: '#/definitions/plugin' }] }

function withPlugin({ name, summary, config, guard }: PluginDefinition): JsonSchema {
  const own = editorValue(closed(config), ({ plugin }) => (plugin === 'use' ? NESTED : undefined))
  const deny = {
    pattern: `^deny$|${ANY_REFERENCE}`,
    errorMessage: `"${name}" guards something: it cannot let exchanges pass when it fails.`,
    doNotSuggest: true
  }
  return {
    ...(own.required !== undefined && { required: ['config'] }),
    properties: {
      config: { description: `Settings of ${name}. ${summary}`, ...own, doNotSuggest: true },
      ...(guard === true && { failureMode: deny })
    }
  }
}

/** A key for each plugin. Plugins of the operator's own may have any name; those known to take nothing are refused. */
function perPlugin(
  byName: ReadonlyMap<string, PluginDefinition>,
  type: unknown,
  schemaFor: (definition: PluginDefinition) => JsonSchema | false
): JsonSchema {
  const properties = Object.fromEntries([...byName].map(([name, definition]) => [name, schemaFor(definition)]))
  return { type: 'object', properties, additionalProperties: { type } }
}

function credentialsFor({ name, summary, credential }: PluginDefinition): JsonSchema | false {
  if (credential === undefined) return false
  const entry = { $ref: `#/definitions/${name}-credential` }
  return { description: `Credentials for ${name}. ${summary}`, ...oneOrMany('object', entry) }
}

/** What is missing may be set by the group, or by the consumer. */
function settingsFor({ name, summary, consumerConfig }: PluginDefinition): JsonSchema | false {
  if (consumerConfig === undefined) return false
  const { required: _, ...settings } = editorValue(closed(consumerConfig))
  return { description: `Settings for ${name}. ${summary}`, ...settings }
}
