/**
 * What is asked, as far as limits go by it: the model and what the call will come to. Worked out once for each exchange,
 * and of a body only what some limit needs.
 */

import {
  askedTier,
  bodyValue,
  type Catalogue,
  dearestCost,
  type EstimateRules,
  estimateTokens,
  formatOf,
  mayUseTokens,
  type PriceBook,
  readRequest,
  topLevelNamesOf
} from 'tacit-gateway/dialects'
import { type DownstreamRequest, type Exchange, MODEL, Type } from 'tacit-gateway/plugin'
import type { Expected } from './figures.ts'
import type { Rule } from './rules.ts'

/** What a call may be looked up by. */
export interface Books {
  readonly catalogue: Catalogue
  readonly prices: PriceBook
}

/** How what is not said is estimated. */
export interface Estimates extends EstimateRules {
  readonly responseBytes: number
}

/** One call. */
export interface Call extends Omit<Expected, 'costNano'> {
  /** What the client calls the model; undefined where it names none, or nobody asked. */
  readonly model: string | undefined
  /** What it costs at most, in nano-units of a currency; undefined where no place that it may go to has a price in it. */
  costIn(currency: string): number | undefined
}

/** What limits need to know of a call. */
export interface Needs {
  readonly model: boolean
  readonly tokens: boolean
  readonly bytes: boolean
}

/** What some limits need to know. */
export function needsOf(rules: readonly Pick<Rule, 'unit' | 'by' | 'models' | 'exceptModels'>[]): Needs {
  const needs = { model: false, tokens: false, bytes: false }
  for (const { unit, models, exceptModels, by } of rules) {
    if (models !== undefined || exceptModels !== undefined || by.includes('model')) needs.model = true
    if (unit === 'tokens' || unit === 'inputTokens' || unit === 'outputTokens' || unit === 'cost') needs.tokens = true
    if (unit === 'bytes') needs.bytes = true
  }
  return needs
}

/** Looks at a request. @throws Refusal 400 `invalid_json` for a body that its dialect cannot have. */
export function callOf(
  exchange: Exchange,
  request: DownstreamRequest,
  needs: Needs,
  { catalogue, prices }: Books,
  estimates: Estimates
): Call {
  const bytes = needs.bytes ? lengthOf(request) + estimates.responseBytes : 0
  if (!needs.tokens) return { ...NOTHING, bytes, model: needs.model ? modelOf(exchange, request) : undefined }
  const { dialect, destinations } = exchange
  const format = formatOf(dialect, request.target)
  // Lists of models, counts of tokens: they use none.
  if (!mayUseTokens(format, request.method, request.target)) {
    return { ...NOTHING, bytes, model: needs.model ? modelOf(exchange, request) : undefined }
  }
  const content = request.body.bytes()
  const body = bodyValue(request.headers.get('content-type'), content, () => request.body.json(Anything))
  const model = exchange.get(MODEL) ?? readRequest(format, request.target, body).model
  const places = destinations.map(({ upstream, model: served }) => ({
    provider: upstream.provider,
    model: served ?? model
  }))
  const tokens = estimateTokens(format, request.target, body, content.length, estimates, mostOutput(catalogue, places))
  const { receivedAt: at } = exchange
  const tier = askedTier(body)
  return {
    model,
    bytes,
    inputTokens: tokens.inputTokens,
    outputTokens: tokens.outputTokens,
    costIn(currency) {
      const cost = dearestCost(prices, places, { at, tier }, tokens, currency)
      return cost.known ? Number(cost.amountNano) : undefined
    }
  }
}

const Anything = Type.Unknown()

const NOTHING: Call = {
  model: undefined,
  inputTokens: 0,
  outputTokens: 0,
  bytes: 0,
  costIn: () => 0
}

/** The model alone, without parsing the rest where it stands at the top. */
function modelOf(exchange: Exchange, request: DownstreamRequest): string | undefined {
  const told = exchange.get(MODEL)
  if (told !== undefined) return told
  const format = formatOf(exchange.dialect, request.target)
  const names = topLevelNamesOf(format)
  const content = request.body.bytes()
  if (format === 'http' || content.length === 0 || names === undefined || isForm(request)) {
    const body = bodyValue(request.headers.get('content-type'), content, () =>
      format === 'http' ? undefined : request.body.json(Anything)
    )
    return readRequest(format, request.target, body).model
  }
  const values = request.body.scan(names)
  const body = Object.fromEntries(names.map((name, index) => [name, values[index]]))
  return readRequest(format, request.target, body).model
}

function isForm({ headers }: DownstreamRequest): boolean {
  return headers.get('content-type')?.toLowerCase().startsWith('multipart/form-data') === true
}

/** Of a body that comes in pieces nothing is known before it has come. */
function lengthOf({ headers }: DownstreamRequest): number {
  return Number(headers.get('content-length') ?? 0)
}

/** Most tokens of an answer, where all models that may give it are known. */
function mostOutput(
  catalogue: Catalogue,
  places: readonly { readonly provider: string | undefined; readonly model: string | undefined }[]
): number | undefined {
  let most = 0
  for (const { provider = '', model = '' } of places) {
    const found = catalogue.model(provider, model)
    if (!found.known || found.model.maxOutputTokens === undefined) return undefined
    most = Math.max(most, found.model.maxOutputTokens)
  }
  return most || undefined
}
