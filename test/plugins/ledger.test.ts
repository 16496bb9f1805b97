import { CONSUMER, COST, TOKEN_USAGE } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import ledger from '../../plugins/ledger/index.ts'
import { ACME, ACME_CATALOGUE } from '../support/catalogue.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { keptRows, recordsFolder, TEST_MASTER_KEY } from '../support/kept-rows.ts'
import { startUpstream } from '../support/upstream.ts'

t.test('keeps one row for an exchange, with its cost', async t => {
  const driven = await drive(ledger, {}, { parts: ACME })
  const exchange = driven.exchange({ provider: 'acme' })
  exchange.exchange.set(CONSUMER, { id: 'team', group: undefined, labels: {} })
  exchange.exchange.set(TOKEN_USAGE, {
    inputTokens: 7,
    cacheReadTokens: 0,
    cacheWriteTokens: { short: 0, long: 0 },
    outputTokens: 1,
    reasoningTokens: 0,
    audioTokens: { input: 0, output: 0 },
    units: {},
    source: 'reported'
  })
  exchange.exchange.set(COST, {
    known: true,
    amountNano: 11_000n,
    currency: 'USD',
    priceVersion: 'small-1',
    model: 'small',
    parts: []
  })
  await exchange.run()
  t.match(driven.recorded, [
    {
      kind: 'usage',
      row: { consumer: 'team', input: 7, output: 1, cost: 11_000n, currency: 'USD', priceVersion: 'small-1' }
    }
  ])
  t.strictSame(driven.waited, [])
})

t.test('does not start before a plugin that tells usage and cost', async t => {
  const start = (plugins: readonly string[]) =>
    startTestGateway(t, {
      upstreams: [upstreamOf(['http://127.0.0.1:9'])],
      routes: [routeOf({ plugins: plugins.map(use => ({ use })) })]
    })
  await t.rejects(start(['ledger']), { code: 'TACIT_CONFIGURATION_INVALID' })
  await t.rejects(start(['metering', 'ledger']), { code: 'TACIT_CONFIGURATION_INVALID' })
})

t.test('keeps a row for what was refused, too, and reads the same price as the meter', async t => {
  const directory = await recordsFolder(t)
  const upstream = await startUpstream(t, async exchange => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 100 }
    exchange.answer(
      200,
      { 'content-type': 'application/json' },
      JSON.stringify({ model: 'small', choices: [{ message: { content: 'Hi' } }], usage })
    )
  })
  const gateway = await startTestGateway(t, {
    catalogue: ACME_CATALOGUE,
    digestKey: 'a digest key of some length',
    consumers: [],
    records: { directory, masterKey: TEST_MASTER_KEY },
    upstreams: [upstreamOf([upstream.url], { provider: 'acme' })],
    routes: [
      routeOf({ id: 'open', match: { path: '/v1/*' }, plugins: [{ use: 'ledger' }, { use: 'metering' }] }),
      routeOf({
        id: 'shut',
        match: { path: '/shut/*' },
        plugins: [{ use: 'ledger' }, { use: 'metering' }, { use: 'key-auth' }]
      })
    ]
  })
  const body = JSON.stringify({ model: 'large', messages: [] })
  await send({ url: `${gateway.url}/v1/chat/completions`, method: 'POST', body })
  await send({ url: `${gateway.url}/shut/v1/chat/completions`, method: 'POST', body })
  await gateway.close()
  const rows = await keptRows(directory, 'ledger.usage')
  t.match(
    rows.map(({ fields }) => fields),
    [
      { route: 'open', status: 200, asked: 'large', model: 'small', provider: 'acme', cost: 1_400_000n, attempts: 1 },
      { route: 'shut', status: 401, end: 'refused', reason: 'missing_api_key', cost: 0n, currency: 'XXX', attempts: 0 }
    ]
  )
})

t.test('refuses what may leave no row, where the operator wants that, and keeps the room that is left', async t => {
  let rowsAtRisk = false
  const parts = {
    ...ACME,
    get rowsAtRisk() {
      return rowsAtRisk
    }
  }
  const strict = await drive(ledger, { onStoreFailure: 'deny' }, { parts })
  const serving = await drive(ledger, {}, { parts })
  const [before, lenient] = [strict.exchange(), serving.exchange()]
  await before.run()
  rowsAtRisk = true
  const refused = strict.exchange()
  t.match(await refused.run(), { refused: { reason: 'ledger_unavailable', status: 503 } })
  t.equal((await lenient.run()).refused, undefined)
  t.strictSame([strict.recorded.length, serving.recorded.length], [1, 1])
  rowsAtRisk = false
  t.equal((await strict.exchange().run()).refused, undefined)
  t.equal(strict.recorded.length, 2)
})
