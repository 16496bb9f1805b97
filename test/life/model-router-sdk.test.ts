import Anthropic, { NotFoundError } from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import t from 'tap'
import { startTestGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const SOURCE = { url: 'a test', date: '2026-01-01' }
const MODELS = Array.from({ length: 45 }, (_, index) => `claude-${String(index).padStart(2, '0')}`)

async function clients(t: Pick<typeof import('tap').default, 'teardown'>) {
  const { url } = await startUpstream(t, exchange => exchange.answer(500, {}, '{}'))
  const gateway = await startTestGateway(t, {
    catalogue: {
      builtIn: false,
      providers: [
        {
          id: 'anthropic-like',
          name: 'Like Anthropic',
          paths: [{ dialect: 'anthropic-messages', path: '/v1/messages' }],
          models: MODELS.map(id => ({ id, contextTokens: 200_000, maxOutputTokens: 8_192, source: SOURCE })),
          source: SOURCE
        },
        {
          id: 'openai-like',
          name: 'Like OpenAI',
          paths: [{ dialect: 'openai-chat', path: '/v1/chat/completions' }],
          models: ['gpt-a', 'gpt-b'].map(id => ({ id, source: SOURCE })),
          source: SOURCE
        }
      ]
    },
    upstreams: ['anthropic-like', 'openai-like'].map(id => ({ id, provider: id, peers: [{ id: 'one', url }] })),
    routes: [
      {
        id: 'llm',
        match: { path: '/v1/*' },
        plugins: [
          {
            use: 'model-router',
            config: { upstreams: ['anthropic-like', 'openai-like'], aliases: { fast: 'gpt-b', wise: 'claude-07' } }
          }
        ]
      }
    ]
  })
  return {
    openai: new OpenAI({ apiKey: 'none', baseURL: `${gateway.url}/v1`, maxRetries: 0 }),
    anthropic: new Anthropic({ apiKey: 'none', baseURL: gateway.url, maxRetries: 0 })
  }
}

t.test("OpenAI's SDK lists the models that its API reaches, and finds one of them", async t => {
  const { openai } = await clients(t)
  const ids: string[] = []
  for await (const model of openai.models.list()) ids.push(`${model.id} of ${model.owned_by}`)
  t.strictSame(ids.sort(), ['fast of openai-like', 'gpt-a of openai-like', 'gpt-b of openai-like'])
  t.strictSame(
    { ...(await openai.models.retrieve('gpt-a')) },
    { id: 'gpt-a', object: 'model', created: 0, owned_by: 'openai-like' }
  )
  const missing = await openai.models.retrieve('gpt-aa').catch((error: unknown) => error)
  t.ok(missing instanceof OpenAI.NotFoundError)
  t.match(missing, { code: 'model_not_found', message: /Did you mean "gpt-a" or "gpt-b"\?/ })
})

t.test("Anthropic's SDK goes through the list page by page, forwards and back", async t => {
  const { anthropic } = await clients(t)
  const ids: string[] = []
  for await (const { id } of anthropic.models.list()) ids.push(id)
  t.strictSame(ids.sort(), [...MODELS, 'wise'].sort())
  const first = await anthropic.models.list({ limit: 10 })
  t.match(first, { has_more: true, data: { length: 10 } })
  const second = await first.getNextPage()
  t.equal(second.data.length, 10)
  const back = await anthropic.models.list({ limit: 5, before_id: second.data[0]?.id ?? '' })
  t.strictSame(back.data, first.data.slice(5))
  t.match(await anthropic.models.retrieve('claude-07'), {
    id: 'claude-07',
    type: 'model',
    max_input_tokens: 200_000,
    max_tokens: 8_192
  })
  const missing = await anthropic.models.retrieve('claude-7').catch((error: unknown) => error)
  t.ok(missing instanceof NotFoundError)
  t.match(missing, { error: { error: { type: 'not_found_error', message: /Did you mean "claude-/ } } })
  for (const query of [{ limit: 0 }, { limit: 1001 }, { after_id: 'nobody' }]) {
    t.match(await anthropic.models.list(query).catch((error: unknown) => error), { status: 400 })
  }
})

t.test('both SDKs raise what they have for a model that is not there, with the names that were meant', async t => {
  const { openai, anthropic } = await clients(t)
  const messages = [{ role: 'user' as const, content: 'hi' }]
  const chat = await openai.chat.completions.create({ model: 'gpt-', messages }).catch((error: unknown) => error)
  t.ok(chat instanceof OpenAI.NotFoundError)
  t.match(chat, { code: 'model_not_found', message: /"gpt-a"/ })
  const message = await anthropic.messages
    .create({ model: 'claude-077', max_tokens: 1, messages })
    .catch((error: unknown) => error)
  t.ok(message instanceof NotFoundError)
  t.match(message, { error: { error: { message: /"claude-07"/ } } })
})
