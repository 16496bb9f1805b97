import t from 'tap'
import { readUsage } from '../../../../core/dialects/usage/reader.ts'

t.test('counts the cache within the prompt, wherever a server tells of it', async t => {
  const places = [
    { prompt_tokens_details: { cached_tokens: 60 } },
    { prompt_cache_hit_tokens: 60, prompt_cache_miss_tokens: 40 },
    { cached_tokens: 60 },
    { cache_read_input_tokens: 60 }
  ]
  for (const place of places) {
    const usage = { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, ...place }
    t.match(readUsage('openai-chat', { usage })?.usage, { inputTokens: 40, cacheReadTokens: 60, outputTokens: 5 })
  }
})

t.test('reads what was written to a cache, by how long it is kept', async t => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 5,
    cache_creation_input_tokens: 60,
    cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20, ephemeral_24h_input_tokens: 30 }
  }
  t.match(readUsage('openai-chat', { usage })?.usage, { inputTokens: 40, cacheWriteTokens: { short: 10, long: 50 } })
})

t.test('reads audio and predictions as the parts that they are', async t => {
  const usage = {
    prompt_tokens: 20,
    completion_tokens: 30,
    total_tokens: 50,
    prompt_tokens_details: { audio_tokens: 12 },
    completion_tokens_details: { audio_tokens: 25, reasoning_tokens: 0, rejected_prediction_tokens: 3 }
  }
  t.match(readUsage('openai-chat', { usage })?.usage, {
    inputTokens: 20,
    outputTokens: 30,
    audioTokens: { input: 12, output: 25 }
  })
})

t.test("reads Groq's figures where only Groq has them", async t => {
  t.match(readUsage('openai-chat', { x_groq: { usage: { prompt_tokens: 5, completion_tokens: 6 } } })?.usage, {
    inputTokens: 5,
    outputTokens: 6
  })
})

t.test("reads the searches and the reasoning of Perplexity's deep research", async t => {
  const usage = {
    prompt_tokens: 33,
    completion_tokens: 7163,
    total_tokens: 7196,
    citation_tokens: 20016,
    num_search_queries: 20,
    reasoning_tokens: 73997
  }
  t.match(readUsage('openai-chat', { usage })?.usage, {
    inputTokens: 33,
    units: { searches: 20, citationTokens: 20016 }
  })
})

t.test('reads the Responses API whole and at the end of a stream', async t => {
  const usage = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 90 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 4 }
  }
  const account = { inputTokens: 10, cacheReadTokens: 90, outputTokens: 7, reasoningTokens: 4 }
  t.match(readUsage('openai-responses', { object: 'response', usage })?.usage, account)
  t.match(readUsage('openai-responses', { type: 'response.completed', response: { usage } })?.usage, account)
})

t.test('takes all tokens of vectors and ranks for input', async t => {
  for (const format of ['openai-embeddings', 'rerank'] as const) {
    t.match(readUsage(format, { usage: { total_tokens: 12 } }), {
      hasInput: true,
      usage: { inputTokens: 12, outputTokens: 0 }
    })
  }
  t.match(readUsage('openai-embeddings', { usage: { prompt_tokens: 9, total_tokens: 9 } })?.usage, { inputTokens: 9 })
})

t.test('counts images where they are not billed by tokens', async t => {
  const data = [{ url: 'a' }, { url: 'b' }]
  t.match(readUsage('openai-images', { data }), { hasInput: false, hasOutput: false, usage: { units: { images: 2 } } })
  t.match(readUsage('openai-images', { data, usage: { input_tokens: 50, output_tokens: 60 } })?.usage, {
    inputTokens: 50,
    outputTokens: 60,
    units: { images: undefined }
  })
})

t.test('reads transcriptions by tokens, by seconds, and with audio beside the prompt', async t => {
  const tokens = {
    type: 'tokens',
    input_tokens: 14,
    input_token_details: { text_tokens: 10, audio_tokens: 4 },
    output_tokens: 9
  }
  t.match(readUsage('openai-audio', { usage: tokens })?.usage, {
    inputTokens: 14,
    outputTokens: 9,
    audioTokens: { input: 4 }
  })
  t.match(readUsage('openai-audio', { usage: { type: 'duration', seconds: 7 } }), {
    hasInput: false,
    usage: { units: { seconds: 7 } }
  })
  const mistral = {
    prompt_tokens: 3,
    completion_tokens: 11,
    total_tokens: 389,
    prompt_tokens_details: { audio_tokens: 375 }
  }
  t.match(readUsage('openai-audio', { usage: mistral })?.usage, { inputTokens: 378, audioTokens: { input: 375 } })
})

t.test('reads the pages that Mistral read', async t => {
  t.match(readUsage('mistral', { usage_info: { pages_processed: 3, doc_size_bytes: 9 } })?.usage, {
    units: { pages: 3 }
  })
})

t.test('counts the searches that a built-in tool was asked for, and no looks at what was found', async t => {
  const output = [
    { type: 'web_search_call', action: { type: 'search' } },
    { type: 'web_search_call' },
    { type: 'web_search_call', action: { type: 'open_page' } },
    { type: 'file_search_call' },
    { type: 'message' }
  ]
  const usage = { input_tokens: 1, output_tokens: 1 }
  const units = { searches: 2, fileSearches: 1 }
  t.strictSame(readUsage('openai-responses', { output, usage })?.usage.units, units)
  t.strictSame(
    readUsage('openai-responses', { type: 'response.completed', response: { output, usage } })?.usage.units,
    units
  )
  const told = { ...usage, server_side_tool_usage_details: { web_search_calls: 7 } }
  t.match(readUsage('openai-responses', { output, usage: told })?.usage.units, { searches: 7 })
})

t.test('believes what is told of billed searches more than what can be counted', async t => {
  const output = [{ type: 'web_search_call' }, { type: 'web_search_call' }]
  const usage = {
    input_tokens: 100,
    input_tokens_details: {
      cached_tokens: 0,
      cache_write_tokens: 60,
      cache_write_tokens_details: { ttl_12h_tokens: 20, ttl_30m_tokens: 40 }
    },
    output_tokens: 1,
    total_tokens: 101
  }
  const response = { output, usage, tool_usage: { web_search: { num_requests: 1 } } }
  const account = { inputTokens: 40, cacheWriteTokens: { short: 40, long: 20 }, units: { searches: 1 } }
  t.match(readUsage('openai-responses', response)?.usage, account)
  t.match(readUsage('openai-responses', { type: 'response.completed', response })?.usage, account)
})

t.test("reads Moonshot's figures where its streams tell them", async t => {
  const usage = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21, cached_tokens: 4 }
  t.match(readUsage('openai-chat', { choices: [{ delta: {}, finish_reason: 'stop', usage }] })?.usage, {
    inputTokens: 5,
    cacheReadTokens: 4,
    outputTokens: 12
  })
})
