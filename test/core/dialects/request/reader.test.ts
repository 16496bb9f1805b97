import fc from 'fast-check'
import t from 'tap'
import {
  FORMATS,
  type Format,
  isUsageOnly,
  readAnsweringModel,
  readRequest,
  topLevelNamesOf
} from '../../../../core/dialects/index.ts'
import { hasCorpus, readCorpus } from '../../../support/corpus.ts'
import { recordedBodies, recordedFormat } from '../../../support/recorded-bodies.ts'

function bound(format: Format, body: unknown): number | undefined {
  return readRequest(format, '/', body).maxOutputTokens
}

t.test('reads the bound of the output in the words of each API', async t => {
  t.equal(bound('openai-chat', { max_tokens: 10 }), 10)
  t.equal(bound('openai-chat', { max_completion_tokens: 10, max_tokens: null }), 10)
  t.equal(bound('openai-completions', { n_predict: 10 }), 10)
  t.equal(bound('openai-responses', { max_output_tokens: 10 }), 10)
  t.equal(bound('anthropic-messages', { max_tokens: 10 }), 10)
  t.equal(bound('gemini', { generationConfig: { maxOutputTokens: 10 } }), 10)
  t.equal(bound('gemini', { generation_config: { max_output_tokens: 10 } }), 10)
  t.equal(bound('cohere', { max_tokens: 10 }), 10)
  t.equal(bound('ollama', { options: { num_predict: 10 } }), 10)
  t.equal(bound('bedrock-converse', { inferenceConfig: { maxTokens: 10 } }), 10)
  t.equal(bound('bedrock-invoke', { textGenerationConfig: { maxTokenCount: 10 } }), 10)
  t.equal(bound('mistral', { completion_args: { max_tokens: 10 } }), 10)
  t.equal(bound('openai-chat', {}), undefined)
})

t.test('counts every answer that is made, seen or not', async t => {
  t.equal(bound('openai-chat', { max_tokens: 10, n: 3 }), 30)
  t.equal(bound('openai-completions', { max_tokens: 10, n: 2, best_of: 5 }), 50)
  t.equal(bound('gemini', { generationConfig: { maxOutputTokens: 10, candidateCount: 4 } }), 40)
  t.equal(bound('openai-chat', { max_tokens: 10, n: null }), 10)
  t.equal(bound('openai-chat', { max_tokens: 10, n: 0 }), 10)
  t.equal(readRequest('openai-chat', '/', { n: 3 }).answers, 3)
})

t.test('takes the largest of several bounds, since servers differ in which they believe', async t => {
  t.equal(bound('openai-chat', { max_tokens: 10, max_completion_tokens: 99 }), 99)
})

t.test('takes none for a bound that a server may read in its own way', async t => {
  for (const max_tokens of ['10', -1, 10.5, 2 ** 53, true, [10], { value: 10 }]) {
    t.equal(bound('openai-chat', { max_tokens }), undefined, JSON.stringify(max_tokens))
    t.equal(bound('openai-chat', { max_tokens: 5, max_completion_tokens: max_tokens }), undefined)
    t.equal(bound('openai-chat', { max_tokens: 5, n: max_tokens }), undefined)
  }
  t.equal(bound('openai-chat', { max_tokens: 2 ** 52, n: 2 ** 52 }), undefined)
})

t.test('reads the model from the body, else from the path', async t => {
  t.equal(readRequest('openai-chat', '/v1/chat/completions', { model: 'a' }).model, 'a')
  t.equal(readRequest('openai-chat', '/openai/deployments/b/chat/completions', {}).model, 'b')
  t.equal(readRequest('gemini', '/v1beta/models/c:generateContent', { contents: [] }).model, 'c')
  t.equal(readRequest('gemini', '/v1beta/cachedContents', { model: 'models/d' }).model, 'd')
  t.equal(readRequest('bedrock-converse', '/model/e%3A0/converse', {}).model, 'e:0')
  t.equal(readRequest('openai-chat', '/', { model: 7 }).model, undefined)
  t.equal(readRequest('openai-chat', '/', 'text').model, undefined)
})

