import { testCatalogue } from 'tacit-gateway/testing'
import t from 'tap'
import { dearestCost, estimateCost, isPriced } from '../../../../core/dialects/index.ts'

const SOURCE = 'source: { url: https://example.com/prices, date: 2026-01-01 }'
const { prices } = testCatalogue(`
version: 1
providers:
  - id: acme
    name: Acme
    ${SOURCE}
    models:
      - { id: plain, ${SOURCE} }
      - { id: caching, ${SOURCE} }
      - { id: thinking, ${SOURCE} }
      - { id: unpriced, ${SOURCE} }
prices:
  - { provider: acme, model: plain, version: '1', from: 2026-01-01, rates: { input: 1.00 USD, output: 2.00 USD }, ${SOURCE} }
  - provider: acme
    model: caching
    version: '1'
    from: 2026-01-01
    rates: { input: 1.00 USD, cacheWriteShort: 1.25 USD, cacheWriteLong: 2.00 USD, output: 2.00 USD }
    ${SOURCE}
  - provider: acme
    model: thinking
    version: '1'
    from: 2026-01-01
    rates: { input: 1.00 USD, output: 2.00 USD, reasoning: 5.00 USD }
    ${SOURCE}
`)

const at = Date.parse('2026-06-01T00:00:00Z')
function costOf(model: string, provider = 'acme') {
  const cost = estimateCost(prices, { provider, model, at }, { inputTokens: 1_000_000, outputTokens: 1_000_000 })
  return cost.known ? Number(cost.amountNano) / 1e9 : cost.missing
}

t.test('reckons input and output at their prices', async t => {
  t.equal(costOf('plain'), 3)
})

t.test('takes a prompt for written to the cache where that is dearer', async t => {
  t.equal(costOf('caching'), 4)
})

t.test('takes an answer for reasoning where that is dearer', async t => {
  t.equal(costOf('thinking'), 6)
})

t.test('knows no cost of what has no price', async t => {
  t.equal(costOf('unpriced'), 'price')
  t.equal(costOf('nobody-knows'), 'model')
  t.equal(costOf('plain', 'nobody'), 'provider')
})

t.test('of several targets the dearest counts, of those that have a price in the currency', async t => {
  const dearest = (models: readonly string[], currency = 'USD') => {
    const targets = models.map(model => ({ provider: 'acme', model }))
    const cost = dearestCost(prices, targets, { at }, { inputTokens: 1_000_000, outputTokens: 1_000_000 }, currency)
    return cost.known ? Number(cost.amountNano) / 1e9 : cost.missing
  }
  t.equal(dearest(['plain', 'thinking', 'caching']), 6)
  t.equal(dearest(['unpriced', 'plain']), 3)
  t.equal(dearest(['unpriced']), 'price')
  t.equal(dearest(['plain'], 'EUR'), 'provider')
  t.equal(dearest([]), 'provider')
})

t.test('tells whether there is a price at all', async t => {
  t.ok(isPriced(prices, { provider: 'acme', model: 'plain' }, at, 'USD'))
  t.notOk(isPriced(prices, { provider: 'acme', model: 'plain' }, at, 'EUR'))
  t.notOk(isPriced(prices, { provider: 'acme', model: 'unpriced' }, at, 'USD'))
  t.notOk(isPriced(prices, { provider: undefined, model: undefined }, at, 'USD'))
})
