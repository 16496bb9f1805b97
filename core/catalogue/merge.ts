/**
 * Puts layers of data over each other, what comes along at the bottom and the operator's above it, and says what does
 * not fit. A provider, a model or the prices of a model take the place of what lies below, whole: nothing is mixed of
 * two. Pure.
 */
import { type Finding, problem } from '../configuration/finding.ts'
import type { Path } from '../configuration/path.ts'
import type { Catalogue, DataSource, Model, Provider } from '../dialects/catalogue.ts'
import { nearest } from '../nearest.ts'
import type { Price } from './cost.ts'
import { dayOf } from './day.ts'
import type { Wildcard } from './models.ts'
import { compilePrice } from './price-entries.ts'
import { Registry } from './registry.ts'
import type { CatalogueData, ModelData, ProviderData, SourceData } from './schema.ts'

/** Data from one place. */
export interface Part {
  readonly data: CatalogueData
  /** Where it stands in its file: the top, or `catalogue:`. */
  readonly path: Path
  /** Where its findings go. */
  readonly findings: Finding[]
}

/** Parts of one rank: among them, nothing may be said twice. */
export type Layer = readonly Part[]

/** The registry that layers come to, the lowest first. What is wrong is among the findings of its part, and left out. */
export function mergeLayers(layers: readonly Layer[]): Registry {
  const merging = new Merging()
  for (const layer of layers) merging.add(layer)
  return merging.registry()
}

interface Known {
  readonly provider: ProviderData
  readonly models: Map<string, ModelData>
}

class Merging {
  readonly #providers = new Map<string, Known>()
  readonly #prices = new Map<string, readonly Price[]>()
  readonly #wildcards = new Map<string, Map<string, string>>()

  add(layer: Layer): void {
    const added = this.#addProviders(layer)
    this.#addModels(layer, added)
    this.#addWildcards(layer)
    this.#addPrices(layer)
  }

