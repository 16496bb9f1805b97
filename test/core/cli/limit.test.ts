import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { send } from '../../support/client.ts'
import { routeOf } from '../../support/gateway.ts'
import { TestTerminal } from '../../support/terminal.ts'
import type { Teardown } from '../../support/upstream.ts'
import { digestOf, startAdminGateway } from '../admin/support.ts'

/** A gateway with limits and budgets, one request of `ada` spent, and a way to run commands against it. */
async function start(t: Teardown) {
  const limit = (name: string) => ({
    use: 'rate-limit',
    config: {
      limits: [
        { name, requests: 5, each: 'day' },
        { name: 'pace', requests: 9, per: '24h' }
      ]
    }
  })
  const { gateway } = await startAdminGateway(t, {
    admin: {
      port: 0,
      tokens: [
        { id: 'olga', role: 'operator', keyHash: digestOf('operator') },
        { id: 'eve', role: 'viewer', keyHash: digestOf('viewer') }
      ]
    },
    routes: [
      routeOf({
        id: 'chat',
        plugins: [
          { use: 'key-auth' },
          limit('daily'),
          limit('other'),
          { use: 'budget', config: { budgets: [{ amount: '5.00 USD', each: 'month' }] } },
          { use: 'metering' }
        ]
      })
    ]
  })
  await send({ url: gateway.url, headers: { authorization: 'Bearer key-of-ada' } })
  return async (args: readonly string[], token = 'operator') => {
    const terminal = new TestTerminal('', { TACIT_ADMIN_TOKEN: token })
    const code = await main([...args, '--admin', gateway.adminUrl], terminal)
    return { code, printed: terminal.printed, complained: terminal.complained }
  }
}

t.test('shows limits and budgets as they stand, adds to them and begins them anew', async t => {
  const run = await start(t)
  const ada = ['--consumer', 'ada']
  const list = await run(['limit', 'list', ...ada])
  t.equal(list.code, 0, list.complained)
  t.match(list.printed.split('\n'), [
    /^LIMIT +COUNTS BY +USED +HELD +LEFT +OF +ADDED +WHOLE AGAIN +INSTANCE$/,
    /^daily +consumer +1 +0 +4 +5 +0 +\d{4}-\d\d-\d\dT.* +rate-limit$/,
    /^pace +consumer +2 +0 +7 +9 +0 +\d{4}-\S+ +rate-limit$/,
    /^other +consumer +1 +0 +4 +5 +.* +rate-limit#2$/
  ])
  const added = await run(['limit', 'top-up', 'daily', ...ada, '--units', '10', '--json'])
  t.match(JSON.parse(added.printed), {
    limits: [{ instance: 'rate-limit', limit: 'daily', credit: 10, remaining: 14 }]
  })
  t.match((await run(['limit', 'reset', 'other', ...ada])).printed, /^other +consumer +0 +0 +5 +5 /m)
  const budgets = await run(['budget', 'list', ...ada, '--json'])
  t.match(JSON.parse(budgets.printed), { budgets: [{ instance: 'budget', budget: 'month', remaining: '5.00 USD' }] })
  t.match(
    (await run(['budget', 'top-up', 'month', '2.50 USD', ...ada])).printed,
    /^month .* 7\.50 USD +5\.00 USD +2\.50 USD /m
  )
  t.match((await run(['budget', 'top-up', 'month', '0.50 USD', '--take-back', ...ada])).printed, / 2\.00 USD /)
  t.match(
    (await run(['budget', 'reset', 'month', ...ada])).printed,
    /^month +consumer +0\.00 USD +0\.00 USD +5\.00 USD /m
  )
  t.match((await run(['budget', 'list'])).printed, /Nothing counts by these/)
})

t.test('says what cannot be done, and what to do', async t => {
  const run = await start(t)
  const ada = ['--consumer', 'ada']
  for (const [args, complaint] of [
    [['limit', 'top-up', 'daily', ...ada], /How much.*--units or --money/s],
    [['limit', 'top-up', 'daily', ...ada, '--units', 'many'], /How much/],
    [['limit', 'top-up', 'dayly', ...ada, '--units', '1'], /no such limit.*daily, pace, other/s],
    [['limit', 'reset', 'daily'], /no such limit/],
    [['limit', 'reset', 'pace', ...ada], /Several instances.*rate-limit, rate-limit#2/s],
    [['limit', 'list', ...ada, '--instance', 'x'], /No instance.*rate-limit, rate-limit#2/s],
    [['limit', 'top-up', 'pace', ...ada, '--instance', 'rate-limit#2', '--units', '1'], /Nothing can be added/],
    [['budget', 'top-up', 'month', '1.00 EUR', ...ada], /another currency/],
    [['budget', 'top-up', 'month', 'much', ...ada], /does not have the form/]
  ] as const) {
    const { code, complained, printed } = await run(args)
    t.strictSame([code, printed], [1, ''], args.join(' '))
    t.match(complained, complaint)
  }
  t.match(await run(['limit', 'reset', 'daily', ...ada], 'viewer'), { code: 1, complained: /role.*TACIT_ADMIN_TOKEN/s })
  t.match(await run(['limit', 'list', ...ada], 'viewer'), { code: 0, printed: /daily/ })
  t.match(await run(['limit', 'list'], 'wrong'), { code: 1, complained: /TACIT_ADMIN_TOKEN/ })
  t.equal((await run(['limit', 'reset'])).code, 2, 'a name is missing')
})
