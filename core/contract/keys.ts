/**
 * Keys: names for typed values on an exchange, and the facts that every plugin
 * may provide or require. Knows nothing of who sets them.
 */
import type { Cost } from '../dialects/catalogue.ts'
import type { Consumer, Credential, TokenUsage } from './exchange.ts'

declare const held: unique symbol
/** Names a typed value on the exchange: a plugin's own state, or a fact for other plugins. */
export interface Key<out Value> {
  readonly symbol: symbol
  readonly [held]?: Value
}

/** A key that only its holder can read. Two private keys with the same name are still two keys. */
export function privateKey<Value>(name: string): Key<Value> {
  return Object.freeze({ symbol: Symbol(name) })
}

/** Every package using the same `name` shares this key. Prefix it with your package's name. */
export function sharedKey<Value>(name: string): Key<Value> {
  return Object.freeze({ symbol: Symbol.for(name) })
}

/** Who is calling. Provided by plugins that authenticate. */
export const CONSUMER: Key<Consumer> = sharedKey('tacit/consumer')
/** What proved it. */
export const CREDENTIAL: Key<Credential> = sharedKey('tacit/credential')
/**
 * Set once a request was held against the models that its credential is good for. Plugins that authenticate with a
 * credential that is good for some models only refuse, in `upstreamRequestFilter`, what nobody has held against them.
 */
export const MODELS_CHECKED: Key<true> = sharedKey('tacit/models-checked')
/** The model that the client asked for. */
export const MODEL: Key<string> = sharedKey('tacit/model')
/** Provided at the end by whoever reads usage; needed at the end by whoever holds tokens or money. */
export const TOKEN_USAGE: Key<TokenUsage> = sharedKey('tacit/token-usage')
/** Provided at the end by whoever reads usage: what all of the exchange cost, or why that cannot be said. Budgets and rows that take it from here agree. */
export const COST: Key<Cost> = sharedKey('tacit/cost')
/** Provided at the end by whoever reads answers: the model that answered, as the catalogue calls it; unset where it knows none of that name. */
export const SERVED_MODEL: Key<string> = sharedKey('tacit/served-model')
