/** What a call cost, with what other models did for it on the way. Pure. */
import type { Catalogue, Cost, CostQuestion, KnownCost, PriceBook, UsageReading } from 'tacit-gateway/dialects'
import { NO_CURRENCY } from 'tacit-gateway/plugin'

/** The cost of a call that used nothing. */
export const NO_COST: KnownCost = Object.freeze({
  known: true,
  amountNano: 0n,
  currency: NO_CURRENCY,
  priceVersion: '',
  model: '',
  parts: Object.freeze([])
})

/** The name that a price is looked up by: that of the model which answered, if the catalogue knows it, else the one that was sent. */
export function pricedModel(
  catalogue: Catalogue,
  provider: string,
  sent: string | undefined,
  answering: string | undefined
): string | undefined {
  if (answering !== undefined && catalogue.model(provider, answering).known) return answering
  return sent ?? answering
}

/** The cost of all models of a call together; unknown as soon as one of them is. */
export function costOf(prices: PriceBook, question: CostQuestion, others: UsageReading['others']): Cost {
  let total = prices.cost(question)
  for (const { model, usage } of others) {
    const other = prices.cost({ ...question, model, usage })
    if (!total.known) return total
    if (!other.known) return other
    if (other.currency !== total.currency) return { known: false, missing: 'price', kinds: [] }
    total = { ...total, amountNano: total.amountNano + other.amountNano, parts: [...total.parts, ...other.parts] }
  }
  return total
}
