/**
 * What a credential is good for, and what becomes of a request that it is not
 * good for: for every plugin that authenticates, whatever proves its consumers.
 * Pure.
 */
import type { ReasonTable } from '../plugin.ts'
import type { AddressSet } from './addresses.ts'
import type { Credential, Exchange } from './exchange.ts'
import { CREDENTIAL, MODELS_CHECKED } from './keys.ts'

/** What a credential is good for. What is not given is not limited; an empty list is good for nothing. */
export interface GoodFor {
  /** Ids of routes. */
  readonly routes?: readonly string[] | undefined
  /** HTTP methods. */
  readonly methods?: readonly string[] | undefined
  /** Names of models as clients ask for them; `gpt-4.1-*` stands for all that begin so. `model-scope` holds requests against them. */
  readonly models?: readonly string[] | undefined
  /** Where clients may call from. */
  readonly addresses?: AddressSet | undefined
}

/** Refusals of requests that a credential is not good for. Spread them into the `reasons` of a plugin that authenticates. */
export const GOOD_FOR_REASONS = {
  route_not_allowed: { status: 403, message: 'This credential is not good for this route.', retryable: false },
  method_not_allowed_here: {
    status: 403,
    message: 'This credential is not good for this method.',
    retryable: false
  },
  address_not_allowed: {
    status: 403,
    message: 'This credential is not good from this address.',
    retryable: false
  },
  models_not_checked: {
    status: 403,
    message: 'This credential is good for some models only, and this route does not check models.',
    retryable: false
  }
} as const satisfies ReasonTable

/** Why a credential is not good for a request; undefined when it is, as far as its head can tell. */
export function notGoodFor(
  { goodFor }: Credential,
  { route }: { readonly route: string },
  { method, clientIp }: { readonly method: string; readonly clientIp: string }
): 'route_not_allowed' | 'method_not_allowed_here' | 'address_not_allowed' | undefined {
  if (goodFor === undefined) return undefined
  const { routes, methods, addresses } = goodFor
  if (addresses !== undefined && !addresses.has(clientIp)) return 'address_not_allowed'
  if (routes !== undefined && !routes.includes(route)) return 'route_not_allowed'
  if (methods !== undefined && !methods.includes(method)) return 'method_not_allowed_here'
  return undefined
}

/**
 * Whether a request is about to leave although its credential is good for some models only and nobody has looked at its
 * model: to be refused with `models_not_checked` in `upstreamRequestFilter`.
 */
export function lacksModelCheck(exchange: Pick<Exchange, 'get'>): boolean {
  return exchange.get(CREDENTIAL)?.goodFor?.models !== undefined && exchange.get(MODELS_CHECKED) !== true
}

/** Whether a list of models, as {@link GoodFor} has it, holds a name. */
export function holdsModel(models: readonly string[], name: string): boolean {
  return models.some(model => (model.endsWith('*') ? name.startsWith(model.slice(0, -1)) : model === name))
}
