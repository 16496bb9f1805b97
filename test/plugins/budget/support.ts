/** The plugin at work, with models that have prices and one that has none, for all tests of it. */
import type { Cost } from 'tacit-gateway/dialects'
import { CONSUMER, COST, type Consumer, CREDENTIAL } from 'tacit-gateway/plugin'
import { type Driven, type DriveOptions, drive, type RequestInit, testCatalogue } from 'tacit-gateway/testing'
import budget from '../../../plugins/budget/index.ts'

/** A consumer. */
export const SEARCH: Consumer = { id: 'team-search', group: 'teams', labels: {} }
/** Another one of its group. */
export const MAPS: Consumer = { id: 'team-maps', group: 'teams', labels: {} }

const SOURCE = 'source: { url: https://example.com, date: 2026-01-01 }'

/** 1,000 USD for a million tokens of input and 2,000 of output; one model asks CNY, one has no price, one is paid by the call. */
export const PRICED = testCatalogue(`
version: 1
providers:
  - id: acme
    name: Acme
    ${SOURCE}
    models:
      - { id: small, ${SOURCE} }
      - { id: chinese, ${SOURCE} }
      - { id: product, ${SOURCE} }
      - { id: unpriced, ${SOURCE} }
prices:
  - { provider: acme, model: small, version: '1', from: 2026-01-01, rates: { input: 1000.00 USD, output: 2000.00 USD }, ${SOURCE} }
  - { provider: acme, model: chinese, version: '1', from: 2026-01-01, rates: { input: 1000.00 CNY, output: 2000.00 CNY }, ${SOURCE} }
  - { provider: acme, model: product, version: '1', from: 2026-01-01, rates: { input: 0.00 USD, output: 0.00 USD, call: 0.25 USD }, ${SOURCE} }
`)

/** Sets the plugin up. */
export const driven = (config: Record<string, unknown>, options: DriveOptions = {}) =>
  drive(budget, config, { parts: PRICED, ...options })

/** A chat whose answer has at most a hundred tokens: 0.20 USD, and a little for its input. */
export const chat = (fields: Record<string, unknown> = {}): RequestInit => ({
  body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'hi' }], max_tokens: 100, ...fields }),
  provider: 'acme'
})

/** What a call has cost, as a meter tells it. */
export function cost(amount: number, currency = 'USD'): Cost {
  return {
    known: true,
    amountNano: BigInt(Math.round(amount * 1e9)),
    currency,
    priceVersion: '1',
    model: 'small',
    parts: []
  }
}

/** Who calls, with which key. */
export interface Who {
  readonly consumer: Consumer
  readonly key: string
}

/** An exchange of somebody. */
export function call(plugin: Driven, { consumer = SEARCH, key = 'k1', ...init }: RequestInit & Partial<Who> = chat()) {
  const exchange = plugin.exchange(init)
  exchange.exchange.set(CONSUMER, consumer)
  exchange.exchange.set(CREDENTIAL, { id: key, scopes: [] })
  return exchange
}

/** Runs a call to its end. @returns why it was refused, if it was. */
export async function spend(plugin: Driven, spent: Cost | undefined, init: RequestInit & Partial<Who> = chat()) {
  const exchange = call(plugin, init)
  if (spent !== undefined) exchange.exchange.set(COST, spent)
  const { refused } = await exchange.run({ body: '{}' })
  // Alerts are looked for once a second.
  plugin.clock.advance(1_000)
  await new Promise(resolve => setImmediate(resolve))
  return refused?.reason
}

/** How the budgets of `team-search`, its key `k1` and its group stand, by one of their figures. */
export async function standing(plugin: Driven, figure: 'spent' | 'held' | 'remaining' | 'credit') {
  const { body } = await plugin.ask('budgets', { query: 'consumer=team-search&key=k1&group=teams' })
  return (body as { budgets: Record<string, string>[] }).budgets.map(budget => budget[figure])
}
