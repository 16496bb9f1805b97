import t from 'tap'
import { hasTokens, mayUse } from '../../../plugins/metering/calls.ts'

t.test('calls that make something use something', async t => {
  t.ok(mayUse('openai-chat', 'POST', '/v1/chat/completions?api-version=2024'))
  t.ok(mayUse('gemini', 'POST', '/v1beta/models/m:streamGenerateContent?alt=sse'))
  t.ok(mayUse('openai-responses', 'POST', '/v1/responses'))
})

t.test('what is counted, cancelled or looked at again uses nothing', async t => {
  t.notOk(mayUse('openai-responses', 'GET', '/v1/responses/resp_1'), 'its usage was told when it was made')
  t.notOk(mayUse('openai-responses', 'POST', '/v1/responses/resp_1/cancel'))
  t.notOk(mayUse('anthropic-messages', 'POST', '/v1/messages/count_tokens'))
  t.notOk(mayUse('gemini', 'POST', '/v1beta/models/m:countTokens?x=1'))
  t.notOk(mayUse('http', 'POST', '/anything'))
})

t.test('pictures, sound and judgements are not made of tokens unless somebody says so', async t => {
  t.notOk(hasTokens('openai-images'))
  t.notOk(hasTokens('openai-moderations'))
  t.ok(hasTokens('openai-embeddings'))
})
