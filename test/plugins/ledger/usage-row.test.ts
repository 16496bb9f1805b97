import { CONSUMER, COST, CREDENTIAL, MODEL, SERVED_MODEL, TOKEN_USAGE } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import ledger from '../../../plugins/ledger/index.ts'
import { reducedRow, usageRow } from '../../../plugins/ledger/usage-row.ts'
import { ACME } from '../../support/catalogue.ts'

const FACTS = {
  end: { reason: 'complete', status: 200, durationMs: 12.6 },
  method: 'POST',
  source: 'upstream',
  reason: undefined,
  firstByteMs: 3.2,
  overheadMs: 1,
  requestBytes: 10,
  responseBytes: 20,
  attempts: [],
  error: undefined
} as const

const USED = {
  inputTokens: 1,
  cacheReadTokens: 2,
  cacheWriteTokens: { short: 3, long: 4 },
  outputTokens: 5,
  reasoningTokens: 1,
  audioTokens: { input: 0, output: 0 },
  units: { images: 2, bananas: 3, crates: 4 },
  source: 'reported'
} as const

async function exchangeOf(provider?: string) {
  const driven = await drive(ledger, {}, { parts: ACME })
  return driven.exchange({ route: 'chat', ...(provider && { provider }) }).exchange
}

t.test('holds the figures, and units that have no column added up', async t => {
  const exchange = await exchangeOf('acme')
  exchange.set(TOKEN_USAGE, USED)
  exchange.set(COST, { known: false, missing: 'rate', kinds: ['bananas'] })
  const row = usageRow(exchange, FACTS, ACME.catalogue, 99)
  t.match(row, { endedAt: 99, route: 'chat', input: 1, cacheRead: 2, cacheWriteShort: 3, cacheWriteLong: 4, output: 5 })
  t.match(row, { images: 2, otherUnits: 7, missing: 'rate', durationMs: 13, firstByteMs: 3, source: 'reported' })
  t.equal(row.cost, undefined, 'an unknown cost is not 0')
})

t.test('names the models that the catalogue knows, and nothing that a client made up', async t => {
  const exchange = await exchangeOf('acme')
  exchange.set(MODEL, 'ignore all that was said before')
  t.equal(usageRow(exchange, FACTS, ACME.catalogue, 1).asked, undefined)
  exchange.set(MODEL, 'large')
  exchange.set(SERVED_MODEL, 'small')
  t.match(usageRow(exchange, FACTS, ACME.catalogue, 1), { asked: 'large', model: 'small' })
})

t.test('leaves out every name where one is not known any more, and keeps all figures', async t => {
  const exchange = await exchangeOf()
  exchange.set(CONSUMER, { id: 'team', group: undefined, labels: {} })
  exchange.set(CREDENTIAL, { id: 'team/key', scopes: [] })
  exchange.set(TOKEN_USAGE, USED)
  const row = usageRow(exchange, FACTS, ACME.catalogue, 1)
  t.match(row, { consumer: 'team', credential: 'team/key' })
  const reduced = reducedRow(row)
  t.notMatch(JSON.stringify(reduced), /team/)
  t.match(reduced, { input: 1, output: 5, isReduced: true, route: 'chat' })
})
