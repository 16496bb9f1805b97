/**
 * What plugins may ask about providers, models and prices. Types only; who answers, and from where, is not known here.
 * What nobody knows is told as such and never as nothing: a model without a price is not free.
 */
import type { TokenUsage } from '../contract/usage.ts'
import type { Dialect } from './facts.ts'

/** Providers and models known to the configuration. One object for each loaded configuration; it never changes. */
export interface Catalogue {
  /** In the order of their ids. */
  readonly providers: readonly Provider[]
  /** The provider of that id. */
  provider(id: string): Provider | undefined
  /**
   * The model that a provider means by `name`: its own id of a model, another name for one, a dated snapshot of one
   * (`gpt-x-2026-01-01` is `gpt-x` unless it is known by itself), or what a wildcard of the operator covers.
   */
  model(provider: string, name: string): FoundModel
  /** The name that was perhaps meant, for a sentence to an operator. Slow: not for every request. */
  near(provider: string, name: string): string | undefined
}

/** One provider. What it does not publish is undefined. */
export interface Provider {
  readonly id: string
  /** As it calls itself. */
  readonly name: string
  /** Scheme, host and perhaps a path, in front of every path. Undefined where each customer has another. */
  readonly baseUrl: string | undefined
  /** The header that carries the credential, and the word before it, such as `Bearer`. */
  readonly credential: { readonly header: string; readonly scheme: string | undefined } | undefined
  /** Headers that every request must carry. */
  readonly headers: Readonly<Record<string, string>>
  readonly paths: readonly ApiPath[]
  readonly regions: readonly { readonly id: string; readonly baseUrl: string | undefined }[]
  readonly terms: Terms | undefined
  /** In the order of their ids. */
  readonly models: readonly Model[]
  readonly source: DataSource
}

/** A path of a provider's API. `{model}` in it stands for the name of the model. */
export interface ApiPath {
  readonly dialect: Dialect
  readonly path: string
}

/** What a provider says it does with content, where nothing else was agreed. */
export interface Terms {
  /** How long it keeps content, in days; 0 for not at all. */
  readonly retentionDays: number | undefined
  /** Whether it can be told to keep nothing. */
  readonly zeroRetention: 'always' | 'on_request' | 'never' | undefined
  /** Whether it trains on content. */
  readonly training: 'never' | 'opt_in' | 'opt_out' | 'always' | undefined
  readonly source: DataSource
}

/** One model of one provider. What is not published is undefined. */
export interface Model {
  readonly provider: string
  /** The provider's own name for it. */
  readonly id: string
  /** Other names for the same. */
  readonly aliases: readonly string[]
  /** Most tokens of input and output together. */
  readonly contextTokens: number | undefined
  /** Most tokens of one answer. */
  readonly maxOutputTokens: number | undefined
  readonly source: DataSource
}

/** Where a figure comes from. */
export interface DataSource {
  /** The page that states it, or the name of a contract. */
  readonly url: string
  /** When it was read: 00:00 UTC of that day. */
  readonly readAt: number
  /** Where it was read, if not at that page itself. */
  readonly via: string | undefined
}

/** What looking for a model came to. */
export type FoundModel =
  | { readonly known: true; readonly model: Model; readonly by: 'id' | 'alias' | 'snapshot' | 'wildcard' }
  | { readonly known: false; readonly missing: 'provider' | 'model' }

/** What calls cost. One object for each loaded configuration; it never changes. */
export interface PriceBook {
  /** What a call costs. Never throws, whatever the usage holds. */
  cost(question: CostQuestion): Cost
}

/** A call whose cost is asked for. */
export interface CostQuestion {
  readonly provider: string
  /** The name of the model as the provider was sent it, or told it. */
  readonly model: string
  readonly usage: TokenUsage
  /** The instant whose price counts: when the exchange was received. */
  readonly at: number
  /** What the provider was paid for besides: `batch`, `flex`, `priority`, `fast`. `standard`, if not given. */
  readonly tier?: string | undefined
}

/** What a call costs, or why that cannot be said. */
export type Cost = KnownCost | UnknownCost

/**
 * A cost. Sums are exact until the one rounding: `amountNano` is the sum of the parts rounded UP to whole nano-units,
 * so it is nothing only for what costs nothing, and rows never add up to less than the provider asks.
 */
export interface KnownCost {
  readonly known: true
  /** Whole nano-units (1e-9) of `currency`. */
  readonly amountNano: bigint
  /** ISO 4217, such as `USD`. */
  readonly currency: string
  /** Names the prices that this was reckoned with, to the last digit: other prices have another version. */
  readonly priceVersion: string
  /** The id of the model whose price it is. */
  readonly model: string
  /** What the amount is made of; kinds of which there was none are left out. */
  readonly parts: readonly CostPart[]
}

/** What one kind of token or thing costs. */
export interface CostPart {
  /** `input`, `cacheRead`, `cacheWriteShort`, `cacheWriteLong`, `output`, `reasoning`, `audioInput`, `audioOutput`, `call`, or a name of `usage.units`. */
  readonly kind: string
  readonly count: number
  /** For one, in 1e-15 of the currency: the same number as nano-units for a million. */
  readonly rateFemto: bigint
  /** `count` times the rate, exactly. */
  readonly amountFemto: bigint
}

/**
 * Why there is no cost. `provider`, `model`: not in the catalogue. `price`: none is known for the model at that
 * instant. `tier`: none for what was paid for besides. `rate`: none for `kinds` of what was used; the rest would be
 * too little. `usage`: a count is no whole number from 0 on, or the parts are more than the whole.
 */
export interface UnknownCost {
  readonly known: false
  readonly missing: 'provider' | 'model' | 'price' | 'tier' | 'rate' | 'usage'
  /** Kinds that were used and have no rate. Empty but for `rate`. */
  readonly kinds: readonly string[]
}
