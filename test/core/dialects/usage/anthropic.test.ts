import t from 'tap'
import { readUsage } from '../../../../core/dialects/usage/reader.ts'

t.test('counts the cache beside the input, by how long it is kept', async t => {
  const usage = {
    input_tokens: 10,
    cache_read_input_tokens: 100,
    cache_creation_input_tokens: 50,
    cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
    output_tokens: 7,
    output_tokens_details: { thinking_tokens: 5 },
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 }
  }
  t.strictSame(readUsage('anthropic-messages', { type: 'message', usage })?.usage, {
    inputTokens: 10,
    cacheReadTokens: 100,
    cacheWriteTokens: { short: 20, long: 30 },
    outputTokens: 7,
    reasoningTokens: 5,
    audioTokens: { input: 0, output: 0 },
    units: { searches: 2 },
    source: 'reported'
  })
})

t.test('what is written to the cache for no stated time is written for the shortest', async t => {
  const usage = { input_tokens: 1, cache_creation_input_tokens: 50, output_tokens: 1 }
  t.match(readUsage('anthropic-messages', { usage })?.usage, { cacheWriteTokens: { short: 50, long: 0 } })
})

t.test('tells what another model did apart, and adds what the same one did to make room', async t => {
  const iterations = [
    { type: 'compaction', input_tokens: 180000, output_tokens: 3500 },
    { type: 'message', input_tokens: 23000, output_tokens: 1000 },
    {
      type: 'advisor_message',
      model: 'claude-opus-5',
      input_tokens: 400,
      cache_read_input_tokens: 9,
      output_tokens: 60
    },
    { type: 'unheard_of', model: 'm', input_tokens: 1, output_tokens: 1 },
    null
  ]
  const reading = readUsage('anthropic-messages', { usage: { input_tokens: 23000, output_tokens: 1000, iterations } })
  t.match(reading?.usage, { inputTokens: 203000, outputTokens: 4500 })
  t.equal(reading?.others.length, 1)
  t.match(reading?.others[0], {
    model: 'claude-opus-5',
    usage: { inputTokens: 400, cacheReadTokens: 9, outputTokens: 60 }
  })
})

t.test('reads a line of a batch', async t => {
  const line = {
    custom_id: 'a',
    result: { type: 'succeeded', message: { usage: { input_tokens: 5, output_tokens: 6 } } }
  }
  t.match(readUsage('anthropic-messages', line)?.usage, { inputTokens: 5, outputTokens: 6 })
})

t.test('a count of tokens is no usage', async t => {
  t.equal(readUsage('anthropic-messages', { input_tokens: 14 }), undefined)
})
