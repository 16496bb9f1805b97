/**
 * Turns one price of the data into what a cost is reckoned with, and says what does not fit together in it. Every
 * amount that decides a cost goes into the digest that its version ends with. Pure.
 */
import { createHash } from 'node:crypto'
import { type Finding, problem } from '../configuration/finding.ts'
import type { Path } from '../configuration/path.ts'
import type { Price } from './cost.ts'
import { amountsIn, type RateCard, ratesFrom, shareOfCard, TOKEN_KINDS } from './rates.ts'
import type { PriceData, RatesData } from './schema.ts'

/** The tier of calls that nothing was paid for besides. */
export const STANDARD = 'standard'

/** Names of things that are billed by the piece: words, and none that is a kind by itself. */
const UNIT_NAME = /^[a-z][a-z0-9_]{0,39}$/
const KINDS: ReadonlySet<string> = new Set([...TOKEN_KINDS, 'call', 'to'])

/** Characters of the digest behind a version. */
const DIGEST_LENGTH = 8

/** A price, as far as it can be made, and what is wrong with it. */
export interface CompiledPrice {
  /** Undefined when anything is wrong. */
  readonly price: Price | undefined
  readonly findings: readonly Finding[]
}

/** @param path where the entry stands. */
export function compilePrice(data: PriceData, path: Path): CompiledPrice {
  const findings = [...checkPeriod(data, path), ...checkAmounts(data, path), ...checkSteps(data.above, path)]
  const standard = cardFrom(data.rates, data.above)
  const cards = new Map<string, RateCard>([[STANDARD, standard]])
  data.tiers.forEach((entry, index) => {
    const at = [...path, 'tiers', index]
    if (cards.has(entry.tier)) {
      findings.push(
        problem(
          [...at, 'tier'],
          'TACIT_PRICE_TIER',
          `The tier "${entry.tier}" is priced already.`,
          'Keep one of the two.'
        )
      )
    }
    const card = tierCard(entry, standard, at, findings)
    if (card !== undefined) cards.set(entry.tier, card)
  })
  if (findings.length > 0) return { price: undefined, findings }
  const { provider, model, from: fromAt, to: toAt = Number.POSITIVE_INFINITY } = data
  const currency = data.rates.input?.currency ?? firstCurrency(data) ?? ''
  const { url, date: readAt, via } = data.source
  const facts = { provider, model, currency, fromAt, toAt, cards, source: { url, readAt, via } }
  return { price: { ...facts, version: `${data.version}.${digestOf(facts)}` }, findings }
}

function firstCurrency(data: PriceData): string | undefined {
  return amountsIn(data.rates, [])[0]?.amount.currency
}

function cardFrom(rates: RatesData, above: PriceData['above']): RateCard {
  const steps = above.map(step => ({ inputTokens: step.inputTokens, rates: ratesFrom(step.rates) }))
  return { rates: ratesFrom(rates), above: steps.sort((first, second) => second.inputTokens - first.inputTokens) }
}

function tierCard(
  { tier, share, rates, above }: PriceData['tiers'][number],
  standard: RateCard,
  path: Path,
  findings: Finding[]
): RateCard | undefined {
  const refuse = (message: string, cure: string): undefined => {
    findings.push(problem(path, 'TACIT_PRICE_TIER', message, cure))
  }
  findings.push(...checkSteps(above, path))
  if (share === undefined && rates === undefined) {
    return refuse(`Nothing says what the tier "${tier}" costs.`, 'Give it a `share` of the standard rates, or `rates`.')
  }
  if (share === undefined) return rates === undefined ? undefined : cardFrom(rates, above)
  if (rates !== undefined || above.length > 0) {
    return refuse(`The tier "${tier}" has both a share and rates of its own.`, 'Keep one of the two.')
  }
  return (
    shareOfCard(standard, share) ??
    refuse(`The share of the tier "${tier}" cannot be taken without rounding.`, 'Write its `rates` instead.')
  )
}

function checkPeriod({ from, to }: PriceData, path: Path): readonly Finding[] {
  if (to === undefined || from < to) return []
  return [problem([...path, 'to'], 'TACIT_PRICE_PERIOD', 'This price ends before it begins.', 'Write a later day.')]
}

/** Amounts of one price have one currency: a sum of two would be none. And there is at least one. */
function checkAmounts(data: PriceData, path: Path): Finding[] {
  const all = [
    { rates: data.rates, path: [...path, 'rates'] },
    ...stepsOf(data.above, path),
    ...data.tiers.flatMap(({ rates, above }, index) => {
      const at = [...path, 'tiers', index]
      return [...(rates === undefined ? [] : [{ rates, path: [...at, 'rates'] }]), ...stepsOf(above, at)]
    })
  ]
  const currency = firstCurrency(data)
  return all.flatMap(({ rates, path }) => {
    const amounts = amountsIn(rates, path)
    if (amounts.length === 0) {
      return [problem(path, 'TACIT_PRICE_EMPTY', 'Nothing here has a price.', 'Write at least one, such as `input`.')]
    }
    const nameless = Object.keys(rates.units).filter(name => !UNIT_NAME.test(name) || KINDS.has(name))
    if (nameless.length > 0) return nameless.map(name => unnamed([...path, 'units', name]))
    const other = amounts.find(({ amount }) => amount.currency !== currency)
    if (other === undefined) return []
    const message = `One price has one currency, and this one begins with ${currency}.`
    return [problem(other.path, 'TACIT_PRICE_CURRENCY', message, 'Write all amounts of it in the same.')]
  })
}

function unnamed(path: Path): Finding {
  const message = 'Pieces cannot be called so.'
  return problem(path, 'TACIT_VALUE_INVALID', message, 'Write what the usage calls them, such as `searches`.', 'key')
}

function stepsOf(above: PriceData['above'], path: Path): readonly { readonly rates: RatesData; readonly path: Path }[] {
  return above.map(({ rates }, index) => ({ rates, path: [...path, 'above', index, 'rates'] }))
}

function checkSteps(above: PriceData['above'], path: Path): readonly Finding[] {
  return above.flatMap(({ inputTokens }, index) => {
    const first = above.findIndex(step => step.inputTokens === inputTokens)
    if (first === index) return []
    const at = [...path, 'above', index, 'inputTokens']
    return [problem(at, 'TACIT_PRICE_STEP', 'Other rates begin at this length already.', 'Keep one of the two.')]
  })
}

/** A digest of everything that decides an amount, in a form that does not depend on how it was written. */
function digestOf({ cards, ...facts }: Omit<Price, 'version'>): string {
  const written = [...cards]
    .sort(byName)
    .map(([tier, { rates, above }]) => [
      tier,
      ...[{ inputTokens: 0, rates }, ...above].map(step => [
        step.inputTokens,
        TOKEN_KINDS.map(kind => String(step.rates.tokens[kind] ?? '')),
        String(step.rates.call ?? ''),
        [...step.rates.units].sort(byName).map(([name, rate]) => [name, String(rate)])
      ])
    ])
  const { provider, model, currency, fromAt, toAt } = facts
  const text = JSON.stringify([provider, model, currency, fromAt, String(toAt), written])
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH)
}

function byName([first]: readonly [string, unknown], [second]: readonly [string, unknown]): number {
  return first < second ? -1 : 1
}
