/** Merges what plugins, groups and consumers set, once, when a configuration is loaded. Pure. */
import { freeze } from '../configuration/freeze.ts'

/** Settings as they stand after decoding. */
export type Settings = Readonly<Record<string, unknown>>

/** One plugin's settings, from the weakest to the strongest. Only what was written, except for `defaults`. */
export interface SettingsInput {
  /** What holds for a consumer that nothing else is said of. */
  readonly defaults: Settings
  /** By group. */
  readonly groups: ReadonlyMap<string, Settings>
  /** By consumer. */
  readonly consumers: ReadonlyMap<string, Settings>
}

/** One plugin's settings, merged and frozen. */
export interface MergedSettings {
  readonly defaults: Settings
  readonly groups: ReadonlyMap<string, Settings>
  readonly consumers: ReadonlyMap<string, Settings>
}

/**
 * Merges defaults < group < consumer, key by key at the top: a key that is set
 * again replaces the whole value. Consumers without settings of their own share
 * those of their group, so many consumers cost little.
 *
 * @param groupOf The group of each consumer that has one.
 */
export function mergeSettings(input: SettingsInput, groupOf: ReadonlyMap<string, string>): MergedSettings {
  const defaults = freeze({ ...input.defaults })
  const groups = new Map<string, Settings>()
  for (const [group, settings] of input.groups) groups.set(group, freeze({ ...defaults, ...settings }))
  const consumers = new Map<string, Settings>()
  for (const [consumer, settings] of input.consumers) {
    const group = groupOf.get(consumer)
    const below = group === undefined ? defaults : (groups.get(group) ?? defaults)
    consumers.set(consumer, freeze({ ...below, ...settings }))
  }
  return { defaults, groups, consumers }
}
