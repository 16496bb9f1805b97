import t from 'tap'
import { amountsIn, ratesAt, ratesFrom, shareOf, shareOfCard } from '../../../core/catalogue/rates.ts'
import type { RatesData } from '../../../core/catalogue/schema.ts'
import { parseMoney } from '../../../core/plugin.ts'

function money(text: string) {
  const amount = parseMoney(text)
  if (amount === undefined) throw new Error(text)
  return amount
}

const DATA: RatesData = {
  input: money('2.50 USD'),
  output: money('0.075 USD'),
  call: money('0.005 USD'),
  units: { searches: money('0.01 USD') }
}

t.test('a token costs as many femto-units as a million cost nano-units, a piece a million times as many', async t => {
  t.strictSame(ratesFrom(DATA), {
    tokens: { input: 2_500_000_000n, output: 75_000_000n },
    call: 5_000_000_000_000n,
    units: new Map([['searches', 10_000_000_000_000n]])
  })
})

t.test('a share changes what tokens cost, and leaves calls and pieces', async t => {
  const half = shareOf(ratesFrom(DATA), 50_000n)
  t.strictSame(half?.tokens, { input: 1_250_000_000n, output: 37_500_000n })
  t.equal(half?.call, 5_000_000_000_000n)
  t.equal(half?.units.get('searches'), 10_000_000_000_000n)
})

t.test('a share that would have to be rounded is none', async t => {
  const rates = ratesFrom({ input: money('0.000000001 USD'), units: {} })
  t.equal(shareOf(rates, 50_000n), undefined)
  const fine = ratesFrom({ input: money('1.00 USD'), units: {} })
  t.equal(shareOfCard({ rates: fine, above: [{ inputTokens: 1, rates }] }, 50_000n), undefined)
  t.equal(
    shareOfCard({ rates: fine, above: [{ inputTokens: 1, rates: fine }] }, 50_000n)?.above[0]?.rates.tokens.input,
    500_000_000n
  )
})

t.test('the highest step below the input counts, and a step only above its length', async t => {
  const rates = (amount: string) => ratesFrom({ input: money(amount), units: {} })
  const [low, middle, high] = [rates('1.00 USD'), rates('2.00 USD'), rates('3.00 USD')]
  const card = {
    rates: low,
    above: [
      { inputTokens: 500, rates: high },
      { inputTokens: 200, rates: middle }
    ]
  }
  t.strictSame(
    [0, 200, 201, 500, 501].map(tokens => ratesAt(card, tokens)),
    [low, low, middle, middle, high]
  )
})

t.test('every amount has its place', async t => {
  t.strictSame(
    amountsIn(DATA, ['rates']).map(({ path }) => path.join('.')),
    ['rates.input', 'rates.output', 'rates.call', 'rates.units.searches']
  )
})
