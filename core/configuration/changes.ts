/**
 * Compares two configurations: what was added, removed or changed, and for whom. `tacit diff` prints it, and a reload
 * tells it. Shows no secret; that one has changed is told. Pure.
 */
import type { TSchema } from '@sinclair/typebox'
import type { PluginDefinition } from '../plugin.ts'
import type { LoadedConfiguration, LoadedUse } from './load.ts'
import { GatewayFile } from './schema.ts'
import { type DefinitionOf, type Setting, settingsOf } from './settings.ts'
import { wordsIn } from './words-in.ts'

/** One difference between two configurations. */
export interface Change {
  readonly kind: 'added' | 'removed' | 'changed'
  /** `route`, `upstream`, `consumer` or `group`; everything else is called by its key at the top of the file. */
  readonly subject: string
  /** Of a route, an upstream, a consumer or a group. */
  readonly id: string | undefined
  /** Ids of the routes on which exchanges may go differently. Empty where only consumers are concerned. */
  readonly routes: readonly string[]
  /** Ids of the consumers concerned; undefined for whoever calls these routes. */
  readonly consumers: readonly string[] | undefined
  /** Setting by setting. Of what was added or removed, those that are no defaults. */
  readonly settings: readonly SettingChange[]
}

/** One setting that differs. */
export interface SettingChange {
  /** Such as `limits.maxBody` or `plugins.rate-limit.by`. */
  readonly path: string
  /** As an operator would write it; undefined where it was not there. */
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Lists of the file whose entries are told apart by their ids, and what one entry is called. */
const SUBJECTS = { routes: 'route', upstreams: 'upstream', consumers: 'consumer', groups: 'group' } as const
type ListKey = keyof typeof SUBJECTS
const LISTS: readonly ListKey[] = ['routes', 'upstreams', 'consumers', 'groups']

/** What changes from one configuration to another, in the order of the file. Empty when nothing does. */
export function compareConfigurations(before: LoadedConfiguration, after: LoadedConfiguration): readonly Change[] {
  const sides = [new Side(before), new Side(after)] as const
  const changes: Change[] = []
  for (const key of Object.keys(GatewayFile.properties)) {
    // What counts is what stands in the files, not in which.
    if (key === 'include') continue
    const list = LISTS.find(name => name === key)
    if (list === undefined) {
      const change = compareParts(sides, key, undefined, (side: Side) => side.block(key))
      if (change !== undefined) changes.push(change)
      continue
    }
    const ids = new Set(sides.flatMap(side => side.ids(list)))
    for (const id of ids) {
      const change = compareParts(sides, SUBJECTS[list], id, (side: Side) => side.entry(list, id))
      if (change !== undefined) changes.push(change)
    }
  }
  return changes
}

type Sides = readonly [before: Side, after: Side]
type Part = ReadonlyMap<string, Setting> | undefined

function compareParts(
  sides: Sides,
  subject: string,
  id: string | undefined,
  partOf: (side: Side) => Part
): Change | undefined {
  const [before, after] = [partOf(sides[0]), partOf(sides[1])]
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
  if (before === undefined && after === undefined) return undefined
  const paths = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])
  const settings = [...paths].flatMap(path => differing(path, before?.get(path), after?.get(path), kind) ?? [])
  if (kind === 'changed' && settings.length === 0) return undefined
  const routes = union(sides.map(side => side.routesOf(subject, id)))
  const consumers =
    subject === 'consumer' || subject === 'group' ? union(sides.map(side => side.consumersOf(subject, id))) : undefined
  return { kind, subject, id, routes, consumers, settings }
}

function differing(
  path: string,
  before: Setting | undefined,
  after: Setting | undefined,
  kind: Change['kind']
): SettingChange | undefined {
  if (before !== undefined && before.compared === after?.compared) return undefined
  if (kind !== 'changed' && (before ?? after)?.isDefault === true) return undefined
  return { path, before: before?.shown, after: after?.shown }
}

function union(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())]
}

/** One of the two configurations. */
class Side {
  readonly #loaded: LoadedConfiguration
  readonly #definitions = new Map<string, PluginDefinition>()
  /** Entries by id: looking through ten thousand routes for each of them would hold everything up for seconds. */
  readonly #entries: Readonly<Record<ListKey, ReadonlyMap<string, unknown>>>
  readonly #definitionOf: DefinitionOf = name => this.#definitions.get(name)

  constructor(loaded: LoadedConfiguration) {
    this.#loaded = loaded
    const { configuration } = loaded
    const byId = (entries: readonly { readonly id: string }[]) => new Map(entries.map(entry => [entry.id, entry]))
    this.#entries = {
      routes: byId(configuration.routes),
      upstreams: byId(configuration.upstreams),
      consumers: byId(configuration.consumers),
      groups: byId(configuration.groups)
    }
    const learn = (uses: readonly LoadedUse[], written: readonly { readonly use: string }[]) => {
      for (const [index, { definition }] of uses.entries()) {
        this.#definitions.set(definition.name, definition)
        const use = written[index]?.use
        if (use !== undefined) this.#definitions.set(use, definition)
      }
    }
    learn(loaded.plugins, configuration.plugins)
    for (const { id, plugins } of configuration.routes) learn(loaded.routes.get(id) ?? [], plugins)
    for (const { id, plugins, balancer } of configuration.upstreams) {
      const found = loaded.upstreams.get(id)
      if (found !== undefined) learn([...found.plugins, found.balancer], [...plugins, balancer])
    }
  }

  ids(list: ListKey): readonly string[] {
    return [...this.#entries[list].keys()]
  }

  entry(list: ListKey, id: string): Part {
    const value = this.#entries[list].get(id)
    return value === undefined ? undefined : settingsOf(GatewayFile.properties[list].items, value, this.#definitionOf)
  }

  /** What stands under a key at the top of the file, taken as a block that has it as its only key. */
  block(key: string): Part {
    const value: unknown = Reflect.get(this.#loaded.configuration, key)
    const schema: TSchema = { ...GatewayFile, properties: { [key]: Reflect.get(GatewayFile.properties, key) } }
    const settings = settingsOf(schema, { [key]: value }, this.#definitionOf)
    const start = `${key}.`
    return new Map(
      [...settings].map(([path, setting]) => [path.startsWith(start) ? path.slice(start.length) : path, setting])
    )
  }

  /** The routes on which a change of this may be seen. */
  routesOf(subject: string, id: string | undefined): readonly string[] {
    const routes = this.ids('routes')
    switch (subject) {
      case 'route':
        return routes.filter(route => route === id)
      case 'upstream':
        return routes.filter(route => this.#leadsTo(route, id ?? ''))
      case 'consumer':
      case 'group':
      case 'admin':
      case 'log':
      case 'shutdownGrace':
        return []
      default:
        return routes
    }
  }

  /** The consumers whom a change of a consumer or of a group concerns. */
  consumersOf(subject: string, id: string | undefined): readonly string[] {
    const { consumers } = this.#loaded.configuration
    return consumers
      .filter(consumer => (subject === 'consumer' ? consumer.id : consumer.group) === id)
      .map(({ id }) => id)
  }

  /** Whether a route names an upstream, or a plugin on it mentions one. */
  #leadsTo(route: string, upstream: string): boolean {
    const found = this.#loaded.configuration.routes.find(({ id }) => id === route)
    const uses = [...this.#loaded.plugins, ...(this.#loaded.routes.get(route) ?? [])]
    return found?.upstream === upstream || uses.some(({ config }) => wordsIn(config).has(upstream))
  }
}
