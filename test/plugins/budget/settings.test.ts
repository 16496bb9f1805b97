import type { DriveOptions } from 'tacit-gateway/testing'
import t from 'tap'
import { decodeConfig } from '../../../core/testing/config.ts'
import { ConsumerConfig } from '../../../plugins/budget/settings.ts'
import { chat, cost, driven, MAPS, spend } from './support.ts'

t.test('a group, a consumer and a key may have budgets of their own', async t => {
  const decode = (settings: Record<string, unknown>) => decodeConfig(ConsumerConfig, settings)
  const rich = decode({ budgets: [{ amount: '5.00 USD' }] })
  const poor = decode({ budgets: [{ amount: '5.00 USD' }], keyBudgets: [{ amount: '0.25 USD', each: 'day' }] })
  const settings: NonNullable<DriveOptions['settings']> = ({ id }, credential) =>
    id === 'team-search' ? (credential?.id === 'k2' ? poor : rich) : {}
  const groupSettings = () => decode({ groupBudgets: [{ amount: '2.60 USD' }] })
  const config = {
    budgets: [{ amount: '1.00 USD' }, { amount: '9.00 USD', by: 'key' }, { amount: '9.00 USD', by: 'group' }]
  }
  const plugin = await driven(config, { settings, groupSettings })
  t.equal(await spend(plugin, cost(1.5)), undefined)
  t.equal(await spend(plugin, cost(0.2), { ...chat(), key: 'k2' }), undefined)
  t.equal(await spend(plugin, cost(0.2), { ...chat(), key: 'k2' }), 'budget_exceeded', 'the budget of the key')
  t.equal(await spend(plugin, cost(0.9), { ...chat(), consumer: MAPS }), undefined)
  t.equal(await spend(plugin, cost(0.1), { ...chat(), consumer: MAPS }), 'budget_exceeded', 'the one that all have')
  t.equal(await spend(plugin, cost(0.1)), 'budget_exceeded', 'the budget of the group')
})

t.test('a budget that says too little, or too much, is refused before anything is served', async t => {
  for (const budget of [
    {},
    { amount: '0.00 USD' },
    { amount: '99999999.00 USD' },
    { amount: '1.00 USD', each: 'day', per: '1d' },
    { amount: '1.00 USD', timeZone: 'UTC' },
    { amount: '1.00 USD', per: '0ms' },
    { amount: '1.00 USD', each: 'year' },
    { amount: '1.00 USD', by: 'route' }
  ]) {
    await t.rejects(driven({ budgets: [budget] }), { code: 'TACIT_CONFIG_INVALID' }, JSON.stringify(budget))
  }
  await t.rejects(driven({ budgets: [{ amount: '1.00 USD' }, { amount: '2.00 USD' }] }), /"total" of each consumer/)
  await t.rejects(driven({ budgets: [] }), { code: 'TACIT_CONFIG_INVALID' })
})
