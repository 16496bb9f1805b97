import t from 'tap'
import { call, chat, driven, remaining, run, usage } from './support.ts'

t.test('a model is counted under one name, whatever a client calls it', async t => {
  const plugin = await driven({ by: 'model', limits: [{ requests: 1, per: '1m' }] })
  t.equal(await run(plugin, chat()), undefined)
  t.equal(await run(plugin, chat({ model: 'tiny' })), 'requests_limited', 'another name for it')
  t.equal(await run(plugin, chat({ model: 'small-2026-05-05' })), 'requests_limited', 'a snapshot of it')
  t.equal(await run(plugin, chat({ model: 'made-up-1' })), undefined)
  t.equal(await run(plugin, chat({ model: 'made-up-2' })), 'requests_limited', 'what nobody knows is counted together')
})

t.test('cost is held by the prices of the catalogue and settled by what was used', async t => {
  const plugin = await driven({ limits: [{ cost: '1.00 USD', each: 'day' }] })
  const cost = {
    known: true,
    currency: 'USD',
    amountNano: 210_000_000n,
    priceVersion: '1',
    model: 'small',
    parts: []
  } as const
  // 100 tokens of output at 2,000 USD for a million, and some of input.
  t.equal(await run(plugin, chat(), usage(10, 100), cost), undefined)
  t.strictSame(await remaining(plugin), [790_000_000])
  t.equal(await run(plugin, chat({ max_tokens: 395 })), 'cost_limited')
  t.equal(
    await run(plugin, chat(), usage(0, 0), { ...cost, currency: 'XXX', amountNano: 0n }),
    undefined,
    'used nothing'
  )
  t.strictSame(await remaining(plugin), [790_000_000])
  const list = { method: 'GET', target: '/v1/models', provider: 'acme' }
  t.equal(await run(plugin, list), undefined, 'a list of models costs nothing')
})

t.test('a model without a price is refused where cost is limited, and only there', async t => {
  const costs = await driven({ limits: [{ cost: '1.00 USD', each: 'day' }] })
  t.equal(await run(costs, chat({ model: 'unpriced' })), 'model_unpriced')
  t.equal(await run(costs, chat({ model: 'nobody-knows' })), 'model_unpriced')
  t.equal(await run(costs, { body: chat().body ?? '' }), 'model_unpriced', 'nobody says whose API it is')
  t.equal(await run(costs, chat()), undefined)
  const euros = await driven({ limits: [{ cost: '1.00 EUR', each: 'day' }] })
  t.equal(await run(euros, chat()), 'model_unpriced', 'the price is in another currency')
  const tokens = await driven({ limits: [{ tokens: 1_000, per: '1m' }] })
  t.equal(await run(tokens, chat({ model: 'nobody-knows' })), undefined)
})

t.test('a request that asks for more than its limit ever allows is refused for good', async t => {
  const plugin = await driven({ limits: [{ tokens: 1_000, per: '1m' }] })
  const { refused, response } = await call(plugin, { ...chat({ max_tokens: 5_000, model: 'unknown' }) }).run()
  t.match(refused, { reason: 'beyond_limit', retryable: false, retryAfterMs: undefined })
  t.notOk('retry-after' in response.headers)
})

t.test('a request for more than can be counted is refused like any that is too large', async t => {
  const limits = [
    { tokens: 1_000, per: '1m' },
    { cost: '5.00 USD', each: 'day' }
  ]
  const plugin = await driven({ limits })
  for (const fields of [{ max_tokens: Number.MAX_SAFE_INTEGER }, { n: Number.MAX_SAFE_INTEGER }]) {
    t.equal(await run(plugin, chat({ model: 'small', ...fields })), 'beyond_limit', JSON.stringify(fields))
  }
})

t.test('bytes of both bodies are counted when they are known', async t => {
  const plugin = await driven({ limits: [{ bytes: '100KiB', per: '1m' }] })
  const exchange = call(plugin, { headers: { 'content-length': '1024' } })
  await exchange.requestFilter()
  t.strictSame(await remaining(plugin), [(100 - 64 - 1) * 1024])
  exchange.finish()
  exchange.logging({ requestBytes: 1_024, responseBytes: 2_048 })
  t.strictSame(await remaining(plugin), [97 * 1024])
})

t.test('a limit holds for the models that it names', async t => {
  const plugin = await driven({
    limits: [
      { requests: 1, per: '1m', models: ['sma*'] },
      { requests: 2, per: '1m', exceptModels: 'small' }
    ]
  })
  t.strictSame([await run(plugin, chat()), await run(plugin, chat({ model: 'tiny' }))], [undefined, 'requests_limited'])
  const other = chat({ model: 'other' })
  t.strictSame(
    [await run(plugin, other), await run(plugin, other), await run(plugin, other)],
    [undefined, undefined, 'requests_limited']
  )
})
