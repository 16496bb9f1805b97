import Anthropic from '@anthropic-ai/sdk'
import t, { type Test } from 'tap'
import { ANTHROPIC_MESSAGES, anthropicBodyError } from '../../../core/dialects/anthropic-messages.ts'
import type { DialectError } from '../../../core/dialects/facts.ts'
import { startUpstream } from '../../support/upstream.ts'

const REFUSAL: DialectError = {
  status: 429,
  reason: 'rate_limited',
  message: 'Slow down.',
  requestId: 'exchange-1',
  retryable: true
}
const MESSAGE = { model: 'm', max_tokens: 1, messages: [{ role: 'user' as const, content: 'hi' }] }

/** Asks twice, as an event with a name and as one that tells its kind only in its data; both must agree. */
function commits(t: Test, event: { readonly type: string }): boolean {
  const data = JSON.stringify(event)
  const named = ANTHROPIC_MESSAGES.commits(event.type, data)
  t.equal(ANTHROPIC_MESSAGES.commits('message', data), named, `${event.type} without a name`)
  return named
}

t.test('does not commit to an opening', async t => {
  const openings = [
    { type: 'message_start', message: { role: 'assistant', content: [] } },
    { type: 'ping' },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: [] } },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '' } },
    { type: 'content_block_stop', index: 0 }
  ]
  for (const event of openings) t.equal(commits(t, event), false, JSON.stringify(event))
})

t.test('commits to content, to the end, and to what it does not know', async t => {
  const start = { type: 'content_block_start', index: 0 }
  const delta = { type: 'content_block_delta', index: 0 }
  const events = [
    { ...start, content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} } },
    { ...start, content_block: { type: 'redacted_thinking', data: 'x' } },
    { ...start },
    { ...delta, delta: { type: 'text_delta', text: 'x' } },
    { ...delta, delta: { type: 'thinking_delta', thinking: 'x' } },
    { ...delta, delta: { type: 'input_json_delta', partial_json: '{' } },
    { ...delta, delta: { type: 'something_new', value: 0 } },
    { ...delta },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
    { type: 'something_new' }
  ]
  for (const event of events) t.equal(commits(t, event), true, JSON.stringify(event))
  for (const data of ['', '{', 'null', '{}']) {
    t.equal(ANTHROPIC_MESSAGES.commits('message', data), true, data)
    t.equal(ANTHROPIC_MESSAGES.commits('content_block_delta', data), true, data)
  }
})

t.test('finds the error of the provider and its status', async t => {
  const statuses = {
    invalid_request_error: 400,
    authentication_error: 401,
    billing_error: 402,
    permission_error: 403,
    not_found_error: 404,
    conflict_error: 409,
    request_too_large: 413,
    rate_limit_error: 429,
    api_error: 500,
    timeout_error: 504,
    overloaded_error: 529,
    something_new: undefined
  }
  for (const [type, status] of Object.entries(statuses)) {
    const data = JSON.stringify({ type: 'error', error: { type, message: 'm' } })
    for (const eventType of ['error', 'message']) {
      t.strictSame(ANTHROPIC_MESSAGES.streamError(eventType, data), { status }, type)
    }
  }
  for (const data of ['', 'not JSON', '{"type":"error"}', '{"error":"text"}']) {
    t.strictSame(ANTHROPIC_MESSAGES.streamError('error', data), { status: undefined }, data)
  }
})

t.test('takes nothing else for an error', async t => {
  const delta = { type: 'content_block_delta', delta: { type: 'text_delta', text: '{"type":"error"}' } }
  const result = { type: 'content_block_start', content_block: { type: 'tool_result', error: { type: 'error' } } }
  for (const event of [delta, result, { type: 'ping' }]) {
    for (const eventType of ['message', event.type]) {
      t.equal(ANTHROPIC_MESSAGES.streamError(eventType, JSON.stringify(event)), undefined, JSON.stringify(event))
    }
  }
})

