/** Makes the row of an exchange that has ended. Names that the gateway does not know never get into one. Pure. */
import type { Catalogue, Cost } from 'tacit-gateway/dialects'
import {
  type AccessFacts,
  CONSUMER,
  COST,
  CREDENTIAL,
  type Exchange,
  MODEL,
  SERVED_MODEL,
  TOKEN_USAGE
} from 'tacit-gateway/plugin'
import { UNITS } from './kinds.ts'

/** A row, as `host.record` takes it. */
export type UsageRow = Record<string, unknown>

/** The row of one exchange. @param endedAt wall-clock time. */
export function usageRow(exchange: Exchange, facts: AccessFacts, catalogue: Catalogue, endedAt: number): UsageRow {
  const usage = exchange.get(TOKEN_USAGE)
  const last = facts.attempts.at(-1)
  const provider = exchange.target?.upstream.provider
  const { end, requestBytes, responseBytes, firstByteMs } = facts
  const row: UsageRow = {
    exchange: exchange.id,
    endedAt,
    receivedAt: exchange.receivedAt,
    consumer: exchange.get(CONSUMER)?.id,
    credential: exchange.get(CREDENTIAL)?.id,
    route: exchange.route,
    upstream: last?.upstream,
    peer: last?.peer.id,
    provider,
    asked: knownModel(catalogue, provider, exchange.get(MODEL)),
    model: exchange.get(SERVED_MODEL),
    dialect: exchange.dialect,
    status: end.status,
    reason: facts.reason,
    end: end.reason,
    source: usage?.source ?? 'counted',
    input: usage?.inputTokens ?? 0,
    cacheRead: usage?.cacheReadTokens ?? 0,
    cacheWriteShort: usage?.cacheWriteTokens.short ?? 0,
    cacheWriteLong: usage?.cacheWriteTokens.long ?? 0,
    output: usage?.outputTokens ?? 0,
    reasoning: usage?.reasoningTokens ?? 0,
    audioInput: usage?.audioTokens.input ?? 0,
    audioOutput: usage?.audioTokens.output ?? 0,
    durationMs: wholeMs(end.durationMs),
    firstByteMs: firstByteMs === undefined ? undefined : wholeMs(firstByteMs),
    firstEventMs: last?.firstEventMs === undefined ? undefined : wholeMs(last.firstEventMs),
    attempts: facts.attempts.length,
    requestBytes,
    responseBytes
  }
  if (usage !== undefined) addUnits(row, usage.units)
  addCost(row, exchange.get(COST))
  return row
}

/** The same without any name that may have been forgotten meanwhile, such as that of a consumer who was deleted. */
export function reducedRow(row: UsageRow): UsageRow {
  const { consumer, credential, upstream, peer, provider, asked, model, reason, priceVersion, ...rest } = row
  return { ...rest, isReduced: true }
}

function addUnits(row: UsageRow, units: Readonly<Record<string, number>>): void {
  let others = 0
  for (const name in units) {
    const count = units[name] ?? 0
    if (UNITS.some(unit => unit === name)) row[name] = count
    else others += count
  }
  if (others > 0) row.otherUnits = others
}

function addCost(row: UsageRow, cost: Cost | undefined): void {
  if (cost === undefined) return
  if (!cost.known) {
    row.missing = cost.missing
    return
  }
  row.cost = cost.amountNano
  row.currency = cost.currency
  // Nothing was used, so there is no price to name.
  if (cost.priceVersion !== '') row.priceVersion = cost.priceVersion
}

function knownModel(catalogue: Catalogue, provider: string | undefined, name: string | undefined): string | undefined {
  if (provider === undefined || name === undefined) return undefined
  const found = catalogue.model(provider, name)
  return found.known ? found.model.id : undefined
}

/** Clocks that only rise have fractions, and rows have none. */
function wholeMs(ms: number): number {
  return Math.max(0, Math.round(ms))
}
