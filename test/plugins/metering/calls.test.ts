import t from 'tap'
import { hasTokens, pathReader } from '../../../plugins/metering/calls.ts'

const mayUse = (...call: Parameters<ReturnType<typeof pathReader>>) => pathReader()(...call).mayUse

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

t.test('a path that was read before is read the same, and others anew', async t => {
  const read = pathReader()
  const chat = read('openai-chat', 'POST', '/v1/chat/completions')
  t.strictSame([chat.format, chat.mayUse], ['openai-chat', true])
  t.equal(read('openai-chat', 'POST', '/v1/chat/completions'), chat)
  t.notOk(read('openai-chat', 'GET', '/v1/chat/completions').mayUse)
  t.equal(read('http', 'POST', '/v1/ocr').format, 'mistral')
  t.equal(read('anthropic-messages', 'POST', '/v1/messages').format, 'anthropic-messages')
  t.ok(read('openai-chat', 'POST', '/v1/chat/completions').mayUse)
})

t.test('what a client wrote behind its path is not remembered', async t => {
  const read = pathReader()
  const asked = () => read('openai-chat', 'POST', '/v1/chat/completions?key=secret')
  t.not(asked(), asked())
  t.strictSame(asked(), asked())
})
