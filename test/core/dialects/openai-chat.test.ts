import OpenAI from 'openai'
import t from 'tap'
import type { DialectError } from '../../../core/dialects/facts.ts'
import { OPENAI_CHAT } from '../../../core/dialects/openai-chat.ts'
import { startUpstream } from '../../support/upstream.ts'

const REFUSAL: DialectError = {
  status: 429,
  reason: 'rate_limited',
  message: 'Slow down.',
  requestId: 'exchange-1',
  retryable: true
}

function chunk(choice: object, rest: object = {}): string {
  return JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }], ...rest })
}

function commits(data: string): boolean {
  return OPENAI_CHAT.commits('message', data)
}

t.test('does not commit to an opening', async t => {
  const openings = [
    { role: 'assistant' },
    { role: 'assistant', content: '' },
    { role: 'assistant', content: null, refusal: null, tool_calls: null },
    { role: 'assistant', content: '', reasoning_details: [], graph_data: { sources: null, status: null } },
    {}
  ]
  for (const delta of openings) t.equal(commits(chunk({ delta, finish_reason: null })), false, JSON.stringify(delta))
  t.equal(commits(chunk({ delta: { content: '' }, finish_reason: '' })), false, 'empty finish reason')
})

t.test('does not commit to a chunk without choices', async t => {
  t.equal(commits(JSON.stringify({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] })), false)
  t.equal(commits(JSON.stringify({ choices: [], usage: { prompt_tokens: 1 } })), false)
})

t.test('commits to every kind of content', async t => {
  const contents = [
    { content: 'x' },
    { content: [{ type: 'thinking', thinking: [] }] },
    { reasoning_content: 'x' },
    { reasoning: 'x' },
    { refusal: 'No' },
    { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }] },
    { function_call: { name: 'f', arguments: '' } },
    { audio: { id: 'audio_1' } },
    { something_new: 'x' }
  ]
  for (const delta of contents) {
    t.equal(
      commits(chunk({ delta: { role: 'assistant', ...delta }, finish_reason: null })),
      true,
      JSON.stringify(delta)
    )
    t.equal(commits(JSON.stringify(JSON.parse(chunk({ delta })), null, 1)), true, `${JSON.stringify(delta)}, spaced`)
  }
})

t.test('commits when any of several choices carries something', async t => {
  const choices = [
    { index: 0, delta: { content: '' } },
    { index: 1, delta: { content: 'x' } }
  ]
  t.equal(commits(JSON.stringify({ choices })), true)
})

t.test('commits to the end of an answer', async t => {
  t.equal(commits(chunk({ delta: {}, finish_reason: 'stop' })), true)
  t.equal(commits('[DONE]'), true)
})

t.test('commits to what it does not know', async t => {
  for (const data of ['', 'text', '{', '[]', 'null', '{"value":"x"}', '{"choices":{}}', '{"choices":[1]}']) {
    t.equal(commits(data), true, data)
  }
  t.equal(commits(chunk({ message: { content: 'x' } })), true, 'a choice without a delta')
})

t.test('answers errors as JSON of the shape of OpenAI', async t => {
  t.equal(OPENAI_CHAT.dialect, 'openai-chat')
  t.equal(OPENAI_CHAT.errorContentType, 'application/json')
  t.equal(JSON.parse(OPENAI_CHAT.errorBody(REFUSAL)).error.code, 'rate_limited')
  t.strictSame(OPENAI_CHAT.streamError('message', '{"error":{"code":502}}'), { status: 502 })
})

t.test('makes the official SDK raise an error in the middle of a stream', async t => {
  const upstream = await startUpstream(t, async exchange => {
    exchange.head(200, { 'content-type': 'text/event-stream' })
    await exchange.write(`data: ${chunk({ delta: { role: 'assistant', content: 'Hel' } })}\n\n`)
    await exchange.write(OPENAI_CHAT.errorEvent(REFUSAL))
    exchange.end()
  })
  const client = new OpenAI({ apiKey: 'none', baseURL: `${upstream.url}/v1`, maxRetries: 0 })
  const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true })
  const pieces: unknown[] = []
  const raised = await (async () => {
    for await (const piece of stream) pieces.push(piece.choices[0]?.delta.content)
  })().catch(error => error)
  t.strictSame(pieces, ['Hel'])
  t.ok(raised instanceof OpenAI.APIError)
  t.match(raised, { message: 'Slow down.', code: 'rate_limited', type: 'rate_limit_error' })
})
