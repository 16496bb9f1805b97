import t from 'tap'
import { checkLife, checkValue, storeRefused } from '../../../core/store/value-bounds.ts'

t.test('takes keys and values up to their lengths', async t => {
  checkValue('k'.repeat(512), 'v'.repeat(65_536))
  t.throws(() => checkValue('k'.repeat(513), ''), { code: 'TACIT_STORE_REFUSED' })
  t.throws(() => checkValue('', 'v'.repeat(65_537)), { code: 'TACIT_STORE_REFUSED' })
})

t.test('takes lives that are longer than nothing', async t => {
  t.equal(checkLife(0.5), 0.5)
  for (const ttlMs of [0, -1, Number.NaN]) t.throws(() => checkLife(ttlMs), { code: 'TACIT_STORE_REFUSED' })
})

t.test('says why without the value', async t => {
  t.equal(storeRefused('it rained').message, "A plugin's value was not stored: it rained.")
})
