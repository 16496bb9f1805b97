/**
 * Identities of the store as plugins see them, for one loaded configuration: its
 * plugins' schemas decode them, and its file goes before them. What does not fit
 * is not found.
 */
import { type TObject, Type } from '@sinclair/typebox'
import type { Clock } from '../clock.ts'
import { proofOf, splitCredential, wholeCredential } from '../configuration/credential-schema.ts'
import { freeze } from '../configuration/freeze.ts'
import { isBlock } from '../configuration/path.ts'
import { Substitutions } from '../configuration/secrets.ts'
import { validate } from '../configuration/validate.ts'
import { GatewayError } from '../errors.ts'
import type { Consumer, Credential, FoundCredential, MaybePromise, PluginDefinition } from '../plugin.ts'
import type { Directory } from './directory.ts'
import type { Answer, IdentityCache } from './identity-cache.ts'
import type { FoundRows } from './identity-store.ts'
import type { ConsumerRow, CredentialRow, GroupRow } from './rows.ts'
import type { Settings } from './settings.ts'

/** What the settings of who was found are made of. */
interface Known {
  readonly consumer: ConsumerRow
  /** Undefined for a group of the file, too. */
  readonly group: GroupRow | undefined
}

/**
 * What everybody who was found is made of. One list for all configurations, because an exchange that was let in under
 * one may ask for its settings under the next.
 */
const CONSUMERS = new WeakMap<Consumer, Known>()
const CREDENTIALS = new WeakMap<Credential, CredentialRow>()

/** Nothing of the environment is put into what comes from a store. */
const NOTHING = new Substitutions()

/** The store's identities under one configuration. */
export class StoredIdentities {
  readonly #cache: IdentityCache
  readonly #clock: Clock
  readonly #directory: Directory
  readonly #definitions: ReadonlyMap<string, PluginDefinition>
  /** What each answer came to; gone with the answer. */
  readonly #found = new WeakMap<Answer, FoundCredential | 'nothing'>()
  readonly #consumers = new WeakMap<Answer, Consumer | 'nothing'>()
  /** By plugin, what was merged for a consumer, a credential, or the group of a consumer. */
  readonly #settings = new WeakMap<Consumer | Credential, Map<string, Settings>>()
  readonly #groupSettings = new WeakMap<Consumer, Map<string, Settings>>()

  /** @param definitions the plugins that are in use, by name. */
  constructor(
    cache: IdentityCache,
    clock: Clock,
    directory: Directory,
    definitions: ReadonlyMap<string, PluginDefinition>
  ) {
    this.#cache = cache
    this.#clock = clock
    this.#directory = directory
    this.#definitions = definitions
  }

