import OpenAI from 'openai'
import t from 'tap'
import { OPENAI_EMBEDDINGS } from '../../../core/dialects/openai-embeddings.ts'
import { startUpstream } from '../../support/upstream.ts'

t.test('commits to every event, as it knows of none', async t => {
  t.equal(OPENAI_EMBEDDINGS.commits('message', '{"choices":[]}'), true)
  t.strictSame(OPENAI_EMBEDDINGS.streamError('message', '{"error":{"type":"server_error"}}'), { status: 500 })
})

t.test('makes the official SDK raise the error of a refusal', async t => {
  const error = { status: 401, reason: 'no_key', message: 'Send a key.', requestId: 'e', retryable: false }
  const upstream = await startUpstream(t, exchange => {
    exchange.answer(401, { 'content-type': OPENAI_EMBEDDINGS.errorContentType }, OPENAI_EMBEDDINGS.errorBody(error))
  })
  const client = new OpenAI({ apiKey: 'none', baseURL: `${upstream.url}/v1`, maxRetries: 0 })
  const raised = await client.embeddings.create({ model: 'm', input: 'i' }).catch(failure => failure)
  t.ok(raised instanceof OpenAI.AuthenticationError)
  t.match(raised, { message: '401 Send a key.', code: 'no_key' })
})
