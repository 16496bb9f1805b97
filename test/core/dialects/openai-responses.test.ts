import OpenAI from 'openai'
import t, { type Test } from 'tap'
import type { DialectError } from '../../../core/dialects/facts.ts'
import { OPENAI_RESPONSES } from '../../../core/dialects/openai-responses.ts'
import { startUpstream } from '../../support/upstream.ts'

const REFUSAL: DialectError = {
  status: 503,
  reason: 'shutting_down',
  message: 'The gateway is shutting down.',
  requestId: 'exchange-1',
  retryable: true
}

/** Asks twice, as an event with a name and as one that tells its kind only in its data; both must agree. */
function commits(t: Test, event: { readonly type: string }): boolean {
  const data = JSON.stringify(event)
  const named = OPENAI_RESPONSES.commits(event.type, data)
  t.equal(OPENAI_RESPONSES.commits('message', data), named, `${event.type} without a name`)
  return named
}

t.test('does not commit to an opening', async t => {
  const item = { type: 'response.output_item.added', output_index: 0 }
  const openings = [
    { type: 'response.created', response: { output: [] } },
    { type: 'response.queued', response: {} },
    { type: 'response.in_progress', response: {} },
    { type: 'keepalive' },
    { ...item, item: { type: 'message', role: 'assistant', content: [] } },
    { ...item, item: { type: 'reasoning', summary: [] } },
    { ...item, item: { type: 'reasoning', summary: [], content: [], encrypted_content: null } },
    { type: 'response.content_part.added', part: { type: 'output_text', text: '', annotations: [] } },
    { type: 'response.content_part.added', part: { type: 'refusal', refusal: '' } },
    { type: 'response.reasoning_summary_part.added', part: { type: 'summary_text', text: '' } },
    { type: 'response.reasoning_part.added', part: { type: 'reasoning_text', text: '' } },
    { type: 'response.output_text.delta', delta: '' }
  ]
  for (const event of openings) t.equal(commits(t, event), false, JSON.stringify(event))
})

t.test('commits to content, to the end, and to what it does not know', async t => {
  const item = { type: 'response.output_item.added', output_index: 0 }
  const events = [
    { ...item, item: { type: 'function_call', name: 'f', arguments: '' } },
    { ...item, item: { type: 'web_search_call', status: 'in_progress' } },
    { ...item, item: { type: 'reasoning', summary: [], encrypted_content: 'x' } },
    { ...item, item: { type: 'message', content: [{ type: 'output_text', text: 'x' }] } },
    { ...item },
    { type: 'response.content_part.added', part: { type: 'output_text', text: 'x' } },
    { type: 'response.content_part.added' },
    { type: 'response.output_text.delta', delta: 'x' },
    { type: 'response.function_call_arguments.delta', delta: '{' },
    { type: 'response.audio.delta' },
    { type: 'response.output_text.done', text: '' },
    { type: 'response.completed', response: {} },
    { type: 'response.incomplete', response: {} },
    { type: 'response.something_new' }
  ]
  for (const event of events) t.equal(commits(t, event), true, JSON.stringify(event))
  for (const data of ['', '[DONE]', '{', '{}', 'null']) {
    t.equal(OPENAI_RESPONSES.commits('message', data), true, data)
    t.equal(OPENAI_RESPONSES.commits('response.output_item.added', data), true, data)
  }
})

