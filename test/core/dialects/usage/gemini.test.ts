import t from 'tap'
import { readUsage } from '../../../../core/dialects/usage/reader.ts'

t.test('counts thoughts beside the answer, tools beside the prompt, the cache within it', async t => {
  const usageMetadata = {
    promptTokenCount: 132,
    cachedContentTokenCount: 100,
    toolUsePromptTokenCount: 4610,
    candidatesTokenCount: 25,
    thoughtsTokenCount: 37,
    totalTokenCount: 4804,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 32 },
      { modality: 'AUDIO', tokenCount: 100 }
    ],
    candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 20 }]
  }
  t.match(readUsage('gemini', { usageMetadata })?.usage, {
    inputTokens: 4642,
    cacheReadTokens: 100,
    outputTokens: 62,
    reasoningTokens: 37,
    audioTokens: { input: 100, output: 20 }
  })
})

t.test('reads protobuf names in snake_case too', async t => {
  t.match(readUsage('gemini', { usage_metadata: { prompt_token_count: 3, candidates_token_count: 4 } })?.usage, {
    inputTokens: 3,
    outputTokens: 4
  })
})

t.test('takes the last of the figures that an array of chunks repeats', async t => {
  const chunk = (candidatesTokenCount: number, finishReason?: string) => ({
    candidates: [{ finishReason }],
    usageMetadata: { promptTokenCount: 4, candidatesTokenCount }
  })
  const reading = readUsage('gemini', [chunk(1), chunk(2), chunk(3, 'STOP')])
  t.match(reading, { isFinal: true, usage: { inputTokens: 4, outputTokens: 3 } })
  t.equal(readUsage('gemini', [chunk(1), chunk(2)])?.isFinal, false)
})

t.test('what a cache holds is a unit, and a count of tokens is no usage', async t => {
  t.match(readUsage('gemini', { name: 'cachedContents/c', usageMetadata: { totalTokenCount: 1116 } }), {
    hasInput: false,
    usage: { inputTokens: 0, units: { storedTokens: 1116 } }
  })
  t.equal(
    readUsage('gemini', { totalTokens: 31, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 31 }] }),
    undefined
  )
})

t.test('reads interactions under their own names', async t => {
  const usage = {
    total_tokens: 229,
    total_input_tokens: 9,
    total_cached_tokens: 4,
    total_output_tokens: 13,
    total_thought_tokens: 207
  }
  const account = { inputTokens: 5, cacheReadTokens: 4, outputTokens: 220, reasoningTokens: 207 }
  t.match(readUsage('gemini-interactions', { usage })?.usage, account)
  t.match(
    readUsage('gemini-interactions', { event_type: 'interaction.completed', interaction: { usage } })?.usage,
    account
  )
})
