import t from 'tap'
import { type Format, readUsage, UsageReader, type UsageReading } from '../../../../core/dialects/index.ts'
import { EventCutter } from '../../../../core/pipeline/sse.ts'
import {
  hasCorpus,
  type RecordedUsage,
  type Recording,
  readCorpus,
  readSyntheticErrors
} from '../../../support/corpus.ts'
import { recordedBodies, recordedFormat } from '../../../support/recorded-bodies.ts'

const skip = hasCorpus ? false : 'the recorded exchanges are not on this machine'

t.test('reads the usage of every recorded exchange as its provider told it', { skip }, async t => {
  const wrong: string[] = []
  const recordings = await readCorpus()
  for (const recording of recordings) {
    const reading = usageOf(recording)
    const problem = difference(expected(recording), reading)
    if (problem !== undefined) wrong.push(`${recording.id}: ${problem}`)
  }
  t.comment(`${BY_HAND.size} were checked by hand; ${recordings.length - wrong.length} of ${recordings.length} right`)
  t.strictSame(wrong, [])
})

t.test('reads what a stream told before it broke off, and nothing out of an error', { skip }, async t => {
  for (const { id, body, sse, raw, expect_usage } of await readSyntheticErrors()) {
    const reading = sse === undefined ? readUsage('openai-chat', body ?? raw) : readStream(sse)
    if (expect_usage === undefined) {
      t.equal(reading, undefined, id)
      continue
    }
    const { usage, isFinal } = reading ?? {}
    const input = (usage?.inputTokens ?? 0) + (usage?.cacheReadTokens ?? 0) + (usage?.cacheWriteTokens.short ?? 0)
    t.strictSame(
      [input, usage?.outputTokens, isFinal],
      [expect_usage.input_total, expect_usage.output_total, false],
      id
    )
  }
})

function readStream(sse: string): UsageReading | undefined {
  const reader = new UsageReader(sse.includes('message_start') ? 'anthropic-messages' : 'openai-chat')
  new EventCutter().push(Buffer.from(sse), event => reader.push(event))
  return reader.reading
}

function usageOf(recording: Recording): UsageReading | undefined {
  const format: Format = recordedFormat(recording)
  const reader = new UsageReader(format)
  let whole: UsageReading | undefined
  for (const { direction, value } of recordedBodies(recording).bodies) {
    if (direction === 'response') whole = readUsage(format, value)
    if (direction === 'event') reader.push({ data: JSON.stringify(value), json: () => value })
  }
  return whole ?? reader.reading
}

/** What was checked by hand where the recordings' own reader is wrong, by the end of the recording's id. */
const BY_HAND: ReadonlyMap<string, Partial<RecordedUsage>> = new Map([
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
function expected({ id, usage }: Recording): RecordedUsage | null {
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
function difference(recorded: RecordedUsage | null, reading: UsageReading | undefined): string | undefined {
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
