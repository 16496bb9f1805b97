import t from 'tap'
import { mayUseTokens } from '../../../../core/dialects/index.ts'

t.test('what is made uses tokens, what is looked at again does not', async t => {
  t.ok(mayUseTokens('openai-chat', 'POST', '/v1/chat/completions'))
  t.ok(mayUseTokens('gemini', 'POST', '/v1/models/x:generateContent?alt=sse'))
  t.notOk(mayUseTokens('openai-responses', 'GET', '/v1/responses/resp_1'))
  t.notOk(mayUseTokens('http', 'POST', '/anything'))
})

t.test('counting, cutting and cancelling use none', async t => {
  t.notOk(mayUseTokens('anthropic-messages', 'POST', '/v1/messages/count_tokens?beta=true'))
  t.notOk(mayUseTokens('gemini', 'POST', '/v1/models/x:countTokens'))
  t.notOk(mayUseTokens('openai-responses', 'POST', '/v1/responses/resp_1/cancel'))
})
