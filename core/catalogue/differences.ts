/** What differs between the prices of two catalogues, model by model. Pure. */
import { formatFemto, formatNano } from './amounts.ts'
import type { Price } from './cost.ts'
import { dayOf } from './day.ts'
import { STANDARD } from './price-entries.ts'
import { type Rates, TOKEN_KINDS } from './rates.ts'
import type { Registry } from './registry.ts'

/** One price that differs. */
export interface PriceChange {
  readonly kind: 'added' | 'removed' | 'changed'
  readonly provider: string
  readonly model: string
  /** First day on which it holds. */
  readonly from: string
  /** Versions on both sides. */
  readonly before: string | undefined
  readonly after: string | undefined
  readonly amounts: readonly AmountChange[]
}

/** One amount, or the end of a price, that differs. */
export interface AmountChange {
  /** Such as `input`, `batch output`, `input above 200000`, `to`. */
  readonly what: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** What changes from one catalogue to another, by provider, model and day. Empty when nothing does. */
export function comparePrices(before: Registry, after: Registry): readonly PriceChange[] {
  const changes: PriceChange[] = []
  for (const [provider, model] of modelsOf([before, after])) {
    const old = byDay(before.pricesOf(provider, model))
    const next = byDay(after.pricesOf(provider, model))
    for (const from of [...new Set([...old.keys(), ...next.keys()])].sort()) {
      const change = compare(old.get(from), next.get(from))
      if (change !== undefined) changes.push({ ...change, provider, model, from })
    }
  }
  return changes
}

function* modelsOf(registries: readonly Registry[]): Generator<readonly [provider: string, model: string]> {
  const known = new Map<string, Set<string>>()
  for (const { id, models } of registries.flatMap(({ providers }) => providers)) {
    const ids = known.get(id) ?? new Set<string>()
    known.set(id, ids)
    for (const model of models) ids.add(model.id)
  }
  for (const [provider, models] of [...known].sort(([one], [other]) => (one < other ? -1 : 1))) {
    for (const model of [...models].sort()) yield [provider, model]
  }
}

function byDay(prices: readonly Price[]): ReadonlyMap<string, Price> {
  return new Map(prices.map(price => [dayOf(price.fromAt), price]))
}

function compare(
  before: Price | undefined,
  after: Price | undefined
): Pick<PriceChange, 'kind' | 'before' | 'after' | 'amounts'> | undefined {
  if (before?.version === after?.version) return undefined
  const old = before === undefined ? new Map<string, string>() : amountsOf(before)
  const next = after === undefined ? new Map<string, string>() : amountsOf(after)
  const amounts = [...new Set([...old.keys(), ...next.keys()])].flatMap(what =>
    old.get(what) === next.get(what) ? [] : [{ what, before: old.get(what), after: next.get(what) }]
  )
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
  return { kind, before: before?.version, after: after?.version, amounts }
}

/** Every amount of a price by what it is for, standard first. */
export function amountsOf(price: Price): ReadonlyMap<string, string> {
  const amounts = new Map<string, string>()
  if (Number.isFinite(price.toAt)) amounts.set('to', dayOf(price.toAt))
  for (const [tier, { rates, above }] of price.cards) {
    const prefix = tier === STANDARD ? '' : `${tier} `
    addRates(amounts, price, rates, prefix, '')
    for (const step of above.toReversed()) addRates(amounts, price, step.rates, prefix, ` above ${step.inputTokens}`)
  }
  return amounts
}

function addRates(amounts: Map<string, string>, price: Price, rates: Rates, prefix: string, suffix: string): void {
  const { currency } = price
  for (const kind of TOKEN_KINDS) {
    const rate = rates.tokens[kind]
    if (rate !== undefined) amounts.set(`${prefix}${kind}${suffix}`, formatNano(rate, currency))
  }
  if (rates.call !== undefined) amounts.set(`${prefix}call${suffix}`, formatFemto(rates.call, currency))
  for (const [name, rate] of rates.units) amounts.set(`${prefix}${name}${suffix}`, formatFemto(rate, currency))
}