t.test('writes an error as Anthropic does, with the reason among its details', async t => {
  t.equal(ANTHROPIC_MESSAGES.errorContentType, 'application/json')
  t.strictSame(JSON.parse(ANTHROPIC_MESSAGES.errorBody(REFUSAL)), {
    type: 'error',
    error: { type: 'rate_limit_error', message: 'Slow down.', details: { error_code: 'rate_limited' } },
    request_id: 'exchange-1'
  })
})

t.test('writes each status as the type that the documentation gives it', async t => {
  const statuses = [400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 429, 500, 501, 502, 503, 504, 505, 529]
  const types = statuses.map(status => JSON.parse(ANTHROPIC_MESSAGES.errorBody({ ...REFUSAL, status })).error.type)
  t.strictSame(types, [
    'invalid_request_error',
    'authentication_error',
    'billing_error',
    'permission_error',
    'not_found_error',
    'invalid_request_error',
    'invalid_request_error',
    'conflict_error',
    'request_too_large',
    'invalid_request_error',
    'rate_limit_error',
    'api_error',
    'api_error',
    'api_error',
    'api_error',
    'timeout_error',
    'api_error',
    'overloaded_error'
  ])
})

t.test('makes the official SDK raise the class of each status', async t => {
  const upstream = await startUpstream(t)
  const client = new Anthropic({ apiKey: 'none', baseURL: upstream.url, maxRetries: 0 })
  const classes = [
    [400, Anthropic.BadRequestError],
    [401, Anthropic.AuthenticationError],
    [403, Anthropic.PermissionDeniedError],
    [404, Anthropic.NotFoundError],
    [413, Anthropic.APIError],
    [429, Anthropic.RateLimitError],
    [500, Anthropic.InternalServerError],
    [503, Anthropic.InternalServerError],
    [529, Anthropic.InternalServerError]
  ] as const
  for (const [status, ErrorClass] of classes) {
    upstream.handle(exchange => {
      const headers = { 'content-type': ANTHROPIC_MESSAGES.errorContentType }
      exchange.answer(status, headers, ANTHROPIC_MESSAGES.errorBody({ ...REFUSAL, status }))
    })
    const raised = await client.messages.create(MESSAGE).catch(failure => failure)
    t.ok(raised instanceof ErrorClass, `${status}`)
    t.match(raised, { status, apiMessage: 'Slow down.', errorCode: 'rate_limited' })
  }
})

t.test('makes the official SDK raise an error in the middle of a stream, read plainly or with its helper', async t => {
  const start = { type: 'message_start', message: { id: 'msg_1', role: 'assistant', content: [], usage: {} } }
  const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
  const upstream = await startUpstream(t, async exchange => {
    exchange.head(200, { 'content-type': 'text/event-stream' })
    for (const event of [start, block]) await exchange.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    await exchange.write(ANTHROPIC_MESSAGES.errorEvent({ ...REFUSAL, status: 502, reason: 'upstream_cut' }))
    exchange.end()
  })
  const client = new Anthropic({ apiKey: 'none', baseURL: upstream.url, maxRetries: 0 })
  const ways = [() => client.messages.create({ ...MESSAGE, stream: true }), () => client.messages.stream(MESSAGE)]
  for (const open of ways) {
    const stream = await open()
    const kinds: string[] = []
    const raised = await (async () => {
      for await (const event of stream) kinds.push(event.type)
    })().catch(failure => failure)
    t.strictSame(kinds, ['message_start', 'content_block_start'])
    t.ok(raised instanceof Anthropic.APIError)
    t.match(raised, { apiMessage: 'Slow down.', type: 'api_error', errorCode: 'upstream_cut' })
  }
})

t.test('tells an error from an answer', async t => {
  t.strictSame(anthropicBodyError({ type: 'error', error: { type: 'overloaded_error' } }), { status: 529 })
  t.strictSame(anthropicBodyError({ type: 'error' }), { status: undefined })
  for (const body of [{ type: 'message' }, { error: {} }, null, 'error']) t.equal(anthropicBodyError(body), undefined)
})
