import t from 'tap'
import { expectationOf, type Reckoning } from '../../../plugins/budget/spending.ts'
import { call, chat, driven, PRICED } from './support.ts'

const RECKONING: Reckoning = {
  ...PRICED,
  estimate: { bytesPerToken: 3, imageTokens: 1_600, outputTokens: 500 },
  model: undefined
}

/** What a call is expected to cost, in USD. */
async function expected(init: Parameters<typeof call>[1], reckoning: Partial<Reckoning> = {}, currency = 'USD') {
  const exchange = call(await driven({ budgets: [{ amount: '1.00 USD' }] }), init)
  // Its turn begins with a phase.
  await exchange.requestFilter()
  const { downstream } = exchange.exchange as unknown as { downstream: Parameters<typeof expectationOf>[1] }
  const nano = expectationOf(exchange.exchange, downstream, { ...RECKONING, ...reckoning }).in(currency)
  return nano === undefined ? undefined : nano / 1e9
}

t.test('output costs what the request bounds it by, or what the operator says', async t => {
  const bounded = (await expected(chat())) ?? 0
  t.ok(bounded > 0.2 && bounded < 0.22, String(bounded))
  const { body } = chat({ max_tokens: undefined })
  const unbounded = (await expected({ ...chat(), body: body ?? '' })) ?? 0
  t.ok(unbounded > 1 && unbounded < 1.02, String(unbounded))
})

t.test('has no price in another currency, and none for what nobody knows', async t => {
  t.equal(await expected(chat(), {}, 'CNY'), undefined)
  t.equal(await expected(chat({ model: 'other' })), undefined)
})

t.test('what uses no tokens costs nothing', async t => {
  t.equal(await expected({ ...chat(), method: 'GET' }), 0)
})
