/**
 * Who may call, as one loaded configuration says it: consumers, what proves
 * them, what is set for them. Built once, never changed, asked in constant time
 * without waiting. Must not know where its input was read from.
 */
import { CHANGEABLE_PARTS, type CredentialParts, isGoodAt, proofOf } from '../configuration/credential-schema.ts'
import { credentialName } from '../configuration/credentials.ts'
import { freeze } from '../configuration/freeze.ts'
import { GatewayError } from '../errors.ts'
import type { Consumer, Credential, FoundCredential } from '../plugin.ts'
import { type MergedSettings, mergeSettings, type Settings, type SettingsInput } from './settings.ts'

/** One credential of one consumer. */
export interface CredentialInput {
  readonly consumerId: string
  /** Its place among the consumer's credentials for the plugin, from 0. */
  readonly index: number
  /** As the plugin's schema decoded it. */
  readonly credential: unknown
  /** What core reads of it besides. */
  readonly parts?: CredentialParts
  /** What it is looked up by. */
  readonly digest: string
}

/** Everything a directory is built of. */
export interface DirectoryInput {
  readonly consumers: readonly Consumer[]
  /** By plugin. */
  readonly credentials: ReadonlyMap<string, readonly CredentialInput[]>
  /** By plugin. */
  readonly settings: ReadonlyMap<string, SettingsInput>
  /** Ids of the groups, those that set nothing included. */
  readonly groups?: readonly string[]
}

/** Consumers, credentials and settings of one configuration. What it hands out is frozen, and the same every time. */
export class Directory {
  readonly #consumers: ReadonlyMap<string, Consumer>
  readonly #credentials: ReadonlyMap<string, ReadonlyMap<string, FoundCredential>>
  /** When credentials are good that are not always. */
  readonly #bounds = new Map<FoundCredential, CredentialParts>()
  /** By the name of the credential. */
  readonly #consumerOf = new Map<string, string>()
  readonly #settings: ReadonlyMap<string, MergedSettings>
  readonly #groups: ReadonlySet<string>

  /**
   * @throws GatewayError `TACIT_CONSUMER_DUPLICATE`, `TACIT_CONSUMER_UNKNOWN`, `TACIT_CREDENTIAL_DUPLICATE` or
   * `TACIT_CREDENTIAL_NAME_DUPLICATE`: a credential must lead to one consumer, and its name to one credential.
   */
  constructor(input: DirectoryInput) {
    this.#consumers = indexConsumers(input.consumers)
    this.#credentials = indexCredentials(input.credentials, this.#consumers, this.#bounds)
    for (const byDigest of this.#credentials.values()) {
      for (const { credentialId, consumer } of byDigest.values()) this.#consumerOf.set(credentialId, consumer.id)
    }
    this.#groups = new Set(input.groups)
    const groupOf = new Map<string, string>()
    for (const { id, group } of this.#consumers.values()) if (group !== undefined) groupOf.set(id, group)
    const settings = new Map<string, MergedSettings>()
    for (const [plugin, given] of input.settings) settings.set(plugin, mergeSettings(given, groupOf, this.#consumerOf))
    this.#settings = settings
  }

  /** Finds one of a plugin's credentials by its digest, and whose it is. */
  find(plugin: string, digest: string): FoundCredential | undefined {
    return this.#credentials.get(plugin)?.get(digest)
  }

  /** Whether one that was found here is good at that moment, in ms since the epoch. */
  isGood(found: FoundCredential, at: number): boolean {
    const bounds = this.#bounds.get(found)
    return bounds === undefined || isGoodAt(bounds, at)
  }

  /** The consumer of that id. */
  consumer(id: string): Consumer | undefined {
    return this.#consumers.get(id)
  }

  /**
   * A plugin's settings for a consumer: defaults < group < consumer < credential. A consumer
   * that this directory does not hold (named by a token, say) gets those of its group.
   */
  settings(plugin: string, consumer: Consumer, credential?: Credential): Settings {
    const merged = this.#settings.get(plugin)
    if (merged === undefined) return NO_SETTINGS
    if (credential !== undefined && merged.credentials.size > 0) {
      const own = merged.credentials.get(credential.id)
      if (own !== undefined && this.#consumerOf.get(credential.id) === consumer.id) return own
    }
    return merged.consumers.get(consumer.id) ?? this.groupSettings(plugin, consumer.group)
  }

  /** A plugin's settings for a group: defaults < group; the defaults for one that this directory does not hold. */
  groupSettings(plugin: string, group: string | undefined): Settings {
    const merged = this.#settings.get(plugin)
    if (merged === undefined) return NO_SETTINGS
    return (group === undefined ? undefined : merged.groups.get(group)) ?? merged.defaults
  }

  /** Whether the file has a group of that id. */
  hasGroup(id: string): boolean {
    return this.#groups.has(id)
  }

  /** Whether a credential of the file is called that in records. */
  hasCredential(id: string): boolean {
    return this.#consumerOf.has(id)
  }
}

const NO_SETTINGS: Settings = Object.freeze({})

function indexConsumers(consumers: readonly Consumer[]): Map<string, Consumer> {
  const byId = new Map<string, Consumer>()
  for (const { id, group, labels } of consumers) {
    if (byId.has(id)) {
      throw new GatewayError(
        'TACIT_CONSUMER_DUPLICATE',
        `Two consumers are called "${id}".`,
        'Give each consumer an id of its own.'
      )
    }
    byId.set(id, freeze({ id, group, labels: { ...labels } }))
  }
  return byId
}

function indexCredentials(
  credentials: ReadonlyMap<string, readonly CredentialInput[]>,
  consumers: ReadonlyMap<string, Consumer>,
  bounds: Map<FoundCredential, CredentialParts>
): Map<string, Map<string, FoundCredential>> {
  const byPlugin = new Map<string, Map<string, FoundCredential>>()
  const owners = new Map<string, string>()
  for (const [plugin, entries] of credentials) {
    const byDigest = new Map<string, FoundCredential>()
    byPlugin.set(plugin, byDigest)
    for (const { consumerId, index, credential, parts = {}, digest } of entries) {
      const consumer = consumers.get(consumerId)
      if (consumer === undefined) {
        throw new GatewayError('TACIT_CONSUMER_UNKNOWN', `A credential belongs to "${consumerId}", whom nobody knows.`)
      }
      const other = byDigest.get(digest)
      if (other !== undefined) {
        throw new GatewayError(
          'TACIT_CREDENTIAL_DUPLICATE',
          `The consumers "${other.consumer.id}" and "${consumerId}" have the same credential for ${plugin}.`,
          'Give each consumer credentials of its own.'
        )
      }
      const credentialId = parts.id ?? credentialName(consumerId, plugin, index, credential)
      const owner = owners.get(credentialId)
      if (owner !== undefined) {
        throw new GatewayError(
          'TACIT_CREDENTIAL_NAME_DUPLICATE',
          `Two credentials are called "${credentialId}": one of "${owner}" and one of "${consumerId}".`,
          'Give each credential an `id` of its own, or none.'
        )
      }
      owners.set(credentialId, consumerId)
      const proof = proofOf(credentialId, parts)
      const found = Object.freeze({ consumer, credentialId, credential: freeze(credential), proof })
      byDigest.set(digest, found)
      if (CHANGEABLE_PARTS.some(part => parts[part] !== undefined)) bounds.set(found, parts)
    }
  }
  return byPlugin
}
