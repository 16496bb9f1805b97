import OpenAI from 'openai'
import t from 'tap'
import type { DialectError } from '../../../core/dialects/facts.ts'
import {
  chunkCommits,
  chunkError,
  OPENAI_ERROR_CONTENT_TYPE,
  openaiBodyError,
  openaiErrorBody,
  openaiErrorEvent,
  openaiErrorStatus
} from '../../../core/dialects/openai.ts'
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

t.test('reads the status from the first place that has one', async t => {
  t.equal(openaiErrorStatus({ status_code: 400, code: 500 }), 400)
  t.equal(openaiErrorStatus({ status: 'x', code: 'model_not_found', type: 'server_error' }), 404)
  t.equal(openaiErrorStatus({ code: null, type: 'authentication_error' }), 401)
  t.equal(openaiErrorStatus({ code: 'something_new', type: 'permission_error' }), 403)
  t.equal(openaiErrorStatus({ code: 'server_is_overloaded' }), 503)
  t.equal(openaiErrorStatus({ code: '__proto__', type: 'constructor' }), undefined)
  t.equal(openaiErrorStatus({}), undefined)
  t.equal(openaiErrorStatus(undefined), undefined)
})

t.test('asks every choice until one of them carries something', async t => {
  const asked: unknown[] = []
  const none = chunkCommits('{"choices":[{"n":1},{"n":2}]}', choice => {
    asked.push(choice.n)
    return false
  })
  t.equal(none, false)
  t.strictSame(asked, [1, 2])
  t.equal(
    chunkCommits('{"choices":[{"n":1},{"n":2}]}', choice => choice.n === 2),
    true
  )
})

t.test('writes an error event that it recognises itself', async t => {
  const event = openaiErrorEvent(REFUSAL)
  t.match(event, /^data: [^\n]*\n\n$/)
  t.strictSame(chunkError('message', event.slice(6, -2)), { status: 429 })
})

t.test('keeps an event on one line whatever the message is', async t => {
  const event = openaiErrorEvent({ ...REFUSAL, message: 'a\n\ndata: [DONE]\r\n"' })
  t.match(event, /^data: [^\r\n]*\n\n$/)
  t.equal(JSON.parse(event.slice(6)).error.message, 'a\n\ndata: [DONE]\r\n"')
})

t.test('finds the error of a provider and its status', async t => {
  const cases: readonly (readonly [eventType: string, data: string, status: number | undefined])[] = [
    ['message', '{"error":{"message":"m","type":"server_error","param":null,"code":null}}', 500],
    ['message', '{"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}}', 429],
    ['message', '{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}', 429],
    ['message', '{"error":{"message":"m","code":"429"}}', 429],
    ['message', '{"error":{"code":502,"message":"m"},"choices":[{"delta":{"content":""}}]}', 502],
    ['message', '{"error":"m","code":"invalid-argument"}', undefined],
    ['message', '{"object":"error","message":"m","type":"invalid_request_error","raw_status_code":400}', 400],
    [
      'error',
      '{"error":{"message":"m","type":"invalid_request_error","code":"tool_use_failed","status_code":400}}',
      400
    ],
    ['error', '{"message":"m","code":503}', 503],
    ['error', 'not JSON', undefined],
    ['error', '', undefined]
  ]
  for (const [eventType, data, status] of cases) {
    t.strictSame(chunkError(eventType, data), { status }, data)
  }
})

t.test('takes nothing else for an error', async t => {
  const others = [
    chunk({ delta: { content: 'an "error" {"error":1}' } }),
    chunk({ delta: {} }, { error: null }),
    chunk({ delta: {} }, { error: {} }),
    chunk({ delta: {}, finish_reason: 'error' }),
    '[DONE]',
    'an "error"',
    ''
  ]
  for (const data of others) t.equal(chunkError('message', data), undefined, data)
})

t.test('writes an error as OpenAI does', async t => {
  t.strictSame(JSON.parse(openaiErrorBody(REFUSAL)), {
    error: {
      message: 'Slow down.',
      type: 'rate_limit_error',
      param: null,
      code: 'rate_limited',
      request_id: 'exchange-1'
    }
  })
  const types = [400, 401, 403, 404, 413, 500, 502, 503, 504].map(status => {
    return JSON.parse(openaiErrorBody({ ...REFUSAL, status })).error.type
  })
  t.strictSame(types, [
    'invalid_request_error',
    'invalid_request_error',
    'invalid_request_error',
    'invalid_request_error',
    'invalid_request_error',
    'server_error',
    'server_error',
    'service_unavailable_error',
    'server_error'
  ])
  t.equal(JSON.parse(openaiErrorBody({ ...REFUSAL, retryable: false })).error.type, 'insufficient_quota')
})

t.test('makes the official SDK raise the class of each status', async t => {
  const upstream = await startUpstream(t)
  const client = new OpenAI({ apiKey: 'none', baseURL: `${upstream.url}/v1`, maxRetries: 0 })
  const classes = [
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [403, OpenAI.PermissionDeniedError],
    [404, OpenAI.NotFoundError],
    [413, OpenAI.APIError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError]
  ] as const
  for (const [status, ErrorClass] of classes) {
    const error = { ...REFUSAL, status }
    upstream.handle(exchange => {
      exchange.answer(status, { 'content-type': OPENAI_ERROR_CONTENT_TYPE }, openaiErrorBody(error))
    })
    const asked = client.chat.completions.create({ model: 'm', messages: [] })
    await t.rejects(asked, { status, code: 'rate_limited', message: `${status} Slow down.` })
    t.ok((await asked.catch(raised => raised)) instanceof ErrorClass, `${status}`)
  }
})

t.test('tells an error from an answer, in the words of all who are compatible', async t => {
  const errors: readonly (readonly [body: unknown, status: number | undefined])[] = [
    [{ error: { message: 'no', type: 'invalid_request_error' } }, 400],
    [{ error: 'no' }, undefined],
    [{ error: { message: 'no', code: 429 } }, 429],
    [{ object: 'error', message: 'no', code: 404 }, 404],
    [{ detail: 'no' }, undefined],
    [{ message: 'no', request_id: 'r' }, undefined]
  ]
  for (const [body, status] of errors) t.strictSame(openaiBodyError(body), { status }, JSON.stringify(body))
  for (const body of [
    { choices: [{}] },
    { choices: [{}], error: { code: 502 } },
    { data: [{}] },
    { text: 'a' },
    { usage: {}, message: 'a' },
    'no',
    null
  ]) {
    t.equal(openaiBodyError(body), undefined, JSON.stringify(body))
  }
})
