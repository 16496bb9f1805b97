/**
 * Finds the model that a name means: by itself, by another name, as a dated snapshot, by a wildcard of the operator, in
 * this order. Names come from clients and providers, and may be anything. Pure.
 */
import type { FoundModel, Model, Provider } from '../dialects/catalogue.ts'
import { nearest } from '../nearest.ts'
import { parseDayAt } from './day.ts'

/** Longer names are no names of models. */
const MAX_NAME_LENGTH = 200
/** What is looked through for the name that was perhaps meant. */
const MAX_SIMILAR_LENGTH = 64

/** The end of a dated snapshot: `-2026-01-01`, `-20260101` or `@20260101`. */
const SNAPSHOT = /[-@](\d{4}-\d{2}-\d{2}|\d{8})$/

/** Names that begin so are taken for a model. */
export interface Wildcard {
  /** Without the asterisk. */
  readonly beginning: string
  readonly model: string
}

const NO_PROVIDER: FoundModel = Object.freeze({ known: false, missing: 'provider' })
const NO_MODEL: FoundModel = Object.freeze({ known: false, missing: 'model' })

/** The models of all providers by their names. */
export class ModelIndex {
  readonly #byProvider = new Map<string, ReadonlyMap<string, FoundModel>>()
  readonly #wildcards = new Map<string, readonly { readonly beginning: string; readonly found: FoundModel }[]>()

  /**
   * @param wildcards by provider; those that name a model it does not have count for nothing.
   */
  constructor(providers: readonly Provider[], wildcards: ReadonlyMap<string, readonly Wildcard[]>) {
    for (const { id, models } of providers) {
      const names = new Map<string, FoundModel>()
      for (const model of models) for (const alias of model.aliases) names.set(alias, found(model, 'alias'))
      for (const model of models) names.set(model.id, found(model, 'id'))
      this.#byProvider.set(id, names)
      const byBeginning = (wildcards.get(id) ?? []).flatMap(({ beginning, model }) => {
        const meant = names.get(model)
        return meant?.known === true ? [{ beginning, found: found(meant.model, 'wildcard') }] : []
      })
      byBeginning.sort((first, second) => second.beginning.length - first.beginning.length)
      this.#wildcards.set(id, byBeginning)
    }
  }

  /** See `Catalogue.model`. */
  find(provider: string, name: string): FoundModel {
    const names = this.#byProvider.get(provider)
    if (names === undefined) return NO_PROVIDER
    if (name.length > MAX_NAME_LENGTH) return NO_MODEL
    const known = names.get(name)
    if (known !== undefined) return known
    const whole = withoutDay(name)
    const meant = whole === undefined ? undefined : names.get(whole)
    if (meant?.known === true) return found(meant.model, 'snapshot')
    const covering = this.#wildcards.get(provider)?.find(({ beginning }) => name.startsWith(beginning))
    return covering?.found ?? NO_MODEL
  }

  /** See `Catalogue.near`. */
  near(provider: string, name: string): string | undefined {
    const names = this.#byProvider.get(provider)
    if (names === undefined || name.length > MAX_SIMILAR_LENGTH) return undefined
    return nearest(name, [...names.keys()])
  }
}

function found(model: Model, by: 'id' | 'alias' | 'snapshot' | 'wildcard'): FoundModel {
  return Object.freeze({ known: true, model, by })
}

/** A name without the day at its end; undefined when no day of a calendar stands there. */
function withoutDay(name: string): string | undefined {
  const match = SNAPSHOT.exec(name)
  const [, digits = ''] = match ?? []
  const day = digits.length === 8 ? `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}` : digits
  return match === null || parseDayAt(day) === undefined ? undefined : name.slice(0, match.index)
}
