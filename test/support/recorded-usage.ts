/** What the recorded exchanges used, as whoever checked them by hand knows it, and how a reading differs from that. */
import type { UsageReading } from '../../core/dialects/index.ts'
import type { RecordedUsage, Recording } from './corpus.ts'

/** What was checked by hand where the recordings' own reader is wrong, by the end of the recording's id. */
export const BY_HAND: ReadonlyMap<string, Partial<RecordedUsage>> = new Map([
  // Thinking tokens stand nowhere but in the total: 109 = 35 + 12 + 62, 100 = 66 + 6 + 28.
  [
    'google/chat-completions--unary--test-compatible-api-with-tool-calls-without-id',
    { output_total: 74, reasoning: 62 }
  ],
  [
    'google/chat-completions--unary--test-compatible-api-with-tool-calls-without-id-1',
    { output_total: 34, reasoning: 28 }
  ],
  // Audio stands outside of the prompt: 389 = 3 + 375 + 11.
  [
    'mistral/audio-transcriptions--unary--transcription-basic-functionality-mistral-voxtral-mini-lates',
    { input_total: 378, input_uncached: 378 }
  ],
  // Told in Llama's and in Titan's own words, which that reader did not know.
  ['bedrock/invoke--unary--test-invoke-model-no-content-meta-llama', { input_total: 5, output_total: 10 }],
  ['bedrock/invoke--unary--test-invoke-model-metrics', { input_total: 9, output_total: 17 }],
  ['bedrock/invoke-stream--stream--test-guardrail-invoke-stream', { input_total: 6, output_total: 3 }]
])

/** The figures that are right: as recorded, but for those that cannot be. */
export function expectedUsage({ id, usage }: Recording): RecordedUsage | null {
  const byHand = BY_HAND.get(id)
  if (byHand !== undefined) return { ...NONE, ...usage, ...byHand }
  if (usage === null) return null
  const { input_total, input_uncached, cache_read, cache_write, output_total, reasoning } = usage
  return {
    ...usage,
    // More was read from the cache than was sent: the total agrees with what was sent.
    ...((input_uncached ?? 0) < 0 && { cache_read: input_total, input_uncached: 0 }),
    // What is written to the cache is not paid at the full price; that reader knew it of Anthropic only.
    ...(input_total !== null &&
      input_total === input_uncached &&
      cache_read === 0 && { input_uncached: input_total - (cache_write ?? 0) }),
    // 19 tokens of reasoning within 16 of output, and the total agrees with 16.
    ...((reasoning ?? 0) > (output_total ?? 0) && { reasoning: output_total })
  }
}

const NONE: RecordedUsage = {
  input_total: null,
  input_uncached: null,
  cache_read: null,
  cache_write: null,
  output_total: null,
  reasoning: null
}

/** What is wrong with a reading. Figures that the recording does not state are not compared; those that it does are, a 0 like others. */
export function usageDifference(
  recorded: RecordedUsage | null,
  reading: Pick<UsageReading, 'usage' | 'hasInput' | 'hasOutput'> | undefined
): string | undefined {
  if (reading === undefined) return recorded === null ? undefined : 'nothing was read'
  // Images are counted also where no tokens are.
  if (recorded === null)
    return reading.hasInput || reading.hasOutput ? 'nothing was told, and something read' : undefined
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens } = reading.usage
  const written = cacheWriteTokens.short + cacheWriteTokens.long
  const read: RecordedUsage = {
    input_total: inputTokens + cacheReadTokens + written,
    input_uncached: inputTokens,
    cache_read: cacheReadTokens,
    cache_write: written,
    output_total: outputTokens,
    reasoning: reasoningTokens
  }
  const wrong = FIGURES.filter(name => recorded[name] !== null && recorded[name] !== read[name])
  if (recorded.input_total !== null && recorded.input_total > 0 && !reading.hasInput) wrong.push('input_total')
  if (recorded.output_total !== null && recorded.output_total > 0 && !reading.hasOutput) wrong.push('output_total')
  return wrong.length === 0
    ? undefined
    : wrong.map(name => `${name} ${recorded[name]} is read as ${read[name]}`).join(', ')
}

const FIGURES = ['input_total', 'input_uncached', 'cache_read', 'cache_write', 'output_total', 'reasoning'] as const
