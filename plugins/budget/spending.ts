/** What a call will cost at most, before it is sent. Reads of a request what that takes, and keeps nothing of it. */
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
  readRequest
} from 'tacit-gateway/dialects'
import { type DownstreamRequest, type Exchange, MODEL, Type } from 'tacit-gateway/plugin'

/** What a call is reckoned with. */
export interface Reckoning {
  readonly catalogue: Catalogue
  readonly prices: PriceBook
  readonly estimate: EstimateRules
  /** The model whose price holds where a request names none. */
  readonly model: string | undefined
}

/** What a call will cost. */
export interface Expectation {
  /** As the client calls it, or as the operator calls what has no name. */
  readonly model: string | undefined
  /** At most, in nano-units of a currency; undefined where no place that it may go to has a price in it. */
  in(currency: string): number | undefined
}

const NOTHING: Expectation = { model: undefined, in: () => 0 }
const Anything = Type.Unknown()

/** Reckons. @throws Refusal 400 `invalid_json` for a body that its dialect cannot have. */
export function expectationOf(
  exchange: Exchange,
  request: DownstreamRequest,
  { catalogue, prices, estimate, model: product }: Reckoning
): Expectation {
  const { dialect, destinations, receivedAt: at } = exchange
  const format = formatOf(dialect, request.target)
  const usesTokens = mayUseTokens(format, request.method, request.target)
  // Lists of models, counts of tokens: nobody charges for them.
  if (!usesTokens && (product === undefined || format !== 'http')) return NOTHING
  const content = request.body.bytes()
  const body = usesTokens
    ? bodyValue(request.headers.get('content-type'), content, () => request.body.json(Anything))
    : undefined
  const model = exchange.get(MODEL) ?? readRequest(format, request.target, body).model ?? product
  const targets = destinations.map(target => ({ provider: target.upstream.provider, model: target.model ?? model }))
  const most = Math.max(...targets.map(target => mostOutput(catalogue, target.provider, target.model)))
  const tokens = usesTokens
    ? estimateTokens(format, request.target, body, content.length, estimate, most)
    : { inputTokens: 0, outputTokens: 0 }
  const tier = askedTier(body)
  return {
    model,
    in(currency) {
      const cost = dearestCost(prices, targets, { at, tier }, tokens, currency)
      return cost.known ? Number(cost.amountNano) : undefined
    }
  }
}

function mostOutput(catalogue: Catalogue, provider = '', model = ''): number {
  const found = catalogue.model(provider, model)
  return (found.known ? found.model.maxOutputTokens : undefined) ?? Number.POSITIVE_INFINITY
}
