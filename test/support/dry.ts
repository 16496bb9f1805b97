/** Configurations for dry runs: built-in plugins, and those that a test brings along. Starts nothing. */
import { type LoadedConfiguration, loadConfiguration } from '../../core/configuration/load.ts'
import { Substitutions } from '../../core/configuration/secrets.ts'
import { validate } from '../../core/configuration/validate.ts'
import { type Cases, CasesFile } from '../../core/dry-run/case-schema.ts'
import { PluginLoader } from '../../core/loader.ts'
import { type PluginDefinition, Type } from '../../core/plugin.ts'

/** What most tests need: two upstreams, of two peers and of one, and a route that takes everything. */
export const TWO_UPSTREAMS = {
  version: 1,
  upstreams: [
    {
      id: 'chat',
      peers: [
        { id: 'eu', url: 'https://eu.llm.example.com', weight: 3 },
        { id: 'us', url: 'https://us.llm.example.com' }
      ]
    },
    { id: 'spare', peers: [{ id: 'only', url: 'https://spare.example.com/base' }] }
  ],
  routes: [{ id: 'all', match: { path: '/*' }, upstream: 'chat' }]
} as const

/** Loads a configuration as `tacit` does, without a file. */
export function loadForDryRun(
  configuration: object,
  definitions: readonly PluginDefinition[] = [],
  environment: Readonly<Record<string, string>> = {}
): Promise<LoadedConfiguration> {
  const loader = new PluginLoader()
  return loadConfiguration(
    { file: 'gateway.yaml', text: JSON.stringify(configuration), environment },
    {
      names: () => [...loader.names(), ...definitions.map(({ name }) => name)],
      find: async (use, directory) => definitions.find(({ name }) => name === use) ?? loader.find(use, directory)
    }
  )
}

/** A plugin that does what a test wants. */
export function pluginOf(name: string, given: Partial<PluginDefinition>): PluginDefinition {
  return {
    contract: 1,
    name,
    summary: 'For a test.',
    config: Type.Object({}),
    data: { reads: ['request-body', 'response-body'] },
    setup: () => ({}),
    ...given
  }
}

/** A file of cases, as it is read. */
export function casesOf(file: object): Cases {
  const { decoded } = validate(CasesFile, structuredClone(file), [], new Substitutions())
  if (decoded === undefined) throw new TypeError('the cases do not fit their schema')
  return decoded
}
