import t from 'tap'
import type { Price } from '../../../core/catalogue/cost.ts'
import { at, pricing, registryOf } from './support.ts'

function priceOf(rates: string, more = ''): Price {
  const [price] = registryOf(pricing(rates, more)).pricesOf('acme', 'big')
  if (price === undefined) throw new Error('no price')
  return price
}

const RATES = '{ input: 2.50 USD, output: 10.00 USD }'

t.test('a price holds from its first day on, without an end if none is given', async t => {
  const price = priceOf(RATES)
  t.equal(price.fromAt, at('2026-01-01'))
  t.equal(price.toAt, Number.POSITIVE_INFINITY)
  t.equal(priceOf(RATES, '    to: 2026-07-01\n').toAt, at('2026-07-01'))
})

t.test('a version is what was written and a digest, and the digest does not depend on how it was written', async t => {
  const { version } = priceOf(RATES)
  t.match(version, /^test\.[0-9a-f]{8}$/)
  t.equal(priceOf('{ output: 10 USD, input: 2.5 USD }').version, version)
  t.equal(priceOf(RATES, '    tiers: []\n').version, version)
})

t.test('everything that decides an amount changes the version', async t => {
  const versions = [
    priceOf(RATES),
    priceOf('{ input: 2.500000001 USD, output: 10.00 USD }'),
    priceOf('{ input: 2.50 EUR, output: 10.00 EUR }'),
    priceOf('{ input: 2.50 USD, output: 10.00 USD, cacheRead: 0.00 USD }'),
    priceOf('{ input: 2.50 USD, output: 10.00 USD, call: 0.01 USD }'),
    priceOf('{ input: 2.50 USD, output: 10.00 USD, units: { searches: 0.01 USD } }'),
    priceOf('{ input: 2.50 USD, output: 10.00 USD, units: { images: 0.01 USD } }'),
    priceOf(RATES, '    to: 2026-07-01\n'),
    priceOf(RATES, `    above: [{ inputTokens: 1000, rates: ${RATES} }]\n`),
    priceOf(RATES, `    above: [{ inputTokens: 1001, rates: ${RATES} }]\n`),
    priceOf(RATES, '    tiers: [{ tier: batch, share: 50% }]\n'),
    priceOf(RATES, '    tiers: [{ tier: batch, share: 51% }]\n'),
    priceOf(RATES, '    tiers: [{ tier: flex, share: 50% }]\n')
  ].map(({ version }) => version)
  t.equal(new Set(versions).size, versions.length, versions.join(' '))
})

t.test('a share of the rates is the same price as the rates that it comes to', async t => {
  const shared = priceOf(RATES, '    tiers: [{ tier: batch, share: 50% }]\n')
  const written = priceOf(RATES, '    tiers: [{ tier: batch, rates: { input: 1.25 USD, output: 5.00 USD } }]\n')
  t.equal(shared.version, written.version)
  t.strictSame(shared.cards.get('batch'), written.cards.get('batch'))
})

t.test('steps count from the highest, in whatever order they stand', async t => {
  const { cards } = priceOf(
    RATES,
    '    above: [{ inputTokens: 100, rates: { input: 3.00 USD } }, { inputTokens: 500, rates: { input: 4.00 USD } }]\n'
  )
  t.strictSame(
    cards.get('standard')?.above.map(({ inputTokens }) => inputTokens),
    [500, 100]
  )
})
