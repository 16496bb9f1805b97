import type { ApiPath, Format } from 'tacit-gateway/dialects'
import { testCatalogue } from 'tacit-gateway/testing'
import t from 'tap'
import { doorOf, hasDoor } from '../../../plugins/model-router/doors.ts'

const PATHS: readonly ApiPath[] = [
  { dialect: 'openai-chat', path: '/v4/chat/completions' },
  { dialect: 'anthropic-messages', path: '/anthropic/v1/messages' },
  { dialect: 'gemini', path: '/v9/models/{model}:generateContent' }
]

t.test('a call goes to the door of its API, with what belongs to it alone', async t => {
  const calls: readonly [format: Format, path: string, door: string][] = [
    ['openai-chat', '/v1/chat/completions', '/v4/chat/completions'],
    ['openai-chat', '/team/v1/Chat/Completions?x=1', '/v4/chat/completions?x=1'],
    ['openai-chat', '/v1/chat/completions/chatcmpl-1', '/v4/chat/completions/chatcmpl-1'],
    ['openai-chat', '/openai/deployments/fast/chat/completions?api-version=1', '/v4/chat/completions'],
    ['anthropic-messages', '/v1/messages/count_tokens?beta=true', '/anthropic/v1/messages/count_tokens?beta=true'],
    ['openai-audio', '/v1/audio/speech', '/v4/audio/speech'],
    ['openai-images', '/v1/images/edits', '/v4/images/edits'],
    ['openai-moderations', '/v1/moderations', '/v4/moderations'],
    ['gemini', '/v1beta/models/fast:streamGenerateContent?alt=sse', '/v9/models/m%3A1:streamGenerateContent?alt=sse'],
    ['gemini', '/v1beta/models/fast:countTokens?a=/models/', '/v9/models/m%3A1:countTokens?a=/models/'],
    ['bedrock-converse', '/model/fast/converse', '/model/m%3A1/converse'],
    ['cohere', '/v2/chat', '/v2/chat']
  ]
  for (const [format, path, door] of calls) t.equal(doorOf(PATHS, format, path, 'm:1'), door, path)
})

t.test('without a listed path the client’s own stays, with the model that it names replaced', async t => {
  t.equal(doorOf([], 'openai-chat', '/v1/chat/completions?a', 'm'), '/v1/chat/completions?a')
  t.equal(
    doorOf([], 'openai-chat', '/openai/deployments/fast/chat/completions?v', 'm'),
    '/openai/deployments/m/chat/completions?v'
  )
  t.equal(doorOf([], 'gemini', '/v1beta/models/fast:generateContent', 'm'), '/v1beta/models/m:generateContent')
  const vertex: readonly ApiPath[] = [
    { dialect: 'gemini', path: '/v1/projects/{project}/models/{model}:generateContent' }
  ]
  t.equal(
    doorOf(vertex, 'gemini', '/v1/projects/p/models/fast:generateContent', 'm'),
    '/v1/projects/p/models/m:generateContent'
  )
})

t.test('a provider serves the APIs whose paths it lists, and may serve any where none is listed', async t => {
  t.ok(hasDoor(PATHS, 'openai-chat'))
  t.ok(hasDoor(PATHS, 'openai-audio'), 'beside its chat')
  t.notOk(hasDoor(PATHS, 'openai-embeddings'))
  t.notOk(hasDoor([{ dialect: 'anthropic-messages', path: '/v1/messages' }], 'openai-audio'))
  t.ok(hasDoor(PATHS, 'cohere'), 'an API that no path is ever listed for')
  t.ok(hasDoor([], 'anthropic-messages'))
})

t.test('every provider that comes along with a door for OpenAI’s chat is reached by it', async t => {
  const reached = testCatalogue().catalogue.providers.filter(({ paths }) => {
    const listed = paths.find(({ dialect }) => dialect === 'openai-chat')
    return listed !== undefined && doorOf(paths, 'openai-chat', '/v1/chat/completions', 'm') === listed.path
  })
  t.ok(reached.length >= 20, `${reached.length} providers`)
})
