import t from 'tap'
import { COHERE_READING } from '../../../core/dialects/cohere.ts'

const commits = (event: unknown) => COHERE_READING.commits('message', JSON.stringify(event))
const delta = (type: string, message: unknown) => commits({ type, index: 0, delta: { message } })

t.test('commits to content and to the end of either version, not to openings', async t => {
  t.notOk(delta('message-start', { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }))
  t.notOk(delta('content-start', { content: { type: 'text', text: '' } }))
  t.notOk(delta('content-delta', { content: { text: '' } }))
  t.ok(delta('content-delta', { content: { text: 'a' } }))
  t.ok(delta('content-delta', { content: { thinking: 'a' } }))
  t.notOk(delta('tool-plan-delta', { tool_plan: '' }))
  t.ok(delta('tool-plan-delta', { tool_plan: 'a' }))
  t.ok(delta('tool-call-start', { tool_calls: { id: 'c', function: { name: 'f', arguments: '' } } }))
  t.notOk(commits({ type: 'content-end', index: 0 }))
  t.ok(commits({ type: 'message-end', delta: { finish_reason: 'COMPLETE' } }))
  t.notOk(commits({ event_type: 'stream-start', generation_id: 'g' }))
  t.notOk(commits({ event_type: 'text-generation', text: '' }))
  t.ok(commits({ event_type: 'text-generation', text: 'a' }))
  t.ok(commits({ type: 'something-new' }))
  t.ok(COHERE_READING.commits('message', 'no JSON'))
  t.notOk(commits({ choices: [{ delta: { role: 'assistant', content: '' } }] }))
})

t.test('finds errors in streams and in bodies', async t => {
  const streamError = (event: unknown) => COHERE_READING.streamError('message', JSON.stringify(event))
  t.strictSame(streamError({ type: 'message-end', delta: { finish_reason: 'ERROR', error: 'x' } }), {
    status: undefined
  })
  t.strictSame(streamError({ event_type: 'stream-end', finish_reason: 'ERROR_TOXIC' }), { status: undefined })
  t.equal(streamError({ type: 'message-end', delta: { finish_reason: 'COMPLETE' } }), undefined)
  t.equal(streamError({ type: 'content-delta', delta: { message: { content: { text: '"ERROR"' } } } }), undefined)
  t.strictSame(COHERE_READING.bodyError({ id: 'i', message: 'invalid api token' }), { status: undefined })
  t.equal(COHERE_READING.bodyError({ message: { role: 'assistant', content: [] } }), undefined)
})