t.test('finds the error of a provider and its status', async t => {
  const cases: readonly (readonly [eventType: string, data: object, status: number | undefined])[] = [
    ['error', { type: 'error', code: 'server_error', message: 'm', param: null, sequence_number: 3 }, 500],
    ['error', { type: 'error', error: { type: 'invalid_request_error', code: 'context_length_exceeded' } }, 400],
    ['error', { error: { type: 'tokens', code: 'rate_limit_exceeded' } }, 429],
    ['response.failed', { type: 'response.failed', response: { error: { code: 'server_error' } } }, 500],
    ['response.failed', { type: 'response.failed', response: { error: null } }, undefined],
    ['response.failed', { type: 'response.failed' }, undefined],
    ['message', { type: 'error', code: 'rate_limit_exceeded' }, 429],
    ['message', { type: 'response.failed', response: { error: { code: 'server_error' } } }, 500],
    ['message', { error: { type: 'server_error' } }, 500]
  ]
  for (const [eventType, data, status] of cases) {
    t.strictSame(OPENAI_RESPONSES.streamError(eventType, JSON.stringify(data)), { status }, JSON.stringify(data))
  }
  t.strictSame(OPENAI_RESPONSES.streamError('error', 'not JSON'), { status: undefined })
})

t.test('takes nothing else for an error', async t => {
  const created = { type: 'response.created', response: { error: null, status: 'in_progress' } }
  const delta = { type: 'response.output_text.delta', delta: '{"type":"error"} "response.failed"' }
  const done = { type: 'response.completed', response: { output: [{ type: 'mcp_call', error: 'x' }] } }
  for (const event of [created, delta, done, { type: 'response.incomplete', response: {} }]) {
    for (const eventType of ['message', event.type]) {
      t.equal(OPENAI_RESPONSES.streamError(eventType, JSON.stringify(event)), undefined, JSON.stringify(event))
    }
  }
})

t.test('writes an error event with its facts in both of the places where clients look', async t => {
  const event = OPENAI_RESPONSES.errorEvent(REFUSAL)
  t.match(event, /^event: error\ndata: [^\n]*\n\n$/)
  const data = event.slice('event: error\ndata: '.length, -2)
  t.strictSame(JSON.parse(data), {
    type: 'error',
    sequence_number: 0,
    code: 'shutting_down',
    message: 'The gateway is shutting down.',
    param: null,
    error: {
      message: 'The gateway is shutting down.',
      type: 'service_unavailable_error',
      param: null,
      code: 'shutting_down',
      request_id: 'exchange-1'
    }
  })
  t.strictSame(OPENAI_RESPONSES.streamError('error', data), { status: 503 })
})

t.test('makes the official SDK raise an error in the middle of a stream, read plainly or with its helper', async t => {
  const upstream = await startUpstream(t, async exchange => {
    exchange.head(200, { 'content-type': 'text/event-stream' })
    await exchange.write(
      'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"id":"r","output":[]}}\n\n'
    )
    await exchange.write(OPENAI_RESPONSES.errorEvent(REFUSAL))
    exchange.end()
  })
  const client = new OpenAI({ apiKey: 'none', baseURL: `${upstream.url}/v1`, maxRetries: 0 })
  const ways = [
    () => client.responses.create({ model: 'm', input: 'i', stream: true }),
    () => client.responses.stream({ model: 'm', input: 'i' })
  ]
  for (const open of ways) {
    const stream = await open()
    const kinds: string[] = []
    const raised = await (async () => {
      for await (const event of stream) kinds.push(event.type)
    })().catch(failure => failure)
    t.strictSame(kinds, ['response.created'])
    t.ok(raised instanceof OpenAI.APIError)
    t.match(raised, { message: 'The gateway is shutting down.', code: 'shutting_down' })
  }
})

t.test('makes the official SDK raise the class of a status', async t => {
  const upstream = await startUpstream(t, exchange => {
    const headers = { 'content-type': OPENAI_RESPONSES.errorContentType }
    exchange.answer(403, headers, OPENAI_RESPONSES.errorBody({ ...REFUSAL, status: 403, reason: 'not_allowed' }))
  })
  const client = new OpenAI({ apiKey: 'none', baseURL: `${upstream.url}/v1`, maxRetries: 0 })
  const raised = await client.responses.create({ model: 'm', input: 'i' }).catch(failure => failure)
  t.ok(raised instanceof OpenAI.PermissionDeniedError)
  t.match(raised, { code: 'not_allowed', type: 'invalid_request_error' })
})
