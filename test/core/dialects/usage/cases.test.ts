import t from 'tap'
import { type Format, readUsage, UsageReader, type UsageReading } from '../../../../core/dialects/index.ts'
import { EventCutter } from '../../../../core/pipeline/sse.ts'
import { hasCorpus, type Recording, readCorpus, readSyntheticErrors } from '../../../support/corpus.ts'
import { recordedBodies, recordedFormat } from '../../../support/recorded-bodies.ts'
import { BY_HAND, expectedUsage, usageDifference } from '../../../support/recorded-usage.ts'

const skip = hasCorpus ? false : 'the recorded exchanges are not on this machine'

t.test('reads the usage of every recorded exchange as its provider told it', { skip }, async t => {
  const wrong: string[] = []
  const recordings = await readCorpus()
  for (const recording of recordings) {
    const reading = usageOf(recording)
    const problem = usageDifference(expectedUsage(recording), reading)
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