  registry(): Registry {
    const providers = [...this.#providers.values()].map(providerFrom)
    const wildcards = new Map<string, readonly Wildcard[]>()
    for (const [provider, patterns] of this.#wildcards) {
      wildcards.set(
        provider,
        [...patterns].map(([pattern, model]) => ({ beginning: pattern.slice(0, -1), model }))
      )
    }
    return new Registry({ providers, prices: [...this.#prices.values()].flat(), wildcards })
  }

  /** @returns names of models that the layer has taken, by provider. */
  #addProviders(layer: Layer): Map<string, Set<string>> {
    const taken = new Map<string, Set<string>>()
    for (const { data, path, findings } of layer) {
      data.providers.forEach((provider, index) => {
        const at = [...path, 'providers', index]
        if (taken.has(provider.id)) {
          findings.push(
            problem(
              [...at, 'id'],
              'TACIT_ID_TWICE',
              `Another provider is called "${provider.id}".`,
              'Rename one of the two.'
            )
          )
          return
        }
        const names = new Set<string>()
        taken.set(provider.id, names)
        const models = new Map<string, ModelData>()
        this.#providers.set(provider.id, { provider, models })
        this.#wildcards.delete(provider.id)
        for (const key of this.#prices.keys()) if (key.startsWith(`${provider.id}\0`)) this.#prices.delete(key)
        provider.models.forEach((model, place) => {
          if (takeNames(model, names, [...at, 'models', place], findings)) models.set(model.id, model)
        })
      })
    }
    return taken
  }

  #addModels(layer: Layer, taken: Map<string, Set<string>>): void {
    for (const { data, path, findings } of layer) {
      data.models.forEach(({ provider, ...model }, index) => {
        const at = [...path, 'models', index]
        const known = this.#providers.get(provider)
        if (known === undefined) {
          findings.push(this.#noProvider(provider, at))
          return
        }
        const names = taken.get(provider) ?? new Set<string>()
        taken.set(provider, names)
        if (!takeNames(model, names, at, findings)) return
        const alias = model.aliases.findIndex(name => name !== model.id && known.models.has(name))
        if (alias >= 0) {
          findings.push(
            problem(
              [...at, 'aliases', alias],
              'TACIT_MODEL_TWICE',
              'This is the id of a model that is known by itself.',
              'Give the model that id, and it takes its place.'
            )
          )
          return
        }
        known.models.set(model.id, model)
        freeNames(known.models, model)
      })
    }
  }

  #addWildcards(layer: Layer): void {
    const taken = new Set<string>()
    for (const { data, path, findings } of layer) {
      data.wildcards.forEach(({ provider, pattern, model }, index) => {
        const at = [...path, 'wildcards', index]
        const known = this.#providers.get(provider)
        if (known === undefined) findings.push(this.#noProvider(provider, at))
        else if (!known.models.has(model)) findings.push(noModel(known, model, at))
        else if (taken.has(`${provider}\0${pattern}`)) {
          findings.push(
            problem(
              [...at, 'pattern'],
              'TACIT_WILDCARD_TWICE',
              'This wildcard stands here twice.',
              'Keep one of the two.'
            )
          )
        } else {
          taken.add(`${provider}\0${pattern}`)
          const patterns = this.#wildcards.get(provider) ?? new Map<string, string>()
          this.#wildcards.set(provider, patterns.set(pattern, model))
        }
      })
    }
  }

  #addPrices(layer: Layer): void {
    const added = new Map<string, Price[]>()
    for (const { data, path, findings } of layer) {
      data.prices.forEach((entry, index) => {
        const at = [...path, 'prices', index]
        const known = this.#providers.get(entry.provider)
        if (known === undefined) findings.push(this.#noProvider(entry.provider, at))
        else if (!known.models.has(entry.model)) findings.push(noModel(known, entry.model, at))
        const compiled = compilePrice(entry, at)
        findings.push(...compiled.findings)
        const { price } = compiled
        if (known?.models.has(entry.model) !== true || price === undefined) return
        const key = `${price.provider}\0${price.model}`
        const periods = added.get(key) ?? []
        added.set(key, periods)
        const other = periods.find(({ fromAt, toAt }) => fromAt < price.toAt && price.fromAt < toAt)
        if (other === undefined) periods.push(price)
        else findings.push(overlap(other, at))
      })
    }
    for (const [key, periods] of added) this.#prices.set(key, periods)
  }

  #noProvider(id: string, path: Path): Finding {
    const meant = id.length > 64 ? undefined : nearest(id, [...this.#providers.keys()])
    return problem(
      [...path, 'provider'],
      'TACIT_PROVIDER_UNKNOWN',
      'No provider of this name is known.',
      meant === undefined ? 'Add it under `providers`.' : `Did you mean "${meant}"?`
    )
  }
}

/** Takes the names of a model for it. @returns whether it may have its id. */
function takeNames(model: ModelData, taken: Set<string>, path: Path, findings: Finding[]): boolean {
  const twice = (at: Path): Finding =>
    problem(at, 'TACIT_MODEL_TWICE', 'Another model of this provider has this name.', 'Keep one of the two.')
  if (taken.has(model.id)) {
    findings.push(twice([...path, 'id']))
    return false
  }
  taken.add(model.id)
  model.aliases.forEach((alias, index) => {
    if (taken.has(alias)) findings.push(twice([...path, 'aliases', index]))
    taken.add(alias)
  })
  return true
}

/** A model takes the names that it brings along from those that lie below it. */
function freeNames(models: Map<string, ModelData>, added: ModelData): void {
  const names = new Set([added.id, ...added.aliases])
  for (const [id, model] of models) {
    if (id === added.id || !model.aliases.some(alias => names.has(alias))) continue
    models.set(id, { ...model, aliases: model.aliases.filter(alias => !names.has(alias)) })
  }
}

function noModel({ models }: Known, name: string, path: Path): Finding {
  const meant = name.length > 64 ? undefined : nearest(name, [...models.keys()])
  return problem(
    [...path, 'model'],
    'TACIT_MODEL_UNKNOWN',
    'This provider has no model with this id.',
    meant === undefined ? 'Add it to the catalogue.' : `Did you mean "${meant}"?`
  )
}

function overlap(other: Price, path: Path): Finding {
  const until = Number.isFinite(other.toAt) ? `until ${dayOf(other.toAt)}` : 'without an end'
  return problem(
    [...path, 'from'],
    'TACIT_PRICE_OVERLAP',
    `This model has another price at the same time: one from ${dayOf(other.fromAt)}, ${until}.`,
    'Let one end, with `to`, on the day on which the other begins.'
  )
}

function providerFrom({ provider, models }: Known): Catalogue['providers'][number] {
  const { id, name, baseUrl, credential, headers, paths, regions, terms } = provider
  const built: Provider = {
    id,
    name,
    baseUrl,
    credential: credential && { header: credential.header, scheme: credential.scheme },
    headers,
    paths,
    regions: regions.map(region => ({ id: region.id, baseUrl: region.baseUrl })),
    terms: terms && {
      retentionDays: terms.retentionDays,
      zeroRetention: terms.zeroRetention,
      training: terms.training,
      source: sourceFrom(terms.source)
    },
    models: [...models.values()].map(model => modelFrom(id, model)).sort((one, other) => (one.id < other.id ? -1 : 1)),
    source: sourceFrom(provider.source)
  }
  return built
}

function modelFrom(provider: string, { id, aliases, contextTokens, maxOutputTokens, source }: ModelData): Model {
  return { provider, id, aliases, contextTokens, maxOutputTokens, source: sourceFrom(source) }
}

function sourceFrom({ url, date, via }: SourceData): DataSource {
  return { url, readAt: date, via }
}
