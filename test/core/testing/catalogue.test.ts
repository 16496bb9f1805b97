import t from 'tap'
import { ConfigurationError } from '../../../core/configuration/report.ts'
import { definePlugin, Type } from '../../../core/plugin.ts'
import { drive, testCatalogue } from '../../../core/testing.ts'
import { pricing, usageOf } from '../catalogue/support.ts'

const plugin = definePlugin({
  contract: 1,
  name: 'pricing',
  summary: 'Answers with a price.',
  config: Type.Object({ provider: Type.String(), model: Type.String() }),
  data: { reads: [] },
  setup({ provider, model }, { prices, clock }) {
    return {
      requestFilter() {
        const cost = prices.cost({ provider, model, usage: usageOf({ inputTokens: 1000 }), at: clock.now() })
        return { status: 200, headers: {}, body: cost.known ? String(cost.amountNano) : cost.missing }
      }
    }
  }
})

/** What the plugin answers with this catalogue. */
async function answer(config: { readonly provider: string; readonly model: string }, yaml?: string): Promise<string> {
  const driven = await drive(plugin, config, { parts: testCatalogue(yaml), startAt: Date.UTC(2026, 10, 22) })
  const { answered } = await driven.exchange().run()
  return String(answered?.body)
}

t.test('a driven plugin finds the prices of a text, and no others', async t => {
  const yaml = pricing('{ input: 2.00 USD }')
  t.equal(await answer({ provider: 'acme', model: 'big' }, yaml), '2000000')
  t.equal(await answer({ provider: 'openai', model: 'gpt-6-sol' }, yaml), 'provider')
})

t.test('or those that come along', async t => {
  t.equal(await answer({ provider: 'openai', model: 'gpt-6-sol' }), '2000000')
})

t.test('a text that is not in order is refused', async t => {
  t.throws(() => testCatalogue('version: 1\npricse: []\n'), ConfigurationError)
})
