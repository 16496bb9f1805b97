/**
 * Reads who may call: consumers, their credentials by plugin, and what they and
 * their groups set for plugins. Schemas are the plugins' own.
 */
import { nearest } from '../nearest.ts'
import type { PluginDefinition } from '../plugin.ts'
import { type CredentialParts, splitCredential, wholeCredential } from './credential-schema.ts'
import { credentialName } from './credentials.ts'
import { type Finding, problem, warning } from './finding.ts'
import { freeze } from './freeze.ts'
import { isBlock, type Path } from './path.ts'
import { byPlugin, type Uses } from './uses.ts'
import { validate } from './validate.ts'
import { type Entry, entriesOf, quote, type Written, wordOf } from './written.ts'

/** One credential of one consumer. */
export interface LoadedCredential {
  readonly consumerId: string
  /** Its place among the consumer's credentials for the plugin, from 0. */
  readonly index: number
  /** As the plugin's schema decoded it. */
  readonly credential: unknown
  /** What core reads of it besides, decoded. */
  readonly parts: CredentialParts
  /** What it is looked up by. */
  readonly digest: string
  readonly path: Path
}

/** One plugin's settings, decoded: each level holds those below it, too. */
export interface LoadedSettings {
  readonly defaults: Readonly<Record<string, unknown>>
  readonly groups: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly consumers: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** By the name of the credential. */
  readonly credentials: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

/** Credentials and settings by the name of the plugin. */
export interface LoadedDirectory {
  readonly credentials: ReadonlyMap<string, readonly LoadedCredential[]>
  readonly settings: ReadonlyMap<string, LoadedSettings>
}

/** Reads credentials and settings. What is wrong is added to `uses.findings`. */
export async function readDirectory(written: Written, uses: Uses): Promise<LoadedDirectory> {
  const reading = new DirectoryReading(written, uses)
  const groups = entriesOf(written.root, 'groups')
  const consumers = entriesOf(written.root, 'consumers')
  for (const entry of [...groups, ...consumers]) await reading.learn(entry)
  const routes = new Set(entriesOf(written.root, 'routes').flatMap(route => wordOf(route, 'id')?.text ?? []))
  for (const consumer of consumers) reading.credentials(consumer, routes)
  reading.settings(groups, consumers)
  return reading.result()
}

/** A credential that sets something for plugins. */
interface SettingCredential {
  readonly name: string
  readonly consumer: Entry
  readonly entry: Entry
}

interface Owned {
  readonly consumer: Entry
  readonly path: Path
}

class DirectoryReading {
  readonly #written: Written
  readonly #uses: Uses
  /** By the name that is written: undefined for one that nobody knows. */
  readonly #definitions = new Map<string, PluginDefinition | undefined>()
  readonly #credentials = new Map<string, LoadedCredential[]>()
  readonly #settings = new Map<string, LoadedSettings>()
  readonly #owners = new Map<string, Owned>()
  readonly #setting: SettingCredential[] = []
  #keyedDigest: Path | undefined

  constructor(written: Written, uses: Uses) {
    this.#written = written
    this.#uses = uses
  }

  result(): LoadedDirectory {
    const root = this.#written.root
    if (this.#keyedDigest !== undefined && !(isBlock(root) && root.digestKey !== undefined)) {
      this.#add(
        problem(
          this.#keyedDigest,
          'TACIT_DIGEST_KEY_MISSING',
          'This digest was made with a key, and the file has no `digestKey`.',
          'Add `digestKey: ${TACIT_DIGEST_KEY}` at the top of the file.'
        )
      )
    }
    return { credentials: this.#credentials, settings: this.#settings }
  }

  /** Finds every plugin that an entry speaks of. */
  async learn(entry: Entry): Promise<void> {
    for (const [name, value, path] of byPlugin(entry, 'credentials')) {
      const definition = await this.#definition(name, path)
      if (definition !== undefined && definition.credential === undefined) {
        this.#add(problem(path, 'TACIT_CREDENTIALS_REFUSED', `"${name}" takes no credentials.`, 'Remove them.', 'key'))
      }
      for (const [item, itemPath] of itemsOf(value, path)) {
        if (isBlock(item) && isBlock(item.settings)) await this.#learnSettings({ value: item, path: itemPath })
      }
    }
    await this.#learnSettings(entry)
  }

  async #learnSettings(entry: Entry): Promise<void> {
    for (const [name, value, path] of byPlugin(entry, 'settings')) {
      const definition = await this.#definition(name, path)
      if (definition === undefined) continue
      if (definition.consumerConfig === undefined) {
        this.#add(
          problem(
            path,
            'TACIT_SETTINGS_REFUSED',
            `"${name}" takes no settings of consumers or groups.`,
            'Set it in the `config:` of the plugin.',
            'key'
          )
        )
      } else if (!isBlock(value)) {
        // What is no block is not merged with anything, and must not be passed over either.
        const { findings } = validate(definition.consumerConfig, value, path, this.#uses.substitutions)
        for (const finding of findings) this.#add(finding)
      }
    }
  }

