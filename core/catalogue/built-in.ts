/** The providers, models and prices that come along: read once for a process, and only when somebody asks. */
import { ConfigurationError, type Problem } from '../configuration/report.ts'
import { builtInFiles } from './files.ts'
import { type Layer, mergeLayers } from './merge.ts'
import type { Registry } from './registry.ts'

let layer: Layer | undefined
let registry: Registry | undefined

/**
 * The data, whole and sound.
 * @throws ConfigurationError when a file of the installation is not in order.
 */
export function builtInLayer(): Layer {
  load()
  return layer ?? []
}

/** The registry of nothing but what comes along. @throws as {@link builtInLayer}. */
export function builtInRegistry(): Registry {
  return load()
}

/** Everything that is wrong with the data that comes along. */
export function builtInProblems(): readonly Problem[] {
  try {
    load()
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

function load(): Registry {
  if (registry !== undefined) return registry
  const files = builtInFiles()
  const parts = files.flatMap(({ part }) => part ?? [])
  const merged = mergeLayers([parts])
  const problems = files.flatMap(file => file.problems())
  if (problems.length > 0) throw new ConfigurationError('config/', problems)
  layer = parts
  registry = merged
  return merged
}
