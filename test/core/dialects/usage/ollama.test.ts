import t from 'tap'
import { readUsage, UsageReader } from '../../../../core/dialects/usage/reader.ts'

t.test('reads the answer itself, and says when the prompt was not counted', async t => {
  t.match(readUsage('ollama', { done: true, prompt_eval_count: 26, eval_count: 298 })?.usage, {
    inputTokens: 26,
    outputTokens: 298
  })
  t.match(readUsage('ollama', { done: true, eval_count: 79 }), {
    hasInput: false,
    hasOutput: true,
    usage: { outputTokens: 79 }
  })
})

t.test('reads the last line of a stream', async t => {
  const reader = new UsageReader('ollama')
  reader.read({ message: { content: 'a' }, done: false })
  t.equal(reader.reading, undefined)
  reader.read({ done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 4 })
  t.match(reader.reading, { isFinal: true, usage: { inputTokens: 3, outputTokens: 4 } })
})
