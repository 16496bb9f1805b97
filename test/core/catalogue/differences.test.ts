import t from 'tap'
import { amountsOf, comparePrices } from '../../../core/catalogue/differences.ts'
import { ACME, at, pricing, registryOf } from './support.ts'

const before = registryOf(
  pricing(
    '{ input: 1.00 USD, output: 2.00 USD, units: { searches: 0.01 USD } }',
    '    above: [{ inputTokens: 1000, rates: { input: 3.00 USD } }]\n    tiers: [{ tier: batch, share: 50% }]\n'
  )
)

t.test('nothing changes between the same', async t => {
  t.strictSame(comparePrices(before, before), [])
  t.strictSame(comparePrices(registryOf(ACME), registryOf(ACME)), [])
})

t.test('tells each amount that changes, and those that come and go', async t => {
  const after = registryOf(
    pricing(
      '{ input: 1.00 USD, output: 2.50 USD, call: 0.005 USD }',
      '    to: 2027-01-01\n    tiers: [{ tier: batch, share: 60% }]\n'
    )
  )
  const [change, ...others] = comparePrices(before, after)
  t.strictSame(others, [])
  t.match(change, { kind: 'changed', provider: 'acme', model: 'big', from: '2026-01-01' })
  t.not(change?.before, change?.after)
  t.strictSame(
    change?.amounts.map(({ what, before, after }) => [what, before, after]),
    [
      ['output', '2.00 USD', '2.50 USD'],
      ['searches', '0.01 USD', undefined],
      ['input above 1000', '3.00 USD', undefined],
      ['batch input', '0.50 USD', '0.60 USD'],
      ['batch output', '1.00 USD', '1.50 USD'],
      ['batch searches', '0.01 USD', undefined],
      ['batch input above 1000', '1.50 USD', undefined],
      ['to', undefined, '2027-01-01'],
      ['call', undefined, '0.005 USD'],
      ['batch call', undefined, '0.005 USD']
    ]
  )
})

t.test('tells prices that begin and prices that are gone', async t => {
  t.match(comparePrices(registryOf(ACME), before), [{ kind: 'added', before: undefined, after: /^test\./ }])
  t.match(comparePrices(before, registryOf('version: 1\n')), [{ kind: 'removed', before: /^test\./, after: undefined }])
})

t.test('lists every amount of a price, tier by tier and step by step', async t => {
  const price = before.priceAt('acme', 'big', at('2026-06-01'))
  t.strictSame(price && [...amountsOf(price).keys()], [
    'input',
    'output',
    'searches',
    'input above 1000',
    'batch input',
    'batch output',
    'batch searches',
    'batch input above 1000'
  ])
})
