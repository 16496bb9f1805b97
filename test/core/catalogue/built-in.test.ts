import t from 'tap'
import { builtInLayer, builtInProblems, builtInRegistry } from '../../../core/catalogue/built-in.ts'
import { dayOf } from '../../../core/catalogue/day.ts'
import { at, usageOf } from './support.ts'

const registry = builtInRegistry()
const { providers } = registry
const models = providers.flatMap(provider => provider.models)
const prices = builtInLayer().flatMap(({ data }) => data.prices)
const NOW = at('2026-11-21')

t.test('what comes along is in order', async t => {
  t.strictSame(builtInProblems(), [])
  t.equal(builtInRegistry(), registry, 'read once')
})

t.test('knows at least 20 providers and 50 models', async t => {
  t.ok(providers.length >= 20, `${providers.length} providers`)
  t.ok(models.length >= 50, `${models.length} models`)
})

t.test('every figure says where it stands and when it was read', async t => {
  const sources = [
    ...providers.flatMap(provider => [
      provider.source,
      ...(provider.terms === undefined ? [] : [provider.terms.source])
    ]),
    ...models.map(model => model.source),
    ...prices.map(({ source: { url, date, via } }) => ({ url, readAt: date, via }))
  ]
  for (const { url, readAt } of sources) {
    t.ok(URL.canParse(url) && url.startsWith('https://'), url)
    t.ok(readAt >= at('2026-01-01') && readAt <= NOW, dayOf(readAt))
  }
})

t.test('every model with a price is in the catalogue', async t => {
  for (const { provider, model } of prices)
    t.match(registry.model(provider, model), { known: true, by: 'id' }, `${provider} ${model}`)
})

t.test('no name is taken for another model: wildcards are for operators', async t => {
  t.strictSame(
    builtInLayer().flatMap(({ data }) => data.wildcards),
    []
  )
})

t.test('providers speak where and how a request can be sent', async t => {
  for (const provider of providers) {
    t.ok(provider.paths.length > 0, provider.id)
    t.ok(provider.credential, provider.id)
    t.ok(provider.baseUrl === undefined || provider.baseUrl.startsWith('https://'), provider.id)
  }
})

t.test('bounds are such as they can be', async t => {
  for (const { id, contextTokens, maxOutputTokens } of models) {
    t.ok(contextTokens === undefined || contextTokens >= 512, id)
    t.ok(maxOutputTokens === undefined || contextTokens === undefined || maxOutputTokens < contextTokens, id)
  }
})

t.test('prices are such as they can be: a cache costs less to read than input, a batch less than standard', async t => {
  for (const { id: provider, models } of providers) {
    for (const { id } of models) {
      for (const price of registry.pricesOf(provider, id)) {
        const { rates } = price.cards.get('standard') ?? {}
        const { input, cacheRead, output } = rates?.tokens ?? {}
        t.equal(price.currency, 'USD')
        t.ok(input !== undefined && input > 0n, id)
        t.ok(cacheRead === undefined || (input !== undefined && cacheRead < input), id)
        const batch = price.cards.get('batch')?.rates.tokens
        t.ok(batch?.output === undefined || (output !== undefined && batch.output < output), id)
      }
    }
  }
})

t.test('reckons bills that were reckoned by hand from the published prices', async t => {
  const amount = (provider: string, model: string, usage: Partial<ReturnType<typeof usageOf>>, tier?: string) => {
    const cost = registry.cost({ provider, model, usage: usageOf(usage), at: NOW, tier })
    return cost.known ? `${cost.amountNano} ${cost.currency}` : cost.missing
  }
  // 1,000 × 4 + 500 × 0.20 + 200 × 5 + 100 × 8 + 300 × 20 USD a million, and two searches at 10 USD a thousand.
  const opus = {
    inputTokens: 1000,
    cacheReadTokens: 500,
    cacheWriteTokens: { short: 200, long: 100 },
    outputTokens: 300,
    units: { searches: 2 }
  }
  t.equal(amount('anthropic', 'claude-opus-5-5', opus), '31900000 USD')
  t.equal(amount('anthropic', 'claude-opus-5-5-20260922', opus, 'batch'), '25950000 USD')
  // More than 100,000 tokens of input: 0.50 and 2.50 USD instead of 0.10 and 0.50.
  t.equal(amount('anthropic', 'claude-haiku-5-5', { inputTokens: 100_000, outputTokens: 1000 }), '10500000 USD')
  t.equal(amount('anthropic', 'claude-haiku-5-5', { inputTokens: 100_001, outputTokens: 1000 }), '52500500 USD')
  t.equal(amount('openai', 'gpt-6-sol', { inputTokens: 10, outputTokens: 228, reasoningTokens: 228 }), '2300000 USD')
  t.equal(amount('openai', 'gpt-6-sol', { inputTokens: 1 }, 'priority'), '4000 USD')
  t.equal(
    amount('google', 'gemini-2.5-flash', { inputTokens: 1000, audioTokens: { input: 400, output: 0 } }),
    '580000 USD'
  )
  t.equal(amount('voyage', 'voyage-4', { inputTokens: 1_000_000 }), '60000000 USD')
})

t.test('an announced price counts from its day on', async t => {
  const question = { provider: 'google', model: 'gemini-3.8-flash', usage: usageOf({ inputTokens: 1000 }) }
  t.match(registry.cost({ ...question, at: at('2027-01-01') - 1 }), { known: true, amountNano: 750_000n })
  t.match(registry.cost({ ...question, at: at('2027-01-01') }), { known: true, amountNano: 1_500_000n })
})

t.test('a model whose price is not known costs nothing that is known', async t => {
  const question = { usage: usageOf({ inputTokens: 1 }), at: NOW }
  t.match(registry.cost({ ...question, provider: 'deepseek', model: 'deepseek-v4-pro' }), {
    known: false,
    missing: 'price'
  })
  t.match(registry.cost({ ...question, provider: 'perplexity', model: 'sonar' }), { known: false, missing: 'price' })
})
