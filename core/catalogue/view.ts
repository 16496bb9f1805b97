/**
 * The registry as plugins see it. Their instances may outlive a reload, and what they took from their host with them:
 * through this they see the models and prices of the configuration in force, and never of two at once.
 */
import type { Catalogue, Cost, CostQuestion, FoundModel, PriceBook, Provider } from '../dialects/catalogue.ts'
import type { Registry } from './registry.ts'

/** What an instance is handed as its catalogue and its prices. */
export class RegistryView implements Catalogue, PriceBook {
  readonly #current: () => Registry

  /** @param current the registry in force; not called until somebody asks. */
  constructor(current: () => Registry) {
    this.#current = current
  }

  get providers(): readonly Provider[] {
    return this.#current().providers
  }

  provider(id: string): Provider | undefined {
    return this.#current().provider(id)
  }

  model(provider: string, name: string): FoundModel {
    return this.#current().model(provider, name)
  }

  near(provider: string, name: string): string | undefined {
    return this.#current().near(provider, name)
  }

  cost(question: CostQuestion): Cost {
    return this.#current().cost(question)
  }
}
