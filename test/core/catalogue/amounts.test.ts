import fc from 'fast-check'
import t from 'tap'
import { formatFemto, formatNano } from '../../../core/catalogue/amounts.ts'
import { parseMoney } from '../../../core/plugin.ts'

t.test('writes amounts with two decimals at least, and no zeros behind the others', async t => {
  t.equal(formatNano(2_500_000_000n, 'USD'), '2.50 USD')
  t.equal(formatNano(0n, 'USD'), '0.00 USD')
  t.equal(formatNano(7n, 'EUR'), '0.000000007 EUR')
  t.equal(formatNano(-1_230_000_000n, 'USD'), '-1.23 USD')
  t.equal(formatFemto(80_000_000_000n, 'USD'), '0.00008 USD')
  t.equal(formatFemto(1n, 'USD'), '0.000000000000001 USD')
})

t.test('what is written is read back as the same, however large', async t => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), amountNano => {
      const read = parseMoney(formatNano(amountNano, 'USD'))
      return read?.amountNano === amountNano && read.currency === 'USD'
    })
  )
  t.pass('held')
})
