import t from 'tap'
import { recogniseFormat } from '../../../core/dialects/recognise-format.ts'
import { hasCorpus, readCorpus } from '../../support/corpus.ts'

const PATHS = {
  'openai-chat': [
    '/v1/chat/completions',
    '/models/chat/completions',
    '/files/v1/chat/completions',
    '/v1beta/openai/chat/completions'
  ],
  'openai-completions': ['/v1/completions'],
  'openai-responses': [
    '/v1/responses',
    '/v1/responses/resp_1',
    '/v1/responses/resp_1/input_items',
    '/v1/responses/input_tokens'
  ],
  'openai-embeddings': ['/v1/embeddings'],
  'openai-images': ['/v1/images/generations', '/v1/images/edits', '/v1/images/variations', '/api/v1/image/generate'],
  'openai-audio': ['/v1/audio/speech', '/v2/audio/transcriptions', '/v1/audio/translations'],
  'openai-moderations': ['/v1/moderations', '/v1/chat/moderations'],
  'openai-files': [
    '/v1/files',
    '/v1/files/file-1/content',
    '/v1/batches',
    '/v1/batches/b/cancel',
    '/v1/threads/t/messages',
    '/v1/vector_stores/v/search'
  ],
  'anthropic-messages': [
    '/v1/messages',
    '/v1/messages/count_tokens',
    '/v1/messages/batches',
    '/v1/messages/batches/b/results',
    '/v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict'
  ],
  gemini: [
    '/v1beta/models/gemini:generateContent',
    '/v1beta/models/gemini:countTokens',
    '/v1beta/models/gemini:batchEmbedContents',
    '/v1beta/cachedContents',
    '/v1beta/cachedContents/c'
  ],
  'gemini-interactions': ['/v1beta/interactions', '/v1beta/interactions/i'],
  mistral: ['/v1/fim/completions', '/v1/agents/completions', '/v1/ocr', '/v1/conversations', '/v1/conversations/c'],
  cohere: ['/v2/chat', '/v1/chat', '/v2/embed', '/v1/classify', '/v2/rerank'],
  ollama: ['/api/chat', '/api/generate', '/api/embed', '/api/embeddings'],
  'bedrock-converse': [
    '/model/anthropic.claude-v2%3A1/converse',
    '/model/a:0/converse-stream',
    '/model/a/count-tokens'
  ],
  'bedrock-invoke': ['/model/a/invoke', '/model/a:0/invoke-with-response-stream'],
  rerank: ['/v1/rerank', '/rerank'],
  'model-list': ['/v1/models', '/v1/models/gpt-5', '/api/tags'],
  http: [
    '/',
    '',
    '/v1/chat/extra',
    '/converse',
    '/invoke',
    '/users/embed',
    '/v1/models/a/permissions',
    '/v1/things:do',
    '//'
  ]
} as const

for (const [format, paths] of Object.entries(PATHS)) {
  t.test(`recognises ${format}`, async t => {
    for (const path of paths) t.equal(recogniseFormat(path), format, path)
  })
}

t.test('sees through case and needless percent-encoding', async t => {
  t.equal(recogniseFormat('/V2/Ch%61t/'), 'cohere')
  t.equal(recogniseFormat('/v1beta/models/gemini%3AcountTokens'), 'gemini')
})

t.test(
  'recognises every recorded call',
  { skip: hasCorpus ? false : 'the recorded exchanges are not on this machine' },
  async t => {
    for (const { id, target } of await readCorpus()) {
      if (target.startsWith('/v1/ollama/') || target === '/v1/embedContent') continue
      t.not(recogniseFormat(target.split('?', 1)[0] ?? ''), 'http', `${id} ${target}`)
    }
  }
)
