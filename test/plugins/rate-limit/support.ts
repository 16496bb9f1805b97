/** The plugin at work, with a model that has a price and one that has none, for all tests of it. */
import type { Cost } from 'tacit-gateway/dialects'
import { CONSUMER, COST, type Consumer, CREDENTIAL, TOKEN_USAGE, type TokenUsage } from 'tacit-gateway/plugin'
import { type Driven, type DriveOptions, drive, type RequestInit, testCatalogue } from 'tacit-gateway/testing'
import rateLimit from '../../../plugins/rate-limit/index.ts'

/** A consumer. */
export const SEARCH: Consumer = { id: 'team-search', group: 'teams', labels: {} }
/** Another one of its group. */
export const MAPS: Consumer = { id: 'team-maps', group: 'teams', labels: {} }

/** One model at 1,000 USD for a million tokens of input and 2,000 of output, and one without a price. */
export const PRICED = testCatalogue(`
version: 1
providers:
  - id: acme
    name: Acme
    source: { url: https://example.com, date: 2026-01-01 }
    models:
      - id: small
        aliases: [tiny]
        maxOutputTokens: 1000
        source: { url: https://example.com, date: 2026-01-01 }
      - { id: unpriced, source: { url: https://example.com, date: 2026-01-01 } }
prices:
  - provider: acme
    model: small
    version: '1'
    from: 2026-01-01
    rates: { input: 1000.00 USD, output: 2000.00 USD }
    source: { url: https://example.com, date: 2026-01-01 }
`)

/** Sets the plugin up. */
export const driven = (config: Record<string, unknown>, options: DriveOptions = {}) =>
  drive(rateLimit, config, { parts: PRICED, ...options })

/** Tokens that somebody tells. */
export const usage = (inputTokens: number, outputTokens: number): TokenUsage => ({
  inputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: { short: 0, long: 0 },
  outputTokens,
  reasoningTokens: 0,
  audioTokens: { input: 0, output: 0 },
  units: {},
  source: 'reported'
})

/** A chat of two bytes whose answer has at most a hundred tokens. */
export const chat = (fields: Record<string, unknown> = {}): RequestInit => ({
  body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'hi' }], max_tokens: 100, ...fields }),
  provider: 'acme'
})

/** An exchange of somebody. */
export function call(plugin: Driven, { consumer = SEARCH, key = 'k1', ...init }: RequestInit & Partial<Who> = {}) {
  const exchange = plugin.exchange(init)
  exchange.exchange.set(CONSUMER, consumer)
  exchange.exchange.set(CREDENTIAL, { id: key, scopes: [] })
  return exchange
}

/** Who calls. */
export interface Who {
  readonly consumer: Consumer
  readonly key: string
}

/** Runs an exchange to its end. @returns why it was refused, if it was. */
export async function run(plugin: Driven, init: RequestInit & Partial<Who> = {}, used?: TokenUsage, costs?: Cost) {
  const exchange = call(plugin, init)
  if (used !== undefined) exchange.exchange.set(TOKEN_USAGE, used)
  if (costs !== undefined) exchange.exchange.set(COST, costs)
  return (await exchange.run({ body: '{}' })).refused?.reason
}

/** What is left of the limits that count by consumer and by group. */
export async function remaining(
  plugin: Driven,
  query = 'consumer=team-search&group=teams'
): Promise<readonly number[]> {
  const { body } = await plugin.ask('limits', { query })
  return (body as { limits: { remaining: number }[] }).limits.map(limit => limit.remaining)
}
