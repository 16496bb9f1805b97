import { STATUS_CODES } from 'node:http'
import t from 'tap'
import { HTTP } from '../../../core/dialects/http.ts'

const ERROR = {
  status: 502,
  reason: 'upstream_failed',
  message: 'It failed.',
  requestId: 'exchange-1',
  retryable: true
}

t.test('commits to every event and takes none for an error', async t => {
  t.equal(HTTP.commits('ping', ''), true)
  t.equal(HTTP.streamError('error', '{"error":{}}'), undefined)
})

t.test('writes an error as problem details', async t => {
  const problem = {
    type: 'about:blank',
    title: 'Bad Gateway',
    status: 502,
    detail: 'It failed.',
    reason: 'upstream_failed',
    request_id: 'exchange-1'
  }
  t.equal(HTTP.errorContentType, 'application/problem+json')
  t.strictSame(JSON.parse(HTTP.errorBody(ERROR)), problem)
  const event = HTTP.errorEvent(ERROR)
  t.match(event, /^event: error\ndata: [^\n]*\n\n$/)
  t.strictSame(JSON.parse(event.slice('event: error\ndata: '.length)), problem)
})

t.test('titles every status', async t => {
  // Node still has the names of RFC 7231 and of a draft for these.
  const renamed: Readonly<Record<string, string>> = { 413: 'Content Too Large', 422: 'Unprocessable Content' }
  // 418 is reserved and unused; 506, 508, 509, 510 belong to protocols that a gateway does not speak.
  const untitled = new Set(['418', '506', '508', '509', '510'])
  for (const [status, phrase] of Object.entries(STATUS_CODES)) {
    if (Number(status) < 400 || untitled.has(status)) continue
    t.equal(JSON.parse(HTTP.errorBody({ ...ERROR, status: Number(status) })).title, renamed[status] ?? phrase)
  }
  t.equal(JSON.parse(HTTP.errorBody({ ...ERROR, status: 499 })).title, 'Client Error')
  t.equal(JSON.parse(HTTP.errorBody({ ...ERROR, status: 529 })).title, 'Server Error')
})
