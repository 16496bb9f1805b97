import t from 'tap'
import { readUsage, UsageReader } from '../../../../core/dialects/usage/reader.ts'

t.test('counts the cache beside the input of Converse', async t => {
  const usage = {
    inputTokens: 5,
    outputTokens: 48,
    totalTokens: 100,
    cacheReadInputTokens: 27,
    cacheWriteInputTokens: 20,
    cacheDetails: [
      { ttl: '1h', inputTokens: 12 },
      { ttl: '5m', inputTokens: 8 }
    ]
  }
  t.match(readUsage('bedrock-converse', { usage })?.usage, {
    inputTokens: 5,
    cacheReadTokens: 27,
    cacheWriteTokens: { short: 8, long: 12 },
    outputTokens: 48
  })
})

t.test('reads what each maker tells behind InvokeModel', async t => {
  const bodies = [
    { type: 'message', usage: { input_tokens: 5, output_tokens: 6 } },
    { output: {}, usage: { inputTokens: 5, outputTokens: 6, cacheReadInputTokenCount: 0 } },
    { inputTextTokenCount: 5, results: [{ tokenCount: 6, outputText: 'a' }] },
    { prompt_token_count: 5, generation_token_count: 6, generation: 'a' },
    { choices: [], usage: { prompt_tokens: 5, completion_tokens: 6 } }
  ]
  for (const body of bodies) {
    t.match(readUsage('bedrock-invoke', body), {
      hasInput: true,
      hasOutput: true,
      usage: { inputTokens: 5, outputTokens: 6 }
    })
  }
})

t.test("believes the maker's figures in a stream, and Bedrock's where there are no others", async t => {
  const metrics = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 392, outputTokenCount: 97 } }
  const claude = new UsageReader('bedrock-invoke')
  claude.read({ type: 'message_start', message: { usage: { input_tokens: 392, output_tokens: 8 } } })
  claude.read({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 133 } })
  claude.read({ type: 'message_stop', ...metrics })
  t.match(claude.reading, { isFinal: true, usage: { inputTokens: 392, outputTokens: 133 } })
  const other = new UsageReader('bedrock-invoke')
  other.read({ outputs: [{ text: 'a' }] })
  other.read(metrics)
  t.match(other.reading, { isFinal: true, usage: { inputTokens: 392, outputTokens: 97 } })
})
