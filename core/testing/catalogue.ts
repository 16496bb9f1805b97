/** Models and prices for plugins that are tested: the gateway's own, or those of a text in the form of `config/prices/`. */
import { builtInRegistry } from '../catalogue/built-in.ts'
import { readDataFile } from '../catalogue/files.ts'
import { mergeLayers } from '../catalogue/merge.ts'
import { ConfigurationError } from '../configuration/report.ts'
import type { Catalogue, PriceBook } from '../dialects/index.ts'

/** What `drive` takes as `parts`. */
export interface CatalogueParts {
  readonly catalogue: Catalogue
  readonly prices: PriceBook
}

/**
 * Makes a catalogue for `drive(plugin, config, { parts: testCatalogue(…) })`.
 * @param yaml providers, models and prices, alone; those that come along with the gateway, if not given.
 * @throws ConfigurationError with everything that is wrong with the text.
 */
export function testCatalogue(yaml?: string): CatalogueParts {
  if (yaml === undefined) return { catalogue: builtInRegistry(), prices: builtInRegistry() }
  const file = readDataFile('catalogue', yaml)
  const registry = mergeLayers(file.part === undefined ? [] : [[file.part]])
  const problems = file.problems()
  if (problems.length > 0) throw new ConfigurationError('catalogue', problems)
  return { catalogue: registry, prices: registry }
}
