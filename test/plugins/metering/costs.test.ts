import t from 'tap'
import { costOf, NO_COST, pricedModel } from '../../../plugins/metering/costs.ts'
import { NO_USAGE } from '../../../plugins/metering/ending.ts'
import { ACME } from '../../support/catalogue.ts'

t.test('adds what other models cost, and knows nothing as soon as one is unknown', async t => {
  const { prices } = ACME
  const usage = { ...NO_USAGE, inputTokens: 1_000_000 }
  const question = { provider: 'acme', model: 'small', usage, at: Date.UTC(2026, 5, 1) }
  const alone = costOf(prices, question, [])
  t.match(alone, { known: true, amountNano: 1_000_000_000n, currency: 'USD' })
  const advised = costOf(prices, question, [{ model: 'large', usage: { ...usage, inputTokens: 500_000 } }])
  t.match(advised, { known: true, amountNano: 1_000_000_000n + 5_000_000_000n, model: 'small' })
  t.match(costOf(prices, question, [{ model: 'secret', usage }]), { known: false, missing: 'model' })
  t.match(costOf(prices, { ...question, model: 'secret' }, [{ model: 'small', usage }]), { known: false })
})

t.test('looks a price up by the model that answered, if that is known', async t => {
  const { catalogue } = ACME
  t.equal(pricedModel(catalogue, 'acme', 'large', 'small'), 'small')
  t.equal(pricedModel(catalogue, 'acme', 'large', 'a-name-of-today'), 'large')
  t.equal(pricedModel(catalogue, 'acme', undefined, 'a-name-of-today'), 'a-name-of-today')
  t.equal(pricedModel(catalogue, 'acme', 'large', undefined), 'large')
})

t.test('nothing costs nothing, in no currency', async t => {
  t.match(NO_COST, { known: true, amountNano: 0n, currency: 'XXX' })
})
