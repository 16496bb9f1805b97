import t from 'tap'
import { dialectOfList, recogniseDialect } from '../../../core/dialects/recognise.ts'

const PATHS = {
  'openai-chat': [
    '/v1/chat/completions',
    '/chat/completions',
    '/openai/v1/chat/completions',
    '/openai/deployments/gpt-5/chat/completions',
    '/team-a/llm/v1/chat/completions',
    '/v1/chat/completions/',
    '/v1/chat/completions/chatcmpl-123',
    '/v1/models',
    '/v1/models/gpt-5'
  ],
  'openai-completions': [
    '/v1/completions',
    '/completions',
    '/openai/deployments/davinci/completions',
    '/notchat/completions'
  ],
  'openai-responses': [
    '/v1/responses',
    '/responses',
    '/openai/v1/responses',
    '/v1/responses/resp_123',
    '/v1/responses/compact',
    '/backend-api/codex/responses'
  ],
  'openai-embeddings': ['/v1/embeddings', '/openai/deployments/ada/embeddings'],
  'anthropic-messages': [
    '/v1/messages',
    '/messages',
    '/anthropic/v1/messages',
    '/anthropic/messages',
    '/v1/messages/count_tokens'
  ],
  gemini: [
    '/v1beta/models/gemini-2.5-flash:generateContent',
    '/v1beta/models/gemini-2.5-flash:streamGenerateContent',
    '/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-pro:streamGenerateContent',
    '/v1beta/models/gemini-2.5-flash:generateContent/',
    '/prefix/v1beta/tunedModels/mine:generateContent'
  ],
  http: [
    '/',
    '',
    '*',
    '/models',
    '/api/models',
    '/v2/models/x',
    '/v1/models/a/b',
    '/v1/chat',
    '/v1/threads/thread_1/messages',
    '/v1/chat/completions/chatcmpl-123/messages',
    '/v1/messages/batches',
    '/v1/messages/batches/1',
    '/v1/responses/resp_1/input_items',
    '/v1/responsess',
    '/v1/my-embeddings',
    '/v1/chatcompletions',
    '/v1beta/models/text-embedding-004:embedContent',
    '/v1beta/models/gemini:countTokens',
    '/v1beta/models/gemini:generateContent/extra',
    '/v1beta/models/gemini:generateContentx',
    '/v1beta/models:x/gemini',
    '/chat%2Fcompletions',
    '/v1/completion%',
    '/v1/completion%7',
    '/v1/completion%zz',
    '//'
  ]
} as const

for (const [dialect, paths] of Object.entries(PATHS)) {
  t.test(`recognises ${dialect}`, async t => {
    for (const path of paths) t.equal(recogniseDialect(path), dialect, path)
  })
}

t.test('sees through case and needless percent-encoding, which an upstream may not mind either', async t => {
  t.equal(recogniseDialect('/V1/Chat/Completions'), 'openai-chat')
  t.equal(recogniseDialect('/v1/ch%61t/completion%73'), 'openai-chat')
  t.equal(recogniseDialect('/v1/%63%48%41%54/completions'), 'openai-chat')
  t.equal(recogniseDialect('/v1/%6dessages'), 'anthropic-messages')
  t.equal(recogniseDialect('/v1beta/models/gemini%3AgenerateContent'), 'gemini')
  t.equal(recogniseDialect('/v1/%E4%BD%A0/responses'), 'openai-responses')
})

t.test('decodes once only', async t => {
  t.equal(recogniseDialect('/v1/chat/completion%2573'), 'http')
})

t.test('takes time in proportion to the length of the path', async t => {
  // A megabyte each: anything worse than linear would not end within the test's time.
  for (const piece of ['/', '%', '%61', ':', '/a', '/chat', '/responses']) {
    t.equal(typeof recogniseDialect(`/${piece.repeat(1_000_000 / piece.length)}`), 'string')
  }
})

t.test('a list of models is asked for in the dialect of the client that asks', async t => {
  t.equal(dialectOfList('openai-chat', undefined), 'openai-chat')
  t.equal(dialectOfList('openai-chat', '2023-06-01'), 'anthropic-messages')
  t.equal(dialectOfList('http', '2023-06-01'), 'http')
})