  /**
   * Finds one of a plugin's credentials by its digest, and whose it is.
   * @throws Refused `identity_unavailable`, or rejects with it, while the store cannot be asked.
   */
  find(plugin: string, digest: string): MaybePromise<FoundCredential | undefined> {
    const answer = this.#cache.find(plugin, digest)
    return answer instanceof Promise
      ? answer.then(later => this.#judge(plugin, digest, later))
      : this.#judge(plugin, digest, answer)
  }

  /**
   * A plugin's settings for a consumer that was found here: defaults < group < consumer < credential, whichever of them
   * stand in the file. Undefined for any other consumer.
   * @throws GatewayError `TACIT_SETTINGS_INVALID` when what was stored does not fit the plugin.
   */
  settings(plugin: string, consumer: Consumer, credential?: Credential): Settings | undefined {
    const known = CONSUMERS.get(consumer)
    if (known === undefined) return undefined
    const row = credential === undefined ? undefined : CREDENTIALS.get(credential)
    if (credential === undefined || row?.credential.settings === undefined || row.consumer !== consumer.id) {
      return remembered(this.#settings, consumer, plugin, () => this.#merge(plugin, consumer, known))
    }
    return remembered(this.#settings, credential, plugin, () => this.#merge(plugin, consumer, known, row))
  }

  /** A plugin's settings for the group of a consumer that was found here, if the store keeps that group. */
  groupSettings(plugin: string, consumer: Consumer): Settings | undefined {
    const group = CONSUMERS.get(consumer)?.group
    if (group === undefined) return undefined
    return remembered(this.#groupSettings, consumer, plugin, () => {
      const below = this.#directory.groupSettings(plugin, undefined)
      const schema = this.#definitions.get(plugin)?.consumerConfig
      return schema === undefined ? below : mergeStored(schema, below, [group.settings[plugin]], 'group')
    })
  }

  /**
   * The consumer of that name, unless it is blocked or the file has one of that name.
   * @throws Refused `identity_unavailable`, or rejects with it, while the store cannot be asked.
   */
  findConsumer(id: string): MaybePromise<Consumer | undefined> {
    const answer = this.#cache.findConsumer(id)
    return answer instanceof Promise ? answer.then(later => this.#consumer(later)) : this.#consumer(answer)
  }

  #consumer(answer: Answer): Consumer | undefined {
    let found = this.#consumers.get(answer)
    if (found === undefined) {
      found = (answer.rows && this.#sound(answer.rows)) ?? 'nothing'
      this.#consumers.set(answer, found)
    }
    return found === 'nothing' ? undefined : found
  }

  #judge(plugin: string, digest: string, answer: Answer): FoundCredential | undefined {
    const { rows } = answer
    if (rows?.credential === undefined) return undefined
    const { blocked, notBeforeAt, expiresAt } = rows.credential
    if (blocked) return undefined
    if (notBeforeAt !== undefined || expiresAt !== undefined) {
      const now = this.#clock.now()
      if (now < (notBeforeAt ?? 0) || now >= (expiresAt ?? Number.POSITIVE_INFINITY)) return undefined
    }
    let found = this.#found.get(answer)
    if (found === undefined) {
      found = this.#decode(plugin, digest, rows) ?? 'nothing'
      this.#found.set(answer, found)
    }
    return found === 'nothing' ? undefined : found
  }

  #decode(plugin: string, digest: string, rows: FoundRows): FoundCredential | undefined {
    const row = rows.credential
    const schema = this.#definitions.get(plugin)?.credential
    if (schema === undefined || row?.plugin !== plugin || row.digest !== digest) return undefined
    if (rows.consumer?.id !== row.consumer) return undefined
    const consumer = this.#sound(rows)
    if (consumer === undefined) return undefined
    const { decoded } = validate(wholeCredential(schema), structuredClone(row.credential), [], NOTHING)
    if (decoded === undefined) return undefined
    const { own, parts } = splitCredential(schema, decoded)
    const proof = proofOf(row.id, freeze(parts))
    CREDENTIALS.set(proof, row)
    return Object.freeze({ consumer, credentialId: row.id, credential: freeze(own), proof })
  }

  /** The consumer of an answer as plugins see it, if it may call. */
  #sound({ consumer, group }: FoundRows): Consumer | undefined {
    if (consumer === undefined || consumer.blocked) return undefined
    // The file goes before the store: a name that it has taken is its own, whatever the store says.
    if (this.#directory.consumer(consumer.id) !== undefined) return undefined
    // Of a group that is gone nobody knows what held for its members.
    const inFile = consumer.group !== undefined && this.#directory.hasGroup(consumer.group)
    if (consumer.group !== undefined && !inFile && group?.id !== consumer.group) return undefined
    const found: Consumer = freeze({ id: consumer.id, group: consumer.group, labels: { ...consumer.labels } })
    CONSUMERS.set(found, { consumer, group: inFile ? undefined : group })
    return found
  }

  #merge(plugin: string, consumer: Consumer, known: Known, credential?: CredentialRow): Settings {
    const schema = this.#definitions.get(plugin)?.consumerConfig
    // Of a group that stands in the file, or of none: what the file says for it, or the defaults.
    const below = this.#directory.groupSettings(plugin, known.group === undefined ? consumer.group : undefined)
    if (schema === undefined) return below
    const ofCredential = credential?.credential.settings
    return mergeStored(schema, below, [
      known.group?.settings[plugin],
      known.consumer.settings[plugin],
      isBlock(ofCredential) ? ofCredential[plugin] : undefined
    ])
  }
}

function remembered<Who extends object>(
  memory: WeakMap<Who, Map<string, Settings>>,
  who: Who,
  plugin: string,
  make: () => Settings
): Settings {
  let known = memory.get(who)
  if (known === undefined) {
    known = new Map()
    memory.set(who, known)
  }
  let settings = known.get(plugin)
  if (settings === undefined) {
    settings = make()
    known.set(plugin, settings)
  }
  return settings
}

/**
 * Merges what was stored over what is below it, key by key at the top.
 * @param level `group`: what is missing may still be set for its consumers.
 * @throws GatewayError `TACIT_SETTINGS_INVALID` when it does not fit, or when a key is missing that has no default.
 */
export function mergeStored(
  schema: TObject,
  below: Settings,
  written: readonly unknown[],
  level: 'consumer' | 'group' = 'consumer'
): Settings {
  let merged: Settings = below
  for (const settings of written) {
    if (settings === undefined) continue
    if (!isBlock(settings)) throw unfit()
    const { decoded } = validate(partial(schema), structuredClone(settings), [], NOTHING)
    if (decoded === undefined) throw unfit()
    merged = { ...merged, ...decoded }
  }
  const needed = level === 'group' ? [] : (schema.required ?? [])
  for (const key of needed) if (!Object.hasOwn(merged, key)) throw unfit()
  return freeze({ ...merged })
}

const PARTIAL = new WeakMap<TObject, TObject>()

/** The same schema with no key that must be written, and none that fills itself: a default must not go before what a group has set. */
function partial(schema: TObject): TObject {
  let known = PARTIAL.get(schema)
  if (known === undefined) {
    const properties = Object.entries(schema.properties).map(([key, property]) => {
      const { default: _dropped, ...rest } = property
      return [key, Type.Optional(rest)] as const
    })
    known = Type.Object(Object.fromEntries(properties))
    PARTIAL.set(schema, known)
  }
  return known
}

function unfit(): GatewayError {
  return new GatewayError('TACIT_SETTINGS_INVALID', 'Settings that were stored for a consumer do not fit the plugin.')
}
