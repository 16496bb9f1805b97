import t from 'tap'
import type { Format } from '../../../../core/dialects/index.ts'
import { endsAnswer, mayEndAnswer } from '../../../../core/dialects/usage/ends.ts'

const ENDS: readonly (readonly [format: Format, event: Readonly<Record<string, unknown>>])[] = [
  ['openai-chat', { choices: [{ finish_reason: 'stop' }] }],
  ['openai-completions', { choices: [{ finish_reason: 'length' }] }],
  ['openai-responses', { type: 'response.completed' }],
  ['openai-responses', { type: 'response.incomplete' }],
  ['openai-responses', { type: 'response.failed' }],
  ['openai-images', { type: 'image_generation.completed' }],
  ['openai-audio', { type: 'transcript.text.done' }],
  ['anthropic-messages', { type: 'message_delta', delta: { stop_reason: 'end_turn' } }],
  ['anthropic-messages', { type: 'message_stop' }],
  ['gemini', { candidates: [{ finishReason: 'STOP' }] }],
  ['gemini', { promptFeedback: { blockReason: 'SAFETY' } }],
  ['gemini-interactions', { event_type: 'interaction.completed' }],
  ['mistral', { type: 'conversation.response.done' }],
  ['mistral', { choices: [{ finish_reason: 'stop' }] }],
  ['cohere', { type: 'message-end' }],
  ['cohere', { event_type: 'stream-end' }],
  ['ollama', { done: true }],
  ['bedrock-converse', { stopReason: 'end_turn' }],
  ['bedrock-converse', { usage: { inputTokens: 1 } }],
  ['bedrock-invoke', { 'amazon-bedrock-invocationMetrics': {} }],
  ['bedrock-invoke', { completionReason: 'FINISH' }],
  ['bedrock-invoke', { generation: '', stop_reason: 'stop' }]
]

t.test('knows the end of an answer in every stream, and never overlooks it at a glance', async t => {
  for (const [format, event] of ENDS) {
    const text = JSON.stringify(event)
    t.ok(endsAnswer(format, event), `${format} ${text}`)
    t.ok(mayEndAnswer(format, text), `${format} ${text}`)
    t.ok(mayEndAnswer(format, JSON.stringify(event, null, 1)), `${format} ${text} with spaces`)
  }
})

t.test('takes nothing before it for the end', async t => {
  const events: readonly (readonly [Format, Readonly<Record<string, unknown>>])[] = [
    ['openai-chat', { choices: [{ delta: { content: 'stop' }, finish_reason: null }] }],
    ['openai-chat', { choices: 'stop' }],
    ['openai-responses', { type: 'response.output_text.done' }],
    ['anthropic-messages', { type: 'message_start', message: { stop_reason: null } }],
    ['gemini', { candidates: [{ content: {} }, null] }],
    ['ollama', { done: 'true' }],
    ['bedrock-invoke', { type: 'content_block_delta' }],
    ['http', { done: true }]
  ]
  for (const [format, event] of events) t.notOk(endsAnswer(format, event), `${format} ${JSON.stringify(event)}`)
  t.notOk(mayEndAnswer('openai-chat', '{"choices":[{"delta":{"content":"a"},"finish_reason":null}]}'))
  t.notOk(mayEndAnswer('openai-responses', '{"type":"response.output_text.delta","delta":"a"}'))
})
