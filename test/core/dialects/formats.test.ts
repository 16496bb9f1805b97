import t from 'tap'
import { FORMATS, formatOf, textShapesOf, visitTextOf } from '../../../core/dialects/formats.ts'
import { recogniseDialect } from '../../../core/dialects/recognise.ts'

t.test('tells the format from the path, query or not, where the dialect agrees', async t => {
  t.equal(formatOf('openai-chat', '/v1/chat/completions?x=1'), 'openai-chat')
  t.equal(formatOf('http', '/v2/chat'), 'cohere')
  t.equal(formatOf('openai-completions', '/v1/fim/completions'), 'mistral')
  t.equal(formatOf('gemini', '/v1beta/models/m:streamGenerateContent?alt=sse'), 'gemini')
})

t.test('believes the operator, who named another dialect, more than the path', async t => {
  t.equal(recogniseDialect('/own/path'), 'http')
  t.equal(formatOf('anthropic-messages', '/own/path'), 'anthropic-messages')
  t.equal(formatOf('http', '/v1/chat/completions'), 'http')
})

t.test('knows where text stands in requests and answers of every format', async t => {
  for (const format of FORMATS) {
    const { request, response } = textShapesOf(format)
    t.ok(response, format)
    t.ok(request ?? format === 'model-list', format)
  }
  t.strictSame(textShapesOf('http'), { request: undefined, response: undefined, event: undefined })
})

t.test('takes the assistant for who speaks in an answer, and nobody in a request', async t => {
  const roles: unknown[] = []
  visitTextOf('openai-chat', 'request', { user: 'a' }, place => roles.push(place.role))
  visitTextOf('openai-chat', 'response', { choices: [{ text: 'a' }] }, place => roles.push(place.role))
  t.strictSame(roles, [undefined, 'assistant'])
})
