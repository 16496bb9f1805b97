import t from 'tap'
import { builtInLayer, builtInProblems, builtInRegistry } from '../../../core/catalogue/built-in.ts'
import { dayOf } from '../../../core/catalogue/day.ts'
import { readUsage } from '../../../core/dialects/index.ts'
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

t.test('answers as providers write them come to the bills that providers write', async t => {
  const bill = (
    provider: string,
    model: string,
    format: 'openai-chat' | 'anthropic-messages' | 'gemini',
    body: object
  ) => {
    const reading = readUsage(format, body)
    if (reading === undefined) return 'no usage'
    const cost = registry.cost({ provider, model, usage: reading.usage, at: NOW })
    return cost.known ? String(cost.amountNano) : `${cost.missing} ${cost.kinds.join(' ')}`
  }
  // Input without what was cached: 2,006 − 1,920 at 2, 1,920 at 0.20, 300 at 10 USD a million; reasoning is output.
  const openai = {
    object: 'chat.completion',
    choices: [{ message: { content: 'x' } }],
    usage: {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920 },
      completion_tokens_details: { reasoning_tokens: 256 }
    }
  }
  t.equal(bill('openai', 'gpt-6-sol', 'openai-chat', openai), '3556000')
  // xAI's reasoning stands beside its completion: 12 at 2, 1 + 228 at 6 USD a million.
  const xai = {
    object: 'chat.completion',
    choices: [{ message: { content: 'x' } }],
    usage: {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 241,
      completion_tokens_details: { reasoning_tokens: 228 }
    }
  }
  t.equal(bill('xai', 'grok-4.7', 'openai-chat', xai), '1398000')
  // Anthropic's input does not hold its cache: 10 at 4, 100 at 0.20, 5 at 5, 7 at 8, 3 at 20 USD a million, and a search.
  const anthropic = {
    type: 'message',
    content: [],
    usage: {
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 12,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 7 },
      output_tokens: 3,
      server_tool_use: { web_search_requests: 1 }
    }
  }
  t.equal(bill('anthropic', 'claude-opus-5-5', 'anthropic-messages', anthropic), '10201000')
  // Gemini's thoughts are output beside its candidates: 100 − 40 at 0.30, 40 at 0.03, 7 + 20 at 2.50 USD a million.
  const gemini = {
    candidates: [{ content: { parts: [{ text: 'x' }] } }],
    usageMetadata: {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 20,
      totalTokenCount: 127
    }
  }
  t.equal(bill('google', 'gemini-2.5-flash', 'gemini', gemini), '86700')
})
