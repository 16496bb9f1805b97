/**
 * Finds and checks every use of a plugin in a configuration. Plugins themselves
 * are found by a resolver: nothing here knows which there are.
 */
import { dirname } from 'node:path'
import { KindGuard, type TObject } from '@sinclair/typebox'
import type { GatewayError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { MaybePromise, PluginDefinition } from '../plugin.ts'
import { type Finding, problem } from './finding.ts'
import { fingerprint } from './fingerprints.ts'
import { freeze } from './freeze.ts'
import { isBlock, type Path } from './path.ts'
import type { Substitutions } from './secrets.ts'
import { validate } from './validate.ts'
import { type Entry, entriesOf, entryOf, quote, type Written, wordOf } from './written.ts'

/** Why there is no plugin to be had. */
export type PluginProblem = Pick<GatewayError, 'code' | 'message' | 'cure'>

/** Finds plugins by what stands after `use:`. */
export interface PluginResolver {
  /** @param directory absolute folder of the configuration file. */
  find(use: string, directory: string): Promise<PluginDefinition | PluginProblem>
  /** Names that `use:` takes without a `./` or `npm:`. */
  names(): MaybePromise<readonly string[]>
}

/** One use of a plugin, found and checked. */
export interface LoadedUse {
  readonly definition: PluginDefinition
  /** Decoded by the definition's schema, and frozen. */
  readonly config: unknown
  readonly failureMode: 'deny' | 'allow'
  /** Of the `use:` value. */
  readonly path: Path
  /** Of `config` as it is written, to compare it with another of this process. */
  readonly fingerprint: string
  /** Plugins within this one. */
  readonly nested: readonly LoadedUse[]
}

/** All uses of plugins in a configuration, by where they stand. */
export interface PlacedUses {
  readonly plugins: readonly LoadedUse[]
  readonly routes: ReadonlyMap<string, readonly LoadedUse[]>
  readonly upstreams: ReadonlyMap<string, { readonly balancer: LoadedUse; readonly plugins: readonly LoadedUse[] }>
}

/** All of them, balancers included, in the order in which they are set up: those within a plugin before it. */
export function usesOf({ plugins, routes, upstreams }: PlacedUses): readonly LoadedUse[] {
  const atUpstreams = [...upstreams.values()].flatMap(({ balancer, plugins: own }) => [balancer, ...own])
  return [...plugins, ...atUpstreams, ...[...routes.values()].flat()].flatMap(withNested)
}

/** A use behind those within it. */
export function withNested(use: LoadedUse): readonly LoadedUse[] {
  return [...use.nested.flatMap(withNested), use]
}

/** A schema of a plugin that applies somewhere in the file. */
export interface Region {
  readonly schema: TObject
  /** As it is written, with defaults. */
  readonly value: unknown
  /** What the schema made of it; undefined when it does not fit. */
  readonly decoded: unknown
  readonly path: Path
}

/** Finds plugins, each once, and remembers what it learned of the file. */
export class Uses {
  readonly findings: Finding[] = []
  readonly regions: Region[] = []
  /** Definitions in use, by their own names. */
  readonly byName = new Map<string, PluginDefinition>()
  readonly #written: Written
  readonly #resolver: PluginResolver
  readonly #directory: string
  #names: readonly string[] | undefined
  readonly #found = new Map<string, Promise<PluginDefinition | PluginProblem>>()

  constructor(file: string, written: Written, resolver: PluginResolver) {
    this.#written = written
    this.#resolver = resolver
    this.#directory = dirname(file)
  }

  get substitutions(): Substitutions {
    return this.#written.substitutions
  }

  /** The uses in the list at `key` that are sound; the others are among `findings`. */
  async list(block: unknown, key: string, base: Path = []): Promise<readonly LoadedUse[]> {
    const uses: LoadedUse[] = []
    for (const entry of entriesOf(block, key, base)) {
      const use = await this.load(entry)
      if (use !== undefined) uses.push(use)
    }
    return uses
  }

  /** The use that one block describes; undefined when it is not sound, and `findings` says why. */
  async load(entry: Entry): Promise<LoadedUse | undefined> {
    const use = wordOf(entry, 'use')
    if (use === undefined) return undefined
    const found = await this.#find(use.text)
    if (!('setup' in found)) {
      this.findings.push(await this.#unavailable(entry, found))
      return undefined
    }
    const other = this.byName.get(found.name)
    if (other !== undefined && other !== found) {
      this.findings.push(
        problem(
          use.path,
          'TACIT_PLUGIN_NAME_TWICE',
          `Two different plugins call themselves "${found.name}".`,
          'Credentials and settings could not be told apart: use one of them.'
        )
      )
      return undefined
    }
    this.byName.set(found.name, found)
    return await this.#check(entry, found, use.path)
  }

  /** The plugin of that name, in use or not. */
  async named(name: string): Promise<PluginDefinition | undefined> {
    const used = this.byName.get(name)
    if (used !== undefined) return used
    if (!(await this.#known()).includes(name)) return undefined
    const found = await this.#find(name)
    return 'setup' in found ? found : undefined
  }

  /** The name that was perhaps meant, among all that are known. */
  async similar(name: string): Promise<string | undefined> {
    if (name.length > 64) return undefined
    return nearest(name, [...new Set([...this.byName.keys(), ...(await this.#known())])])
  }

  async #known(): Promise<readonly string[]> {
    this.#names ??= await this.#resolver.names()
    return this.#names
  }

  async #check(entry: Entry, definition: PluginDefinition, path: Path): Promise<LoadedUse | undefined> {
    const before = this.findings.length
    const config = entryOf(entry, 'config') ?? { value: {}, path: [...entry.path, 'config'] }
    const checked = validate(definition.config, config.value, config.path, this.substitutions)
    const { prepared, findings } = checked
    this.findings.push(...findings)
    const nested: LoadedUse[] = []
    let decoded: unknown = checked.decoded
    for (const key of nestedIn(definition)) {
      const uses = await this.#nested(definition, prepared, key, config.path)
      nested.push(...uses)
      decoded = withConfigs(decoded, key, uses)
    }
    this.regions.push({ schema: definition.config, value: prepared, decoded, path: config.path })
    const { failureMode } = entry.value
    if (failureMode === 'allow' && definition.guard === true) {
      this.findings.push(
        problem(
          [...entry.path, 'failureMode'],
          'TACIT_GUARD_ALLOW',
          `"${definition.name}" guards something: it cannot let exchanges pass when it fails.`,
          'Remove `failureMode`.'
        )
      )
    }
    if (this.findings.length > before) return undefined
    return {
      definition,
      config: freeze(decoded),
      failureMode: failureMode === 'allow' ? 'allow' : 'deny',
      path,
      fingerprint: fingerprint(prepared),
      nested
    }
  }

  /** The uses within one; each must be good for what the one around it promises. */
  async #nested(around: PluginDefinition, prepared: unknown, key: string, base: Path): Promise<readonly LoadedUse[]> {
    const uses: LoadedUse[] = []
    for (const entry of entriesOf(prepared, key, base)) {
      const use = await this.load(entry)
      if (use === undefined) continue
      const provided = new Set(use.definition.provides?.map(({ symbol }) => symbol))
      if (around.provides?.every(({ symbol }) => provided.has(symbol)) !== false) uses.push(use)
      else {
        const message = `"${use.definition.name}" does not do what "${around.name}" needs of the plugins within it.`
        this.findings.push(problem(use.path, 'TACIT_PLUGIN_NESTED', message, 'Put it beside, not within.'))
      }
    }
    return uses
  }

  #find(use: string): Promise<PluginDefinition | PluginProblem> {
    let finding = this.#found.get(use)
    if (finding === undefined) {
      finding = this.#resolver.find(use, this.#directory)
      this.#found.set(use, finding)
    }
    return finding
  }

  async #unavailable(entry: Entry, { code, message, cure }: PluginProblem): Promise<Finding> {
    const use = wordOf(entry, 'use') ?? { text: '', path: entry.path }
    if (code !== 'TACIT_PLUGIN_UNKNOWN') return problem(use.path, code, message, cure)
    const meant = await this.similar(use.text)
    return problem(
      use.path,
      code,
      `No plugin is called ${quote(use, this.#written)}.`,
      meant === undefined ? `There are: ${(await this.#known()).join(', ')}.` : `Did you mean "${meant}"?`
    )
  }
}

/** What the credentials and settings of a consumer or a group are written as: by plugin. */
export function byPlugin(
  entry: Entry,
  key: 'credentials' | 'settings'
): readonly [name: string, value: unknown, path: Path][] {
  const block = entryOf(entry, key)
  if (block === undefined || !isBlock(block.value)) return []
  return Object.entries(block.value).map(([name, value]) => [name, value, [...block.path, name]])
}

/** The keys of a plugin's configuration under which others stand. */
function nestedIn({ config }: PluginDefinition): readonly string[] {
  return Object.entries(config.properties).flatMap(([key, property]) =>
    KindGuard.IsArray(property) && property.items.plugin === 'use' ? [key] : []
  )
}

/** A decoded block whose uses have their decoded configurations. What was decoded may be what was written, so it is copied. */
function withConfigs(decoded: unknown, key: string, uses: readonly LoadedUse[]): unknown {
  if (!isBlock(decoded)) return decoded
  const list: unknown = decoded[key]
  if (!Array.isArray(list)) return decoded
  return {
    ...decoded,
    [key]: list.map((item: unknown, index) => (isBlock(item) ? { ...item, config: uses[index]?.config } : item))
  }
}
