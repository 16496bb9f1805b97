import fc from 'fast-check'
import t from 'tap'
import { FORMATS } from '../../../../core/dialects/index.ts'
import { readUsage, UsageReader } from '../../../../core/dialects/usage/reader.ts'

function event(value: unknown) {
  return { data: JSON.stringify(value), json: () => value }
}

t.test('later figures of a stream replace earlier ones, and what is told once stays', async t => {
  const reader = new UsageReader('anthropic-messages')
  reader.push(
    event({
      type: 'message_start',
      message: {
        usage: {
          input_tokens: 25,
          cache_read_input_tokens: 100,
          cache_creation: { ephemeral_1h_input_tokens: 9 },
          output_tokens: 1
        }
      }
    })
  )
  t.match(reader.reading, { isFinal: false, usage: { inputTokens: 25, outputTokens: 1 } })
  reader.push(event({ type: 'content_block_delta', delta: { text: '"usage":{}' } }))
  reader.push(
    event({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { input_tokens: 30, cache_read_input_tokens: null, output_tokens: 40 }
    })
  )
  t.match(reader.reading, {
    isFinal: true,
    usage: { inputTokens: 30, cacheReadTokens: 100, cacheWriteTokens: { short: 0, long: 9 }, outputTokens: 40 }
  })
})

t.test('figures that every chunk repeats are not added up', async t => {
  const reader = new UsageReader('openai-chat')
  for (const completion_tokens of [1, 2, 3])
    reader.push(event({ choices: [{}], usage: { prompt_tokens: 10, completion_tokens } }))
  t.match(reader.reading, { isFinal: false, usage: { inputTokens: 10, outputTokens: 3 } })
  reader.push(event({ choices: [{ finish_reason: 'stop' }], usage: { prompt_tokens: 10, completion_tokens: 4 } }))
  t.match(reader.reading, { isFinal: true, usage: { outputTokens: 4 } })
})

t.test('usage may come after the end of the answer, and before the end of the stream', async t => {
  const reader = new UsageReader('openai-chat')
  reader.push(event({ choices: [{ finish_reason: 'stop' }], usage: null }))
  t.equal(reader.reading, undefined)
  reader.push(event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }))
  reader.push(event({ choices: [], moderation: { output: { results: [] } } }))
  reader.push({ data: '[DONE]', json: () => undefined })
  t.match(reader.reading, { isFinal: true, usage: { inputTokens: 1, outputTokens: 2 } })
})

t.test('an event is parsed only when it may hold usage or end the answer', async t => {
  let parsed = 0
  const reader = new UsageReader('openai-chat')
  const push = (value: unknown) => {
    const json = () => {
      parsed++
      return value
    }
    reader.push({ data: JSON.stringify(value), json })
  }
  push({ choices: [{ delta: { content: 'say "usage": {} and stop' }, finish_reason: null }], usage: null })
  t.equal(parsed, 0)
  push({ choices: [{ delta: {}, finish_reason: 'stop' }], usage: null })
  push({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } })
  t.equal(parsed, 2)
  t.equal(reader.reading?.usage.outputTokens, 2)
})

t.test('an error is never usage, and one beside an answer takes nothing from it', async t => {
  const usage = { prompt_tokens: 5, completion_tokens: 6 }
  t.equal(readUsage('openai-chat', { error: { message: 'no' }, usage }), undefined)
  t.equal(readUsage('openai-chat', { object: 'error', usage }), undefined)
  t.equal(readUsage('anthropic-messages', { type: 'error', usage: { input_tokens: 5, output_tokens: 6 } }), undefined)
  t.ok(readUsage('openai-chat', { error: { code: 502 }, choices: [{}], usage }))
  t.ok(
    readUsage('openai-responses', {
      type: 'response.failed',
      response: { error: { code: 'x' }, usage: { input_tokens: 5, output_tokens: 6 } }
    })
  )
  t.equal(readUsage('openai-responses', { type: 'error', error: {}, response: { usage } }), undefined)
})

t.test('a whole answer is final', async t => {
  t.equal(readUsage('openai-chat', { usage: { prompt_tokens: 0, completion_tokens: 0 } })?.isFinal, true)
  t.equal(readUsage('openai-chat', { usage: null }), undefined)
  t.equal(readUsage('openai-chat', {}), undefined)
})

t.test('nothing that an upstream writes makes it throw, and nothing is taken from prototypes', async t => {
  const value = fc.oneof(fc.jsonValue(), fc.anything({ withNullPrototype: true }))
  fc.assert(
    fc.property(fc.constantFrom(...FORMATS), fc.array(value, { maxLength: 4 }), (format, events) => {
      const reader = new UsageReader(format)
      for (const each of events) reader.read(each)
      void reader.reading
      for (const each of events) readUsage(format, { usage: each, usageMetadata: each, meta: each })
    }),
    { numRuns: 1000 }
  )
  const polluted = JSON.parse('{"usage":{"__proto__":{"prompt_tokens":5},"completion_tokens":1}}')
  const reader = new UsageReader('openai-chat')
  reader.read(polluted)
  reader.read(polluted)
  t.match(reader.reading, { hasInput: false, hasOutput: true })
  t.equal(Object.hasOwn(Object.prototype, 'prompt_tokens'), false)
})
