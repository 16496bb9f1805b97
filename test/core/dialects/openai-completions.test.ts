import OpenAI from 'openai'
import t from 'tap'
import { OPENAI_COMPLETIONS } from '../../../core/dialects/openai-completions.ts'
import { startUpstream } from '../../support/upstream.ts'

function commits(choices: unknown): boolean {
  return OPENAI_COMPLETIONS.commits('message', JSON.stringify({ object: 'text_completion', choices }))
}

t.test('commits to text and to the end, and to nothing before', async t => {
  t.equal(commits([{ text: '', index: 0, logprobs: null, finish_reason: null }]), false)
  t.equal(commits([]), false)
  t.equal(commits([{ text: '\n\n', index: 0, finish_reason: null }]), true)
  t.equal(commits([{ text: '' }, { text: 'x' }]), true)
  t.equal(commits([{ text: '', finish_reason: 'length' }]), true)
  t.equal(OPENAI_COMPLETIONS.commits('message', '{"choices": [{"text": "x"}]}'), true)
  t.equal(OPENAI_COMPLETIONS.commits('message', '[DONE]'), true)
})

t.test('commits to what it does not know', async t => {
  t.equal(commits([{ delta: { content: '' } }]), true)
  t.equal(OPENAI_COMPLETIONS.commits('message', '{"value":"x"}'), true)
})

t.test('makes the official SDK raise an error in the middle of a stream', async t => {
  const error = { status: 504, reason: 'deadline_exceeded', message: 'Too late.', requestId: 'e', retryable: true }
  const upstream = await startUpstream(t, async exchange => {
    exchange.head(200, { 'content-type': 'text/event-stream' })
    await exchange.write('data: {"object":"text_completion","choices":[{"index":0,"text":"Hel"}]}\n\n')
    await exchange.write(OPENAI_COMPLETIONS.errorEvent(error))
    exchange.end()
  })
  const client = new OpenAI({ apiKey: 'none', baseURL: `${upstream.url}/v1`, maxRetries: 0 })
  const stream = await client.completions.create({ model: 'm', prompt: 'p', stream: true })
  const pieces: unknown[] = []
  const raised = await (async () => {
    for await (const piece of stream) pieces.push(piece.choices[0]?.text)
  })().catch(failure => failure)
  t.strictSame(pieces, ['Hel'])
  t.ok(raised instanceof OpenAI.APIError)
  t.match(raised, { message: 'Too late.', code: 'deadline_exceeded', type: 'server_error' })
})
