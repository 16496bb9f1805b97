/** Merges what plugins, groups, consumers and credentials set, once, when a configuration is loaded. Pure. */
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
  /** By the name of the credential. */
  readonly credentials?: ReadonlyMap<string, Settings>
}

/** One plugin's settings, merged and frozen. */
export interface MergedSettings {
  readonly defaults: Settings
  readonly groups: ReadonlyMap<string, Settings>
  readonly consumers: ReadonlyMap<string, Settings>
  readonly credentials: ReadonlyMap<string, Settings>
}

/**
 * Merges defaults < group < consumer < credential, key by key at the top: a key that is set
 * again replaces the whole value. Consumers without settings of their own share
 * those of their group, so many consumers cost little.
 *
 * @param groupOf The group of each consumer that has one.
 * @param consumerOf Whose each credential is.
 */
export function mergeSettings(
  input: SettingsInput,
  groupOf: ReadonlyMap<string, string>,
  consumerOf: ReadonlyMap<string, string> = new Map()
): MergedSettings {
  const defaults = freeze({ ...input.defaults })
  const groups = new Map<string, Settings>()
  for (const [group, settings] of input.groups) groups.set(group, freeze({ ...defaults, ...settings }))
  const consumers = new Map<string, Settings>()
  const ofGroup = (consumer: string) => groups.get(groupOf.get(consumer) ?? '') ?? defaults
  for (const [consumer, settings] of input.consumers) {
    consumers.set(consumer, freeze({ ...ofGroup(consumer), ...settings }))
  }
  const credentials = new Map<string, Settings>()
  for (const [credential, settings] of input.credentials ?? []) {
    const consumer = consumerOf.get(credential) ?? ''
    credentials.set(credential, freeze({ ...(consumers.get(consumer) ?? ofGroup(consumer)), ...settings }))
  }
  return { defaults, groups, consumers, credentials }
}
