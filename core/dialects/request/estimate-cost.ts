/**
 * What an estimated call will cost at most: its tokens at the dearest of the rates that they may turn out to have. Knows
 * prices by asking for them, and never takes what is not known for nothing. Pure.
 */
import type { TokenUsage } from '../../contract/usage.ts'
import type { Cost, CostQuestion, PriceBook } from '../catalogue.ts'
import { NO_TOKENS } from '../usage/no-tokens.ts'

/** Tokens that a call may come to. */
export interface ExpectedTokens {
  readonly inputTokens: number
  readonly outputTokens: number
}

/**
 * The cost of a call at most. A provider decides by itself what of a prompt it writes to its cache, and what of an answer
 * it spends on reasoning: so each is reckoned whole at every rate that is known for it, and the dearest counts.
 * @returns an unknown cost where plain input and output have no price.
 */
export function estimateCost(
  prices: PriceBook,
  question: Omit<CostQuestion, 'usage'>,
  { inputTokens, outputTokens }: ExpectedTokens
): Cost {
  const costOf = (usage: Partial<TokenUsage>) => prices.cost({ ...question, usage: { ...NO_TOKENS, ...usage } })
  const plain = costOf({ inputTokens, outputTokens })
  if (!plain.known) return plain
  let dearest = plain
  const reasoning = { outputTokens, reasoningTokens: outputTokens }
  for (const usage of [
    { inputTokens, ...reasoning },
    { cacheWriteTokens: { short: inputTokens, long: 0 }, ...reasoning },
    { cacheWriteTokens: { short: 0, long: inputTokens }, ...reasoning }
  ]) {
    const cost = costOf(usage)
    if (cost.known && cost.amountNano > dearest.amountNano) dearest = cost
  }
  return dearest
}

/** Where a call may go, and what its model is called there. */
export interface PricedTarget {
  /** Undefined where nobody says whose API it is: nothing is priced there. */
  readonly provider: string | undefined
  readonly model: string | undefined
}

/** The dearest that a call may be at the targets that have a price for it in a currency; unknown where none has. */
export function dearestCost(
  prices: PriceBook,
  targets: readonly PricedTarget[],
  question: Omit<CostQuestion, 'usage' | 'provider' | 'model'>,
  tokens: ExpectedTokens,
  currency: string
): Cost {
  let dearest: Cost = NO_TARGET
  for (const { provider = '', model = '' } of targets) {
    const cost = estimateCost(prices, { ...question, provider, model }, tokens)
    if (!cost.known || cost.currency !== currency) {
      if (!dearest.known && !cost.known) dearest = cost
    } else if (!dearest.known || cost.amountNano > dearest.amountNano) dearest = cost
  }
  return dearest
}

const NO_TARGET: Cost = Object.freeze({ known: false, missing: 'provider', kinds: [] })

/** Whether there is a price for a target in a currency at all. */
export function isPriced(
  prices: PriceBook,
  { provider = '', model = '' }: PricedTarget,
  at: number,
  currency: string
): boolean {
  const cost = prices.cost({ provider, model, at, usage: NO_TOKENS })
  return cost.known && cost.currency === currency
}
