import t from 'tap'
import { badRequestReply, errorReply, pageReply } from '../../../examples/demo-upstream/errors.ts'
import { BadRequest } from '../../../examples/demo-upstream/fields.ts'

t.test('writes errors as OpenAI does', async t => {
  const reply = errorReply('openai', 429, 'req_1', { 'retry-after': '2' })
  t.strictSame(reply.headers, { 'content-type': 'application/json', 'retry-after': '2' })
  t.strictSame(JSON.parse(reply.body), {
    error: {
      message: 'Too many requests. Wait, then try again.',
      type: 'requests',
      param: null,
      code: 'rate_limit_exceeded'
    }
  })
  t.match(JSON.parse(errorReply('openai', 599, 'req_1').body), { error: { type: 'server_error' } })
  t.match(JSON.parse(errorReply('openai', 418, 'req_1').body), { error: { type: 'invalid_request_error' } })
})

t.test('writes errors as Anthropic does', async t => {
  t.strictSame(JSON.parse(errorReply('anthropic', 529, 'req_1').body), {
    type: 'error',
    error: { type: 'overloaded_error', message: 'The demo upstream is overloaded on request.' },
    request_id: 'req_1'
  })
  t.match(JSON.parse(errorReply('anthropic', 500, 'req_1').body), { error: { type: 'api_error' } })
  t.match(JSON.parse(errorReply('anthropic', 418, 'req_1').body), { error: { type: 'invalid_request_error' } })
})

t.test('says what is wrong with a request', async t => {
  const fault = new BadRequest('Wrong.', 'a.b', 422, 'odd')
  t.match(badRequestReply('openai', fault, 'req_1'), { status: 422 })
  t.strictSame(JSON.parse(badRequestReply('openai', fault, 'req_1').body), {
    error: { message: 'Wrong.', type: 'invalid_request_error', param: 'a.b', code: 'odd' }
  })
  t.strictSame(JSON.parse(badRequestReply('anthropic', fault, 'req_1').body), {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'Wrong.' },
    request_id: 'req_1'
  })
})

t.test('a page is HTML', async t => {
  t.match(pageReply(502, {}), { status: 502, headers: { 'content-type': 'text/html' }, body: /<h1>502<\/h1>/ })
})
