import type { Exchange } from 'tacit-gateway/plugin'
import t from 'tap'
import { call, chat, cost, driven, MAPS, PRICED, spend, standing } from './budget/support.ts'

t.test('a call is held at the most that it may cost, and settled at what it has cost', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD', each: 'month' }] })
  const exchange = call(plugin)
  t.equal(await exchange.requestFilter(), undefined)
  const [held = ''] = await standing(plugin, 'held')
  t.match(held, /^0\.2\d+ USD$/, 'a hundred tokens of output, and some of input')
  exchange.finish()
  t.equal(await spend(plugin, cost(0.3)), undefined)
  t.strictSame(await standing(plugin, 'held'), ['0.00 USD'])
  t.strictSame(plugin.waited, [], 'counters in memory are not waited for')
})

t.test('what does not fit is refused for good: nobody is to try again', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] })
  t.equal(await spend(plugin, cost(0.9)), undefined)
  const { refused, response } = await call(plugin).run()
  t.match(refused, { reason: 'budget_exceeded', status: 429, retryable: false, retryAfterMs: undefined })
  t.notOk('retry-after' in response.headers)
  t.equal(plugin.measured.at(-1)?.metric, 'budget_refused')
})

t.test('a request for more than can be reckoned is refused like any that is too dear', async t => {
  const plugin = await driven({ budgets: [{ amount: '9000000.00 USD' }] })
  for (const fields of [{ max_tokens: Number.MAX_SAFE_INTEGER }, { n: Number.MAX_SAFE_INTEGER }]) {
    t.equal(await spend(plugin, undefined, chat(fields)), 'budget_exceeded', JSON.stringify(fields))
  }
})

t.test('calls at once never hold more than there is', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD', each: 'day' }] })
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => call(plugin).requestFilter()))
  t.equal(outcomes.filter(outcome => outcome === undefined).length, 4, 'a fifth of a dollar each, and some input')
})

t.test('a model without a price is refused, and so is one that asks another currency', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] })
  for (const model of ['unpriced', 'nobody-knows', 'chinese']) {
    t.equal(await spend(plugin, undefined, chat({ model })), 'model_unpriced', model)
  }
  t.equal(await spend(plugin, undefined, { body: chat().body ?? '' }), 'model_unpriced', 'nobody says whose API it is')
  const renminbi = await driven({ budgets: [{ amount: '1.00 CNY' }] })
  t.equal(await spend(renminbi, cost(0.1, 'CNY'), chat({ model: 'chinese' })), undefined)
  t.strictSame(await standing(renminbi, 'spent'), ['0.10 CNY'])
})

t.test('a target without a price is refused at the try, when it was chosen later', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] })
  const exchange = call(plugin)
  await exchange.requestFilter()
  t.ok(await exchange.upstreamRequestFilter())
  Object.defineProperty(exchange.exchange, 'targets', {
    value: [{ upstream: { id: 'other', provider: undefined }, model: 'small' }]
  })
  const refused = await exchange.upstreamRequestFilter().catch((error: unknown) => error)
  t.match(refused, { reason: 'model_unpriced' })
})

t.test('what costs nothing needs no price', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] })
  t.equal(await spend(plugin, cost(0, 'XXX'), { method: 'GET', target: '/v1/models', provider: 'acme' }), undefined)
  t.equal(await spend(plugin, cost(0, 'XXX'), { ...chat(), target: '/v1/messages/count_tokens' }), undefined)
  t.strictSame(await standing(plugin, 'spent'), ['0.00 USD'])
})

t.test('an API without models is held at the price of what the operator calls its product', async t => {
  const plugin = await driven({ model: 'product', budgets: [{ amount: '1.00 USD' }] })
  const http = { target: '/search', body: 'x', provider: 'acme' }
  t.equal(await spend(plugin, cost(0.25), http), undefined)
  const exchange = call(plugin, http)
  await exchange.requestFilter()
  t.strictSame([await standing(plugin, 'spent'), await standing(plugin, 'held')], [['0.25 USD'], ['0.25 USD']])
})

t.test('what a call costs beyond its hold is charged and reported', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] })
  await spend(plugin, cost(5))
  t.strictSame(await standing(plugin, 'spent'), ['5.00 USD'])
  const [beyond] = plugin.measured.filter(({ metric }) => metric === 'budget_beyond_hold_nano')
  t.ok(beyond !== undefined && beyond.value > 4.7e9 && beyond.labels.currency === 'USD')
})

t.test('a cost that nobody knows is charged as held, or not at all where the operator says so', async t => {
  for (const [unknownUsage, expected] of [
    ['held', /^0\.2/],
    ['nothing', /^0\.00 /]
  ] as const) {
    const plugin = await driven({ budgets: [{ amount: '1.00 USD' }], unknownUsage })
    await spend(plugin, { known: false, missing: 'rate', kinds: ['searches'] })
    const [spent = ''] = await standing(plugin, 'spent')
    t.match(spent, expected)
    t.ok(plugin.measured.some(({ metric }) => metric === 'budget_unknown_cost'))
  }
})

