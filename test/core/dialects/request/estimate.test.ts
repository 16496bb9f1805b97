import t from 'tap'
import {
  askedTier,
  bodyValue,
  type EstimateRules,
  estimateTokens,
  type Format
} from '../../../../core/dialects/index.ts'

const RULES: EstimateRules = { bytesPerToken: 3, imageTokens: 1_600, outputTokens: 500 }

function estimate(format: Format, body: unknown, rules: Partial<EstimateRules> = {}, most?: number) {
  const bytes = Buffer.byteLength(JSON.stringify(body) ?? '')
  return estimateTokens(format, '/', body, bytes, { ...RULES, ...rules }, most)
}

const inputOf = (format: Format, body: unknown, rules?: Partial<EstimateRules>) =>
  estimate(format, body, rules).inputTokens

t.test('counts the bytes of every text, and one token around each', async t => {
  // `m`, `user` and twelve bytes, each with its token.
  const body = { model: 'm', messages: [{ role: 'user', content: 'Hello world!' }] }
  t.equal(inputOf('openai-chat', body), 3 + Math.ceil(17 / 3))
  t.equal(inputOf('openai-chat', body, { bytesPerToken: 1 }), 3 + 17)
  t.equal(inputOf('anthropic-messages', body), 3 + Math.ceil(17 / 3))
  t.equal(inputOf('openai-chat', { messages: [{ content: '你好' }] }), 1 + 2, 'two characters of three bytes')
})

t.test('counts what stands in tools and in results, too', async t => {
  const plain = { messages: [{ role: 'user', content: 'hi' }] }
  const tools = [
    { type: 'function', function: { name: 'f', parameters: { properties: { city: { type: 'string' } } } } }
  ]
  t.ok(inputOf('openai-chat', { ...plain, tools }) > inputOf('openai-chat', plain) + 5)
  const result = { role: 'tool', tool_call_id: 'x', content: 'a'.repeat(300) }
  t.ok(inputOf('openai-chat', { messages: [result] }) >= 100)
})

t.test('an image counts as the operator says, however long it is written', async t => {
  const withImage = (url: string) => ({ messages: [{ content: [{ type: 'image_url', image_url: { url } }] }] })
  const short = inputOf('openai-chat', withImage('https://example.com/cat.png'))
  t.equal(inputOf('openai-chat', withImage(`data:image/png;base64,${'A'.repeat(100_000)}`)), short)
  t.ok(short >= 1_600 && short < 1_620)
})

t.test('sound and files count by their length', async t => {
  const part = { type: 'input_audio', input_audio: { data: 'A'.repeat(16_000), format: 'mp3' } }
  const tokens = inputOf('openai-chat', { messages: [{ role: 'user', content: [part] }] })
  t.ok(tokens >= 1_000 && tokens < 1_020, String(tokens))
})

t.test('a prompt of tokens counts each of them once', async t => {
  t.equal(inputOf('openai-embeddings', { model: 'm', input: [[1, 2, 3, 40_000]] }), 1 + 1 + 4)
})

t.test('what cannot be looked into counts by its length', async t => {
  t.equal(estimateTokens('http', '/', undefined, 300, RULES).inputTokens, 100)
  t.equal(estimateTokens('openai-chat', '/', [1, 2], 300, RULES).inputTokens, 100)
  t.equal(estimateTokens('openai-chat', '/', undefined, 0, RULES).inputTokens, 0)
  let deep: unknown = 'end'
  for (let depth = 0; depth < 300; depth++) deep = [deep]
  t.equal(estimateTokens('openai-chat', '/', { messages: deep }, 3_000, RULES).inputTokens, 1_000, 'nested too deep')
})

t.test('output is what the request bounds it by, else what the operator says', async t => {
  t.match(estimate('openai-chat', { max_tokens: 42 }), { outputTokens: 42, isBounded: true })
  t.match(estimate('openai-chat', {}), { outputTokens: 500, isBounded: false })
  t.match(estimate('openai-chat', { max_tokens: -1 }), { outputTokens: 500, isBounded: false })
})

t.test('every answer that is asked for counts', async t => {
  t.match(estimate('openai-chat', { max_tokens: 10, n: 3 }), { outputTokens: 30 })
  t.match(estimate('openai-chat', { n: 3 }), { outputTokens: 1_500 })
})

t.test('no bound goes beyond what the model can say', async t => {
  t.match(estimate('openai-chat', { max_tokens: 1_000_000 }, {}, 8_000), { outputTokens: 8_000 })
  t.match(estimate('openai-chat', { max_tokens: 1_000_000, n: 2 }, {}, 8_000), { outputTokens: 16_000 })
})

t.test('what a client makes up can still be counted', async t => {
  const most = Number.MAX_SAFE_INTEGER
  t.match(estimate('openai-chat', { max_tokens: most }), { outputTokens: most })
  t.match(estimate('openai-chat', { n: most }), { outputTokens: most })
})

t.test('vectors and rankings have no output to hold', async t => {
  t.match(estimate('openai-embeddings', { input: 'hello' }), { outputTokens: 0 })
  t.match(estimate('rerank', { query: 'hello' }), { outputTokens: 0 })
})

t.test('a form is looked into like any body, and nothing is made of an empty one', async t => {
  const form = '--b\r\ncontent-disposition: form-data; name="prompt"\r\n\r\na cat\r\n--b--\r\n'
  const never = () => t.fail('parsed')
  t.match(bodyValue('multipart/form-data; boundary=b', Buffer.from(form), never), { prompt: 'a cat' })
  t.equal(bodyValue('application/json', Buffer.alloc(0), never), undefined)
  t.strictSame(
    bodyValue(undefined, Buffer.from('{"a":1}'), () => ({ a: 1 })),
    { a: 1 }
  )
})

t.test('knows the tiers that have prices of their own', async t => {
  t.equal(askedTier({ service_tier: 'priority' }), 'priority')
  t.equal(askedTier({ service_tier: 'flex' }), 'flex')
  for (const body of [{ service_tier: 'auto' }, { service_tier: 5 }, {}, undefined]) t.equal(askedTier(body), undefined)
})
