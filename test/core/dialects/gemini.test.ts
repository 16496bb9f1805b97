import t from 'tap'
import type { DialectError } from '../../../core/dialects/facts.ts'
import { GEMINI, geminiBodyError } from '../../../core/dialects/gemini.ts'

const REFUSAL: DialectError = {
  status: 429,
  reason: 'rate_limited',
  message: 'Slow down.',
  requestId: 'exchange-1',
  retryable: true
}

function commits(chunk: unknown): boolean {
  return GEMINI.commits('message', JSON.stringify(chunk))
}

function commitsToParts(parts: unknown): boolean {
  return commits({ candidates: [{ content: { role: 'model', parts }, index: 0 }] })
}

t.test('does not commit to an opening', async t => {
  t.equal(commitsToParts([{ text: '' }]), false)
  t.equal(commitsToParts([{ text: '', thought: true }]), false)
  t.equal(commitsToParts([]), false)
  t.equal(commits({ candidates: [{ content: { role: 'model' }, index: 0 }] }), false)
  t.equal(commits({ candidates: [{ content: {} }] }), false)
  t.equal(commits({ candidates: [{ index: 0 }] }), false)
  t.equal(commits({ candidates: [], usageMetadata: {} }), false)
  t.equal(commits({ usageMetadata: { promptTokenCount: 1 }, modelVersion: 'm' }), false)
  t.equal(commits({ responseId: 'r' }), false)
})

t.test('commits to content, to the end, and to what it does not know', async t => {
  t.equal(commitsToParts([{ text: 'x' }]), true)
  t.equal(commitsToParts([{ text: 'x', thought: true }]), true)
  t.equal(commitsToParts([{ text: '' }, { functionCall: { name: 'f', args: {} } }]), true)
  t.equal(commitsToParts([{ text: '', thoughtSignature: 'x' }]), true)
  t.equal(commitsToParts([{ inlineData: { mimeType: 'image/png', data: 'x' } }]), true)
  t.equal(commitsToParts('x'), true)
  t.equal(commitsToParts(['x']), true)
  t.equal(commits({ candidates: [{ content: 'x' }] }), true)
  t.equal(commits({ candidates: [{ index: 0 }, { content: { parts: [{ text: 'x' }] } }] }), true)
  t.equal(commits({ candidates: [{ finishReason: 'STOP' }] }), true)
  t.equal(commits({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: {} }), true)
  t.equal(commits({ candidates: {} }), true)
  t.equal(commits({ candidates: [null] }), true)
  t.equal(commits({ something: 'new' }), true)
  for (const data of ['', '{', '[]', 'null', '[DONE]']) t.equal(GEMINI.commits('message', data), true, data)
})

t.test('finds the error of the provider and its status', async t => {
  const cases: readonly (readonly [error: unknown, status: number | undefined])[] = [
    [{ code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }, 503],
    [{ code: 0, status: 'RESOURCE_EXHAUSTED' }, 429],
    [{ status: 'DEADLINE_EXCEEDED' }, 504],
    [{ status: 'SOMETHING_NEW' }, undefined],
    ['text', undefined]
  ]
  for (const [error, status] of cases) {
    t.strictSame(GEMINI.streamError('message', JSON.stringify({ error })), { status }, JSON.stringify(error))
  }
})

t.test('takes nothing else for an error', async t => {
  const chunks = [{ error: null }, { candidates: [{ content: { parts: [{ text: '{"error":1}' }] } }] }, { x: 'error' }]
  for (const chunk of chunks) {
    t.equal(GEMINI.streamError('message', JSON.stringify(chunk)), undefined, JSON.stringify(chunk))
  }
  t.equal(GEMINI.streamError('message', 'an "error"'), undefined)
})

t.test('writes an error as a google.rpc.Status with the reason and the id among its details', async t => {
  const status = {
    error: {
      code: 429,
      message: 'Slow down.',
      status: 'RESOURCE_EXHAUSTED',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'RATE_LIMITED',
          domain: 'tacit-gateway',
          metadata: { reason: 'rate_limited' }
        },
        { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'exchange-1' }
      ]
    }
  }
  t.equal(GEMINI.errorContentType, 'application/json')
  t.strictSame(JSON.parse(GEMINI.errorBody(REFUSAL)), status)
  const event = GEMINI.errorEvent(REFUSAL)
  t.match(event, /^data: [^\n]*\n\n$/)
  t.strictSame(JSON.parse(event.slice(6)), status)
  t.strictSame(GEMINI.streamError('message', event.slice(6, -2)), { status: 429 })
})

t.test('writes each status as its canonical code', async t => {
  const statuses = [400, 401, 403, 404, 405, 408, 409, 413, 429, 499, 500, 501, 502, 503, 504, 505]
  const codes = statuses.map(status => JSON.parse(GEMINI.errorBody({ ...REFUSAL, status })).error.status)
  t.strictSame(codes, [
    'INVALID_ARGUMENT',
    'UNAUTHENTICATED',
    'PERMISSION_DENIED',
    'NOT_FOUND',
    'INVALID_ARGUMENT',
    'DEADLINE_EXCEEDED',
    'ABORTED',
    'INVALID_ARGUMENT',
    'RESOURCE_EXHAUSTED',
    'CANCELLED',
    'INTERNAL',
    'UNIMPLEMENTED',
    'UNAVAILABLE',
    'UNAVAILABLE',
    'DEADLINE_EXCEEDED',
    'INTERNAL'
  ])
})

t.test('tells an error from an answer, also in an array', async t => {
  const error = { code: 404, message: 'no', status: 'NOT_FOUND' }
  t.strictSame(geminiBodyError({ error }), { status: 404 })
  t.strictSame(geminiBodyError([{ error }]), { status: 404 })
  t.strictSame(geminiBodyError({ error: { status: 'UNAVAILABLE' } }), { status: 503 })
  for (const body of [{ candidates: [] }, [], [{ candidates: [] }], null, 'error'])
    t.equal(geminiBodyError(body), undefined)
})