t.test('nothing is charged for a call that no upstream has taken', async t => {
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] })
  const exchange = call(plugin)
  await exchange.requestFilter()
  exchange.upstreamResult({ outcome: 'connect_failed' })
  exchange.finish({ reason: 'no_upstream', status: 502 })
  t.strictSame(await standing(plugin, 'remaining'), ['1.00 USD'])
})

t.test(
  'consumers, keys and groups have budgets of their own, of which none is charged when another refuses',
  async t => {
    const budgets = [
      { amount: '1.00 USD', each: 'month' },
      { amount: '0.50 USD', each: 'day', by: 'key' },
      { amount: '2.00 USD', by: 'group' }
    ]
    const plugin = await driven({ budgets })
    t.equal(await spend(plugin, cost(0.4)), undefined)
    t.equal(await spend(plugin, cost(0.4)), 'budget_exceeded', 'the key')
    t.strictSame(await standing(plugin, 'spent'), ['0.40 USD', '0.40 USD', '0.40 USD'])
    t.equal(await spend(plugin, cost(0.5), { ...chat(), key: 'k2' }), undefined)
    t.equal(await spend(plugin, cost(0.1), { ...chat(), key: 'k3' }), 'budget_exceeded', 'the consumer')
    t.equal(await spend(plugin, cost(1), { ...chat(), consumer: MAPS }), undefined)
    const third = { ...MAPS, id: 'third' }
    t.equal(await spend(plugin, cost(0.1), { ...chat(), consumer: third }), 'budget_exceeded', 'the group')
    const alone = { id: 'alone', group: undefined, labels: {} }
    t.equal(
      await spend(plugin, cost(0.1), { ...chat(), consumer: alone }),
      undefined,
      'who is in no group has none of a group'
    )
  }
)

t.test(
  'days, weeks and months begin at midnight of their zone, rolling budgets look back, totals are for good',
  async t => {
    const days = (plugin: Awaited<ReturnType<typeof driven>>, count: number) => plugin.clock.advance(count * 86_400_000)
    const startAt = Date.parse('2026-11-30T15:30:00Z')
    const zone = { timeZone: 'Asia/Shanghai' }
    const month = await driven({ budgets: [{ amount: '1.00 USD', each: 'month' }], ...zone }, { startAt })
    await spend(month, cost(0.95))
    t.equal(await spend(month, cost(0.1)), 'budget_exceeded')
    month.clock.advance(30 * 60_000)
    t.equal(await spend(month, cost(0.1)), undefined, 'it is December in Shanghai')
    const rolling = await driven({ budgets: [{ amount: '1.00 USD', per: '30d' }] }, { startAt })
    await spend(rolling, cost(0.95))
    days(rolling, 29)
    t.equal(await spend(rolling, cost(0.1)), 'budget_exceeded')
    days(rolling, 2)
    t.equal(await spend(rolling, cost(0.1)), undefined)
    const total = await driven({ budgets: [{ amount: '1.00 USD' }] }, { startAt })
    await spend(total, cost(0.95))
    days(total, 3_000)
    t.equal(await spend(total, cost(0.1)), 'budget_exceeded')
  }
)

t.test('a budget on trial reckons and tells, and refuses nothing', async t => {
  const plugin = await driven({ budgets: [{ amount: '0.10 USD', shadow: true }] })
  t.equal(await spend(plugin, cost(0.3)), undefined)
  t.equal(await spend(plugin, undefined, chat({ model: 'unpriced' })), undefined)
  t.strictSame(await standing(plugin, 'spent'), ['0.30 USD'])
  t.ok(plugin.measured.some(({ metric }) => metric === 'budget_shadowed'))
})

t.test('refuses with 503 while the store is away', async t => {
  const hold = async () => ({ granted: false, claim: 0, retryAfterMs: 1_000, cause: 'store' }) as const
  const limits = { hold, read: async () => [], topUp: async () => {}, reset: async () => {} }
  const plugin = await driven({ budgets: [{ amount: '1.00 USD' }] }, { parts: { ...PRICED, limits } })
  t.match((await call(plugin).run()).refused, { reason: 'budget_unavailable', status: 503, retryable: true })
})

t.test('asks of counters what the operator said', async t => {
  const asked: unknown[] = []
  const hold = (_exchange: Exchange, claims: readonly unknown[]) => {
    asked.push(...claims)
    return { granted: true, remaining: [], resetMs: [], shadowed: [], unsure: true, settle: () => {} } as const
  }
  const limits = { hold, read: async () => [], topUp: async () => {}, reset: async () => {} }
  const budgets = [
    { amount: '5.00 USD', per: '1d', lostHolds: 'give_back' },
    { amount: '9.00 USD', by: 'key', name: 'keys' }
  ]
  const plugin = await driven({ budgets, onStoreFailure: 'local' }, { parts: { ...PRICED, limits } })
  await spend(plugin, undefined)
  t.match(asked, [
    {
      counter: 'consumer/team-search/budget/1d',
      algorithm: 'sliding',
      windowMs: 86_400_000,
      limit: 5e9,
      away: 'local',
      lost: 'give_back'
    },
    { counter: 'consumer/team-search/key/k1/budget/keys', algorithm: 'total', limit: 9e9, lost: 'charge' }
  ])
  t.ok(plugin.measured.some(({ metric }) => metric === 'budget_unsure'))
})
