/**
 * Rates as whole numbers that a cost can be reckoned with. One token at an amount for a million of them costs the
 * same number of femto-units (1e-15) as the amount has nano-units, so nothing is divided here. Pure.
 */
import type { Path } from '../configuration/path.ts'
import type { Money } from '../contract/units.ts'
import { WHOLE_SHARE } from './percent.ts'
import type { RatesData } from './schema.ts'

/** Kinds of tokens that a rate may be known for. */
export const TOKEN_KINDS = [
  'input',
  'cacheRead',
  'cacheWriteShort',
  'cacheWriteLong',
  'output',
  'reasoning',
  'audioInput',
  'audioOutput'
] as const

/** A kind of token. */
export type TokenKind = (typeof TOKEN_KINDS)[number]

/** What one of each costs, in femto-units. A kind that is missing has no known price. */
export interface Rates {
  readonly tokens: Readonly<Partial<Record<TokenKind, bigint>>>
  /** For the call itself; undefined where it costs nothing by itself. */
  readonly call: bigint | undefined
  readonly units: ReadonlyMap<string, bigint>
}

/** Rates of one tier, and those that take their place when a call has more input. */
export interface RateCard {
  readonly rates: Rates
  /** The highest first. */
  readonly above: readonly { readonly inputTokens: number; readonly rates: Rates }[]
}

/** Nano-units for one piece, in femto-units. */
const FEMTO_PER_NANO = 1_000_000n

/** Rates from amounts of one currency. */
export function ratesFrom(data: RatesData): Rates {
  const tokens: Partial<Record<TokenKind, bigint>> = {}
  for (const kind of TOKEN_KINDS) {
    const amount = data[kind]
    if (amount !== undefined) tokens[kind] = amount.amountNano
  }
  const units = new Map<string, bigint>()
  for (const [name, amount] of Object.entries(data.units)) units.set(name, amount.amountNano * FEMTO_PER_NANO)
  return { tokens, call: data.call === undefined ? undefined : data.call.amountNano * FEMTO_PER_NANO, units }
}

/**
 * The same rates with a share of what tokens cost; calls and pieces cost the same.
 * @param share in thousandths of a percent.
 * @returns undefined when a rate would have more digits than are kept: it would have to be rounded.
 */
export function shareOf(rates: Rates, share: bigint): Rates | undefined {
  const tokens: Partial<Record<TokenKind, bigint>> = {}
  for (const kind of TOKEN_KINDS) {
    const rate = rates.tokens[kind]
    if (rate === undefined) continue
    if ((rate * share) % WHOLE_SHARE !== 0n) return undefined
    tokens[kind] = (rate * share) / WHOLE_SHARE
  }
  return { ...rates, tokens }
}

/** A card of which tokens cost a share; undefined when that cannot be said exactly. */
export function shareOfCard(card: RateCard, share: bigint): RateCard | undefined {
  const rates = shareOf(card.rates, share)
  const above = card.above.flatMap(({ inputTokens, rates }) => {
    const shared = shareOf(rates, share)
    return shared === undefined ? [] : [{ inputTokens, rates: shared }]
  })
  return rates === undefined || above.length < card.above.length ? undefined : { rates, above }
}

/** The rates that a call with so many tokens of input costs. */
export function ratesAt(card: RateCard, inputTokens: number): Rates {
  return card.above.find(step => inputTokens > step.inputTokens)?.rates ?? card.rates
}

/** Every amount of some rates, with its place below `path`. */
export function amountsIn(data: RatesData, path: Path): readonly { readonly amount: Money; readonly path: Path }[] {
  const { units, ...single } = data
  return [
    ...Object.entries(single).map(([kind, amount]) => ({ amount, path: [...path, kind] })),
    ...Object.entries(units).map(([name, amount]) => ({ amount, path: [...path, 'units', name] }))
  ]
}
