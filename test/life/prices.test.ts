/** What plugins know of models and prices while configurations come and go. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

/** A plugin that answers with what a million tokens of the model in its path cost. It takes its prices at set-up. */
const PRICING = `
  import { definePlugin, Type } from 'tacit-gateway/plugin'
  export default definePlugin({
    contract: 1, name: 'pricing', summary: 'Answers with a price.', data: { reads: [] }, config: Type.Object({}),
    setup(_config, host) {
      const { prices, clock } = host
      return {
        requestFilter(exchange, request) {
          const usage = {
            inputTokens: 1_000_000, outputTokens: 0, reasoningTokens: 0, cacheReadTokens: 0,
            cacheWriteTokens: { short: 0, long: 0 }, audioTokens: { input: 0, output: 0 }, units: {}, source: 'counted'
          }
          const model = request.target.slice(1)
          const cost = prices.cost({ provider: 'acme', model, usage, at: clock.now() })
          return { status: 200, headers: {}, body: cost.known ? String(cost.amountNano) : cost.missing }
        }
      }
    }
  })`

const source = { url: 'contract', date: '2026-01-01' }

/** A catalogue in which these models of Acme cost so much for a million tokens. */
function catalogue(amounts: Readonly<Record<string, string>>) {
  const models = Object.keys(amounts).map(id => ({ id, source }))
  const prices = Object.entries(amounts).map(([model, input]) => ({
    provider: 'acme',
    model,
    version: 'test',
    from: '2020-01-01',
    rates: { input },
    source
  }))
  return { version: 1, providers: [{ id: 'acme', name: 'Acme', models, source }], prices }
}

t.test('a reload swaps models and prices together, for instances that stay as well', async t => {
  const upstream = await startUpstream(t)
  const parts = { upstreams: [upstreamOf([upstream.url])], routes: [routeOf({ plugins: [{ use: './pricing.ts' }] })] }
  const { version: _, ...first } = catalogue({ old: '1.00 USD' })
  const gateway = await startTestGateway(t, { ...parts, catalogue: first }, { files: { 'pricing.ts': PRICING } })
  const priceOf = async (model: string) => (await send({ url: `${gateway.url}/${model}` })).body.toString()
  t.strictSame([await priceOf('old'), await priceOf('new')], ['1000000000', 'model'])

  const { version: __, ...second } = catalogue({ old: '1.50 USD', new: '3.00 USD' })
  await gateway.rewrite({ ...parts, catalogue: second })
  t.match(await gateway.reload(), { applied: true, changes: [{ subject: 'catalogue' }] })
  t.strictSame([await priceOf('old'), await priceOf('new')], ['1500000000', '3000000000'])

  await gateway.rewrite({ ...parts, catalogue: { prices: [{ provider: 'acme', model: 'new' }] } })
  t.match(await gateway.reload(), { applied: false })
  t.strictSame(
    [await priceOf('old'), await priceOf('new')],
    ['1500000000', '3000000000'],
    'what does not load changes nothing'
  )
})

t.test('a reload reads files of the catalogue again, though the configuration is the same', async t => {
  const upstream = await startUpstream(t)
  const folder = t.testdir()
  const file = join(folder, 'acme.yaml')
  await writeFile(file, JSON.stringify(catalogue({ old: '1.00 USD' })))
  const gateway = await startTestGateway(
    t,
    {
      upstreams: [upstreamOf([upstream.url])],
      routes: [routeOf({ plugins: [{ use: './pricing.ts' }] })],
      catalogue: { files: [file] }
    },
    { files: { 'pricing.ts': PRICING } }
  )
  const priceOf = async (model: string) => (await send({ url: `${gateway.url}/${model}` })).body.toString()
  t.equal(await priceOf('new'), 'model')
  await writeFile(file, JSON.stringify(catalogue({ new: '2.00 USD' })))
  t.match(await gateway.reload(), { applied: true })
  t.strictSame([await priceOf('old'), await priceOf('new')], ['model', '2000000000'])
})
