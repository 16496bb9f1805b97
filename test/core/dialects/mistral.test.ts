import t from 'tap'
import { MISTRAL_READING } from '../../../core/dialects/mistral.ts'

t.test('commits to the pieces of a conversation and of chat', async t => {
  const commits = (event: unknown) => MISTRAL_READING.commits('message', JSON.stringify(event))
  t.notOk(commits({ type: 'conversation.response.started', conversation_id: 'c' }))
  t.notOk(commits({ type: 'message.output.delta', content: '' }))
  t.ok(commits({ type: 'message.output.delta', content: 'a' }))
  t.ok(commits({ type: 'tool.execution.started', name: 'web_search' }))
  t.notOk(commits({ choices: [{ delta: { role: 'assistant', content: '' } }] }))
  t.ok(commits({ choices: [{ delta: { content: 'a' } }] }))
  t.ok(MISTRAL_READING.commits('message', '[DONE]'))
})

t.test('finds errors in streams and in bodies', async t => {
  const { streamError, bodyError } = MISTRAL_READING
  t.strictSame(streamError('conversation.response.error', '{"code":503,"message":"no"}'), { status: 503 })
  t.strictSame(streamError('message', '{"type":"conversation.response.error","message":"no"}'), { status: undefined })
  t.strictSame(streamError('message', '{"object":"error","type":"rate_limit_error"}'), { status: 429 })
  t.equal(streamError('message', '{"choices":[]}'), undefined)
  t.strictSame(bodyError({ object: 'error', message: 'no', code: '3051' }), { status: undefined })
  t.equal(bodyError({ outputs: [{ content: 'a' }], usage: {} }), undefined)
})