t.test('knows when a stream is asked for', async t => {
  const isStream = (format: Format, path: string, body: unknown) => readRequest(format, path, body).isStream
  t.equal(isStream('openai-chat', '/', { stream: true }), true)
  t.equal(isStream('openai-chat', '/', { stream: 'true' }), false)
  t.equal(isStream('openai-chat', '/', {}), false)
  t.equal(isStream('ollama', '/', {}), true)
  t.equal(isStream('ollama', '/', { stream: false }), false)
  t.equal(isStream('gemini', '/v1beta/models/m:streamGenerateContent', {}), true)
  t.equal(isStream('gemini', '/v1beta/models/m:generateContent', { stream: true }), false)
  t.equal(isStream('bedrock-converse', '/model/m/converse-stream', {}), true)
  t.equal(isStream('anthropic-messages', '/v1/models/m:streamRawPredict', {}), true)
  t.equal(isStream('openai-embeddings', '/', { stream: true }), false)
})

t.test('knows when a stream will tell no usage', async t => {
  const tells = (format: Format, body: unknown) => readRequest(format, '/', body).tellsUsage
  t.equal(tells('openai-chat', { stream: true }), false)
  t.equal(tells('openai-chat', { stream: true, stream_options: { include_usage: false } }), false)
  t.equal(tells('openai-chat', { stream: true, stream_options: { include_usage: true } }), true)
  t.equal(tells('openai-chat', {}), true)
  t.equal(tells('anthropic-messages', { stream: true }), true)
})

t.test('knows the chunk that says nothing but usage', async t => {
  t.equal(isUsageOnly('openai-chat', { choices: [], usage: { prompt_tokens: 1 } }), true)
  t.equal(isUsageOnly('openai-chat', { choices: [{}], usage: { prompt_tokens: 1 } }), false)
  t.equal(isUsageOnly('openai-chat', { choices: [], usage: null }), false)
  t.equal(isUsageOnly('openai-chat', { choices: [], moderation: {} }), false)
  t.equal(isUsageOnly('anthropic-messages', { choices: [], usage: {} }), false)
})

t.test('names the members that can be scanned instead of parsing', async t => {
  t.strictSame(topLevelNamesOf('openai-responses'), ['model', 'max_output_tokens', 'stream'])
  t.strictSame(topLevelNamesOf('anthropic-messages'), ['model', 'max_tokens', 'max_tokens_to_sample', 'stream'])
  t.equal(topLevelNamesOf('gemini'), undefined)
  const names = topLevelNamesOf('openai-chat') ?? []
  const body = { model: 'm', stream: true, max_tokens: 7, n: 2, messages: [] }
  const scanned = Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name)))
  t.strictSame(readRequest('openai-chat', '/', scanned), readRequest('openai-chat', '/', body))
})

t.test('reads who answered', async t => {
  t.equal(readAnsweringModel('openai-chat', { model: 'a' }), 'a')
  t.equal(readAnsweringModel('openai-responses', { response: { model: 'b' } }), 'b')
  t.equal(readAnsweringModel('anthropic-messages', { message: { model: 'c' } }), 'c')
  t.equal(readAnsweringModel('gemini', { modelVersion: 'd' }), 'd')
  t.equal(readAnsweringModel('gemini', []), undefined)
})

t.test('nothing that a client writes makes it throw', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...FORMATS), fc.string(), fc.jsonValue(), (format, path, body) => {
      readRequest(format, `/${path}`, body)
      readRequest(format, path, { model: body, max_tokens: body, n: body, generationConfig: body, options: body })
      readAnsweringModel(format, body)
      isUsageOnly(format, body)
    })
  )
})

t.test(
  'agrees with every recorded request that names its model or got a stream',
  { skip: hasCorpus ? false : 'the recorded exchanges are not on this machine' },
  async t => {
    let streams = 0
    for (const recording of await readCorpus()) {
      const request = recordedBodies(recording).bodies.find(({ direction }) => direction === 'request')
      if (request === undefined) continue
      const format = recordedFormat(recording)
      const { model, isStream } = readRequest(format, recording.target, request.value)
      if (recording.isStream && recording.status === 200 && !recording.endpoint.startsWith('audio')) {
        streams++
        t.ok(isStream, `${recording.id} ${recording.target}`)
      }
      if (typeof request.value === 'object' && request.value !== null && 'messages' in request.value) {
        t.ok(model ?? !('model' in request.value), recording.id)
      }
    }
    t.comment(`${streams} streams`)
  }
)
