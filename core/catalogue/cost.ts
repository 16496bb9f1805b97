/**
 * What a call costs: counts times rates, in whole numbers, rounded once. The sum of the parts is exact in femto-units
 * (1e-15) and is rounded UP to nano-units at the very end: a row is nothing only when nothing is charged, rows never
 * add up to less than the provider asks, and a budget that holds for rows holds for the bill. The price of that is less
 * than one nano-unit a call: 1 USD in a billion calls. Pure; knows no clock and no configuration.
 */
import type { TokenUsage } from '../contract/usage.ts'
import type { Cost, CostPart, DataSource, UnknownCost } from '../dialects/catalogue.ts'
import { type RateCard, type Rates, ratesAt } from './rates.ts'

/** Prices of one model in one period, ready to be reckoned with. */
export interface Price {
  readonly provider: string
  readonly model: string
  readonly currency: string
  /** As it was written, and a digest of all that decides an amount. */
  readonly version: string
  /** First instant at which it holds. */
  readonly fromAt: number
  /** First instant at which it does not hold any more. */
  readonly toAt: number
  /** By what is paid for; `standard` always is there. */
  readonly cards: ReadonlyMap<string, RateCard>
  readonly source: DataSource
}

const NANO_IN_FEMTO = 1_000_000n

/** A cost that cannot be told. */
export function unknownCost(missing: UnknownCost['missing'], kinds: readonly string[] = []): UnknownCost {
  return { known: false, missing, kinds }
}

/** What a call cost at a price. */
export function costAt(price: Price, usage: TokenUsage, tier: string): Cost {
  const card = price.cards.get(tier)
  if (card === undefined) return unknownCost('tier')
  if (!isSound(usage)) return unknownCost('usage')
  const { inputTokens, cacheReadTokens, cacheWriteTokens } = usage
  const allInput = inputTokens + cacheReadTokens + cacheWriteTokens.short + cacheWriteTokens.long
  const rates = ratesAt(card, allInput)
  const parts: CostPart[] = []
  const unpriced: string[] = []
  const add = (kind: string, count: number, rateFemto: bigint | undefined): void => {
    if (count === 0) return
    if (rateFemto === undefined) unpriced.push(kind)
    else parts.push({ kind, count, rateFemto, amountFemto: BigInt(count) * rateFemto })
  }
  addTokens(usage, rates, add)
  for (const [name, count] of Object.entries(usage.units)) add(name, count, rates.units.get(name))
  if (rates.call !== undefined) add('call', 1, rates.call)
  if (unpriced.length > 0) return unknownCost('rate', unpriced)
  const { currency, version, model } = price
  return { known: true, amountNano: roundedUp(parts), currency, priceVersion: version, model, parts }
}

/** Every token once: sound and reasoning are parts of input and output, and taken out where they are added by themselves. */
function addTokens(
  usage: TokenUsage,
  { tokens }: Rates,
  add: (kind: string, count: number, rate: bigint | undefined) => void
): void {
  const { audioTokens, cacheWriteTokens } = usage
  const reasoningApart = tokens.reasoning === undefined ? 0 : usage.reasoningTokens
  add('input', usage.inputTokens - audioTokens.input, tokens.input)
  add('cacheRead', usage.cacheReadTokens, tokens.cacheRead)
  add('cacheWriteShort', cacheWriteTokens.short, tokens.cacheWriteShort)
  add('cacheWriteLong', cacheWriteTokens.long, tokens.cacheWriteLong)
  add('output', usage.outputTokens - audioTokens.output - reasoningApart, tokens.output)
  add('reasoning', reasoningApart, tokens.reasoning)
  add('audioInput', audioTokens.input, tokens.audioInput)
  add('audioOutput', audioTokens.output, tokens.audioOutput)
}

function roundedUp(parts: readonly CostPart[]): bigint {
  let sum = 0n
  for (const { amountFemto } of parts) sum += amountFemto
  return (sum + NANO_IN_FEMTO - 1n) / NANO_IN_FEMTO
}

/** Whether all counts are whole, and no part is more than what it is a part of. */
function isSound(usage: TokenUsage): boolean {
  const { inputTokens, outputTokens, reasoningTokens, audioTokens, cacheReadTokens, cacheWriteTokens, units } = usage
  return (
    [
      inputTokens,
      outputTokens,
      reasoningTokens,
      audioTokens.input,
      audioTokens.output,
      cacheReadTokens,
      cacheWriteTokens.short,
      cacheWriteTokens.long,
      ...Object.values(units)
    ].every(count => Number.isSafeInteger(count) && count >= 0) &&
    audioTokens.input <= inputTokens &&
    audioTokens.output + reasoningTokens <= outputTokens
  )
}