  async #definition(name: string, path: Path): Promise<PluginDefinition | undefined> {
    if (!this.#definitions.has(name)) await this.#resolve(name, path)
    return this.#definitions.get(name)
  }

  async #resolve(name: string, path: Path): Promise<void> {
    const definition = await this.#uses.named(name)
    this.#definitions.set(name, definition)
    if (definition === undefined) {
      const meant = await this.#uses.similar(name)
      this.#add(
        problem(
          path,
          'TACIT_PLUGIN_UNKNOWN',
          `No plugin is called ${quote({ text: name, path }, this.#written)}.`,
          meant === undefined ? 'Write the name of a plugin that is used in this file.' : `Did you mean "${meant}"?`,
          'key'
        )
      )
    } else if (!this.#uses.byName.has(name)) {
      this.#add(
        warning(path, 'TACIT_PLUGIN_UNUSED', `No route uses "${name}".`, 'Add it to the plugins of a route.', 'key')
      )
    }
  }

  /**
   * Decodes the credentials of one consumer.
   * @param routes the ids that there are.
   */
  credentials(consumer: Entry, routes: ReadonlySet<string>): void {
    const id = wordOf(consumer, 'id')
    for (const [name, value, path] of byPlugin(consumer, 'credentials')) {
      const own = this.#definitions.get(name)?.credential
      if (own === undefined) continue
      const schema = wholeCredential(own)
      const property = Object.keys(own.properties).find(key => own.properties[key]?.unit === 'digest')
      for (const [item, itemPath, index] of itemsOf(value, path)) {
        const { decoded, prepared, findings } = validate(schema, item, itemPath, this.#uses.substitutions)
        this.#uses.regions.push({ schema, value: prepared, decoded, path: itemPath })
        for (const finding of findings) this.#add(finding)
        if (!isBlock(decoded) || property === undefined || id === undefined) continue
        const digest = decoded[property]
        if (typeof digest !== 'string') continue
        const digestPath = [...itemPath, property]
        if (!this.#claim(`${name} ${digest}`, 'credential', { consumer, path: digestPath })) continue
        const isNamed = typeof decoded.id === 'string'
        if (isNamed && !this.#claim(`id ${decoded.id}`, 'name', { consumer, path: [...itemPath, 'id'] })) continue
        if (digest.startsWith('hmac-')) this.#keyedDigest ??= digestPath
        const { own: credential, parts } = splitCredential(own, decoded)
        this.#checkRoutes(parts, routes, itemPath)
        if (isBlock(prepared) && prepared.settings !== undefined) {
          const called = credentialName(id.text, name, index, decoded)
          this.#setting.push({ name: called, consumer, entry: { value: prepared, path: itemPath } })
        }
        const known = this.#credentials.get(name) ?? []
        known.push({
          consumerId: id.text,
          index,
          credential: freeze(credential),
          parts: freeze(parts),
          digest,
          path: itemPath
        })
        this.#credentials.set(name, known)
      }
    }
  }

  #checkRoutes({ goodFor }: CredentialParts, routes: ReadonlySet<string>, path: Path): void {
    for (const [index, route] of (goodFor?.routes ?? []).entries()) {
      if (routes.has(route)) continue
      const at = [...path, 'goodFor', 'routes', index]
      const meant = route.length > 64 ? undefined : nearest(route, [...routes])
      this.#add(
        problem(
          at,
          'TACIT_ROUTE_UNKNOWN',
          `No route is called ${quote({ text: route, path: at }, this.#written)}.`,
          meant === undefined ? 'Write the `id` of a route of this file.' : `Did you mean "${meant}"?`
        )
      )
    }
  }

  /** A credential leads to one consumer, and the name of one, in records, to one credential. */
  #claim(key: string, noun: 'credential' | 'name', owned: Owned): boolean {
    const owner = this.#owners.get(key)
    if (owner === undefined) {
      this.#owners.set(key, owned)
      return true
    }
    const id = wordOf(owner.consumer, 'id')
    const whose = id === undefined || owner.consumer === owned.consumer ? 'this consumer' : quote(id, this.#written)
    this.#add(
      problem(
        owned.path,
        'TACIT_CREDENTIAL_TWICE',
        `This ${noun} belongs to ${noun === 'name' ? 'a credential of ' : ''}${whose} already, on ${this.#written.placeOf(owner.path, owned.path)}.`,
        noun === 'name' ? 'Give every credential a name of its own.' : 'Give every consumer credentials of its own.'
      )
    )
    return false
  }

  /** Decodes what groups and consumers set, for every plugin that takes settings. */
  settings(groups: readonly Entry[], consumers: readonly Entry[]): void {
    for (const definition of new Set([...this.#uses.byName.values(), ...this.#definitions.values()])) {
      if (definition?.consumerConfig !== undefined) this.#settingsOf(definition, groups, consumers)
    }
  }

  #settingsOf(definition: PluginDefinition, groups: readonly Entry[], consumers: readonly Entry[]): void {
    const { name, consumerConfig: schema } = definition
    if (schema === undefined) return
    const merge = (...parts: readonly unknown[]) => Object.assign({}, ...parts.map(part => structuredClone(part)))
    const check = (value: unknown, path: Path) => validate(schema, value, path, this.#uses.substitutions)
    const byGroup = new Map<string, { readonly raw: Record<string, unknown>; readonly path: Path }>()
    const decodedGroups = new Map<string, Readonly<Record<string, unknown>>>()
    const decodedConsumers = new Map<string, Readonly<Record<string, unknown>>>()
    const decodedCredentials = new Map<string, Readonly<Record<string, unknown>>>()

    const withoutAny = check({}, [])
    const defaults = isBlock(withoutAny.decoded) ? withoutAny.decoded : undefined
    for (const group of groups) {
      const own = settingsIn(group, name)
      const id = wordOf(group, 'id')
      if (own === undefined || id === undefined) continue
      byGroup.set(id.text, own)
      const { decoded, findings } = check(merge(own.raw), own.path)
      this.#uses.regions.push({ schema, value: own.raw, decoded, path: own.path })
      // A consumer may still set what its group leaves out.
      for (const finding of findings) if (finding.code !== 'TACIT_KEY_MISSING') this.#add(finding)
      if (isBlock(decoded)) decodedGroups.set(id.text, freeze(decoded))
    }
    for (const consumer of consumers) {
      const own = settingsIn(consumer, name)
      const group = byGroup.get(wordOf(consumer, 'group')?.text ?? '')
      const id = wordOf(consumer, 'id')
      const isComplete = own === undefined && (group === undefined ? defaults !== undefined : false)
      if (id === undefined || isComplete) continue
      const path = own?.path ?? consumer.path
      const { decoded, findings } = check(merge(group?.raw, own?.raw), path)
      if (own !== undefined) this.#uses.regions.push({ schema, value: own.raw, decoded, path })
      for (const finding of findings) this.#consumerFinding(finding, name, own?.raw, path)
      if (isBlock(decoded) && (own !== undefined || group === undefined)) decodedConsumers.set(id.text, freeze(decoded))
    }
    for (const { name: credential, consumer, entry } of this.#setting) {
      const own = settingsIn(entry, name)
      if (own === undefined) continue
      const group = byGroup.get(wordOf(consumer, 'group')?.text ?? '')
      const { decoded, findings } = check(merge(group?.raw, settingsIn(consumer, name)?.raw, own.raw), own.path)
      this.#uses.regions.push({ schema, value: own.raw, decoded, path: own.path })
      for (const finding of findings) this.#ownFinding(finding, own.raw, own.path)
      if (isBlock(decoded)) decodedCredentials.set(credential, freeze(decoded))
    }
    this.#settings.set(name, {
      defaults: freeze(defaults ?? {}),
      groups: decodedGroups,
      consumers: decodedConsumers,
      credentials: decodedCredentials
    })
  }

  /** What the group wrote was reported at the group; what is missing is missing from the consumer. */
  #consumerFinding(finding: Finding, plugin: string, own: Record<string, unknown> | undefined, path: Path): void {
    if (this.#ownFinding(finding, own, path)) return
    if (finding.code === 'TACIT_KEY_MISSING') {
      this.#add({ ...finding, path, at: 'value', message: `Of the settings for "${plugin}", ${finding.message}` })
    }
  }

  /** Tells a finding that is about what stands here itself, rather than below. @returns whether it is. */
  #ownFinding(finding: Finding, own: Record<string, unknown> | undefined, path: Path): boolean {
    const key = finding.path[path.length]
    const isOwn = own !== undefined && typeof key === 'string' && Object.hasOwn(own, key)
    if (isOwn) this.#add(finding)
    return isOwn
  }

  #add(finding: Finding): void {
    this.#uses.findings.push(finding)
  }
}

/** The credentials of one plugin: one, or a list of them. Each with its place, and its number from 0. */
function itemsOf(value: unknown, path: Path): readonly (readonly [item: unknown, path: Path, index: number])[] {
  if (!Array.isArray(value)) return [[value, path, 0]]
  return value.map((item: unknown, index) => [item, [...path, index], index])
}

function settingsIn(
  entry: Entry,
  plugin: string
): { readonly raw: Record<string, unknown>; readonly path: Path } | undefined {
  for (const [name, value, path] of byPlugin(entry, 'settings')) {
    if (name === plugin && isBlock(value)) return { raw: value, path }
  }
  return undefined
}
