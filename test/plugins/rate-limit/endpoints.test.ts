import t from 'tap'
import { driven, run, SEARCH } from './support.ts'

t.test('operators see limits, add to them and begin them anew; consumers see their own', async t => {
  const plugin = await driven({
    limits: [
      { requests: 2, each: 'month' },
      { requests: 9, per: '1m', by: 'group' }
    ]
  })
  await run(plugin)
  await run(plugin)
  t.equal(await run(plugin), 'requests_limited')
  const topped = await plugin.ask('topUp', { body: { limit: 'requests-month', consumer: 'team-search', units: 1 } })
  t.match(topped, { status: 200, body: { limits: [{ spent: 2, credit: 1, remaining: 1 }] } })
  t.equal(await run(plugin), undefined)
  t.equal(await run(plugin), 'requests_limited')
  const reset = await plugin.ask('reset', { body: { limit: 'requests-month', consumer: 'team-search' } })
  t.match(reset, { status: 200, body: { limits: [{ spent: 0, credit: 0, remaining: 2 }] } })
  t.equal(await run(plugin), undefined)
  const { body } = await plugin.ask('mine', { consumer: SEARCH })
  t.match(body, {
    limits: [
      {
        limit: 'requests-month',
        by: ['consumer'],
        unit: 'requests',
        most: 2,
        spent: 1,
        remaining: 1,
        resetsAt: Number
      },
      { limit: 'requests-1m', by: ['group'], spent: 4 }
    ]
  })
})

t.test('what is asked of a limit must fit it', async t => {
  const plugin = await driven({
    limits: [
      { requests: 2, per: '1m' },
      { cost: '1.00 USD', each: 'day' }
    ]
  })
  const reason = async (name: string, body: unknown) => (await plugin.ask(name, { body })).refused?.reason
  t.equal(await reason('reset', { limit: 'requests-1m' }), 'limit_unknown', 'of whom?')
  t.equal(await reason('reset', { limit: 'other', consumer: 'team-search' }), 'limit_unknown')
  t.equal(await reason('topUp', { limit: 'requests-1m', consumer: 'team-search', units: 1 }), 'limit_fixed')
  t.equal(await reason('topUp', { limit: 'cost-day', consumer: 'team-search', money: '1.00 EUR' }), 'amount_wrong')
  t.equal(await reason('topUp', { limit: 'cost-day', consumer: 'team-search' }), 'amount_wrong')
  t.equal(await reason('topUp', { limit: 'cost-day', consumer: 'team-search', money: '1.00 USD' }), undefined)
})
