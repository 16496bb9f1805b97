import t from 'tap'
import { written } from '../../../plugins/budget/endpoints.ts'
import { cost, driven, SEARCH, spend, standing } from './support.ts'

t.test('operators add money, take it back, and begin anew; consumers see their own', async t => {
  const plugin = await driven({
    budgets: [
      { amount: '1.00 USD', each: 'month' },
      { amount: '9.00 USD', by: 'group' }
    ]
  })
  await spend(plugin, cost(0.95))
  t.equal(await spend(plugin, undefined), 'budget_exceeded')
  const asked = { budget: 'month', consumer: 'team-search' }
  const topped = await plugin.ask('topUp', { body: { ...asked, amount: '0.50 USD' } })
  t.match(topped.body, { budgets: [{ credit: '0.50 USD', remaining: '0.55 USD' }] })
  t.equal(await spend(plugin, cost(0.1)), undefined)
  const taken = await plugin.ask('topUp', { body: { ...asked, amount: '0.50 USD', takeBack: true } })
  t.match(taken.body, { budgets: [{ credit: '0.00 USD', remaining: '0.00 USD' }] })
  const reset = await plugin.ask('reset', { body: asked })
  t.match(reset.body, { budgets: [{ spent: '0.00 USD', remaining: '1.00 USD' }] })
  const mine = await plugin.ask('mine', { consumer: SEARCH })
  t.match(mine.body, {
    budgets: [
      { budget: 'month', by: 'consumer', amount: '1.00 USD', spent: '0.00 USD' },
      { budget: 'total', by: 'group', amount: '9.00 USD', spent: '1.05 USD', resetsAt: null }
    ]
  })
})

t.test('what is asked of a budget must fit it', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD', per: '7d' }, { amount: '1.00 USD' }] })
  const reason = async (name: string, body: unknown) => (await plugin.ask(name, { body })).refused?.reason
  t.equal(await reason('reset', { budget: 'total' }), 'budget_unknown', 'whose?')
  t.equal(await reason('reset', { budget: 'month', consumer: 'team-search' }), 'budget_unknown')
  t.equal(await reason('topUp', { budget: '7d', consumer: 'team-search', amount: '1.00 USD' }), 'budget_rolling')
  t.equal(await reason('topUp', { budget: 'total', consumer: 'team-search', amount: '1.00 EUR' }), 'currency_wrong')
  t.equal(await reason('topUp', { budget: 'total', consumer: 'team-search', amount: '1' }), 'invalid_request')
})

t.test('shows of somebody what was named', async t => {
  const budgets = [{ amount: '1.00 USD' }, { amount: '2.00 USD', by: 'key' }, { amount: '3.00 USD', by: 'group' }]
  const plugin = await driven({ budgets })
  const names = async (query: string) => {
    const { body } = await plugin.ask('budgets', { query })
    return (body as { budgets: { by: string }[] }).budgets.map(({ by }) => by)
  }
  t.strictSame(await names('consumer=team-search'), ['consumer'])
  t.strictSame(await names('consumer=team-search&key=k1'), ['consumer', 'key'])
  t.strictSame(await names('group=teams'), ['group'])
  t.strictSame(await names('key=k1'), [])
  t.strictSame(await standing(plugin, 'remaining'), ['1.00 USD', '2.00 USD', '3.00 USD'])
})

t.test('writes money as people do, to the last digit', async t => {
  t.equal(written(5_000_000_000, 'USD'), '5.00 USD')
  t.equal(written(1, 'USD'), '0.000000001 USD')
  t.equal(written(-1_500_000_000, 'EUR'), '-1.50 EUR')
  t.equal(written(12_345_678_900_000_000, 'CNY'), '12345678.90 CNY')
})
