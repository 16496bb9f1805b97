/**
 * What a loaded configuration knows of providers, models and prices: one object, so that a model cannot be known here
 * and unknown there. Never changes; the next configuration has its own. Pure.
 */
import type { Catalogue, Cost, CostQuestion, FoundModel, PriceBook, Provider } from '../dialects/catalogue.ts'
import { nearest } from '../nearest.ts'
import { costAt, type Price, unknownCost } from './cost.ts'
import { ModelIndex, type Wildcard } from './models.ts'

/** What a registry is made of. */
export interface RegistryParts {
  readonly providers: readonly Provider[]
  readonly prices: readonly Price[]
  /** By provider. */
  readonly wildcards: ReadonlyMap<string, readonly Wildcard[]>
}

/** Providers, models and prices of one configuration. */
export class Registry implements Catalogue, PriceBook {
  readonly providers: readonly Provider[]
  readonly #byId: ReadonlyMap<string, Provider>
  readonly #models: ModelIndex
  readonly #prices = new Map<string, Price[]>()

  constructor({ providers, prices, wildcards }: RegistryParts) {
    this.providers = Object.freeze(providers.toSorted((first, second) => (first.id < second.id ? -1 : 1)))
    this.#byId = new Map(providers.map(provider => [provider.id, provider]))
    this.#models = new ModelIndex(providers, wildcards)
    for (const price of prices) {
      const key = keyOf(price.provider, price.model)
      const known = this.#prices.get(key)
      if (known === undefined) this.#prices.set(key, [price])
      else known.push(price)
    }
    for (const periods of this.#prices.values()) periods.sort((first, second) => first.fromAt - second.fromAt)
  }

  provider(id: string): Provider | undefined {
    return this.#byId.get(id)
  }

  /** The id of a provider that was perhaps meant. */
  nearProvider(id: string): string | undefined {
    return id.length > 64 ? undefined : nearest(id, [...this.#byId.keys()])
  }

  model(provider: string, name: string): FoundModel {
    return this.#models.find(provider, name)
  }

  near(provider: string, name: string): string | undefined {
    return this.#models.near(provider, name)
  }

  /** Every price of a model, the earliest first. */
  pricesOf(provider: string, model: string): readonly Price[] {
    return this.#prices.get(keyOf(provider, model)) ?? []
  }

  /** The price of a model at an instant. */
  priceAt(provider: string, model: string, at: number): Price | undefined {
    return this.pricesOf(provider, model).findLast(({ fromAt, toAt }) => fromAt <= at && at < toAt)
  }

  cost({ provider, model, usage, at, tier = 'standard' }: CostQuestion): Cost {
    const found = this.#models.find(provider, model)
    if (!found.known) return unknownCost(found.missing)
    const price = this.priceAt(provider, found.model.id, at)
    return price === undefined ? unknownCost('price') : costAt(price, usage, tier)
  }
}

/** No part can hold a NUL: neither ids nor names of models may. */
function keyOf(provider: string, model: string): string {
  return `${provider}\0${model}`
}
