import t from 'tap'
import { decimalOf, moneyTexts, nanoOf } from '../../../plugins/ledger/money.ts'

t.test('tells every digit of an amount and reads it back', async t => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, '0'],
    [1n, '0.000000001'],
    [12_500_000_000n, '12.5'],
    [-3n, '-0.000000003'],
    [-5_000_000_000n, '-5'],
    [123_456_789_012_345_678_901_234_567n, '123456789012345678.901234567']
  ]
  for (const [nano, text] of cases) {
    t.equal(decimalOf(nano), text)
    t.equal(nanoOf(text), nano)
  }
  t.equal(nanoOf('+1.50'), 1_500_000_000n)
  t.equal(nanoOf('1.0000000000'), 1_000_000_000n, 'zeros say nothing')
  for (const text of ['', '.5', '1.', '1e3', '1,5', '0.0000000001', ' 1', '--1']) t.equal(nanoOf(text), undefined, text)
})

t.test('lists currencies in order, and never that of nothing', async t => {
  t.strictSame(
    moneyTexts(
      new Map([
        ['USD', 1n],
        ['XXX', 0n],
        ['EUR', 2_000_000_000n]
      ])
    ),
    ['2 EUR', '0.000000001 USD']
  )
})
