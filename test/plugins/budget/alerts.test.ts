import t from 'tap'
import { cost, driven, spend } from './support.ts'

const percents = (emitted: readonly { readonly facts: object }[]) =>
  emitted.map(({ facts }) => Reflect.get(facts, 'percent'))

t.test('tells of each share once, with what was spent', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD', each: 'month' }] })
  await spend(plugin, cost(0.4))
  t.strictSame(plugin.emitted, [])
  await spend(plugin, cost(0.2))
  await spend(plugin, cost(0.05))
  t.match(plugin.emitted, [
    {
      event: 'threshold',
      facts: {
        consumer: 'team-search',
        budget: 'month',
        percent: 50,
        currency: 'USD',
        spentNano: 600_000_000,
        amountNano: 1_000_000_000
      }
    }
  ])
})

t.test('a call that passes several shares tells of all of them', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] })
  await spend(plugin, cost(1.5))
  t.strictSame(percents(plugin.emitted), [50, 80, 100])
})

t.test('a budget that refuses is used up, however little is left', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] })
  await spend(plugin, cost(0.85))
  t.equal(await spend(plugin, undefined), 'budget_exceeded')
  t.equal(await spend(plugin, undefined), 'budget_exceeded')
  t.strictSame(percents(plugin.emitted), [50, 80, 100])
})

t.test('begins anew with the window, and with a budget that was begun anew', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD', each: 'day' }], alerts: '50%' })
  await spend(plugin, cost(0.6))
  plugin.clock.advance(86_400_000)
  await spend(plugin, cost(0.6))
  t.strictSame(percents(plugin.emitted), [50, 50])
  await plugin.ask('reset', { body: { budget: 'day', consumer: 'team-search' } })
  await spend(plugin, cost(0.6))
  t.strictSame(percents(plugin.emitted), [50, 50, 50])
})

t.test('what was added raises the shares', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD', each: 'day' }], alerts: ['60%'] })
  await plugin.ask('topUp', { body: { budget: 'day', consumer: 'team-search', amount: '9.00 USD' } })
  await spend(plugin, cost(0.7))
  t.strictSame(plugin.emitted, [])
})

t.test('one of several gateways tells', async t => {
  const kept = new Map<string, number>()
  const store = {
    get: async () => undefined,
    set: async () => {},
    increment: async (key: string) => {
      kept.set(key, (kept.get(key) ?? 0) + 1)
      return kept.get(key) ?? 0
    }
  }
  const { PRICED } = await import('./support.ts')
  const gateways = [1, 2].map(() => driven({ budgets: [{ amount: '1.00 USD' }] }, { parts: { ...PRICED, store } }))
  for (const gateway of gateways) await spend(await gateway, cost(0.6))
  const told = await Promise.all(gateways.map(async gateway => (await gateway).emitted.length))
  t.strictSame(told, [1, 0])
})

t.test('an alert that fails fails no call', async t => {
  const { PRICED } = await import('./support.ts')
  const fail = async (): Promise<never> => {
    throw new Error('away')
  }
  const store = { get: fail, set: fail, increment: fail }
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] }, { parts: { ...PRICED, store } })
  t.equal(await spend(plugin, cost(0.6)), undefined)
  t.ok(plugin.measured.some(({ metric }) => metric === 'budget_untold'))
})
