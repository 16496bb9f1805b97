import t from 'tap'
import { NEEDS, needsOf } from '../../../plugins/model-router/needs.ts'

const chat = (content: unknown) => ({ messages: [{ role: 'user', content }] })

t.test('finds what each API offers tools in, and nothing in an empty list', async t => {
  for (const body of [{ tools: [{}] }, { functions: [{}] }, { toolConfig: { tools: [] } }]) {
    t.strictSame([...needsOf('openai-chat', body)], ['tools'], JSON.stringify(body))
  }
  for (const body of [{ tools: [] }, { toolConfig: {} }, { tools: null }]) t.equal(needsOf('openai-chat', body).size, 0)
})

t.test('finds pictures, sound and files wherever they stand', async t => {
  const of = (format: Parameters<typeof needsOf>[0], body: unknown) => [...needsOf(format, body)].sort().join(' ')
  t.equal(of('openai-chat', chat([{ type: 'image_url', image_url: { url: 'https://a.example/x.png' } }])), 'images')
  t.equal(of('openai-chat', chat([{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }])), 'audio')
  const source = { type: 'base64', media_type: 'image/png', data: 'AA' }
  t.equal(of('anthropic-messages', chat([{ type: 'tool_result', content: [{ type: 'image', source }] }])), 'images')
  t.equal(of('gemini', { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'AA' } }] }] }), 'images')
  t.equal(
    of('gemini', { contents: [{ parts: [{ fileData: { mimeType: 'application/pdf', fileUri: 'gs://x' } }] }] }),
    'files'
  )
  t.equal(of('anthropic-messages', chat([{ type: 'image', source: { type: 'file', file_id: 'f' } }])), 'images')
  t.equal(of('anthropic-messages', chat([{ type: 'document', source: { type: 'text', data: 'x' } }])), 'files')
  t.equal(
    of('openai-responses', { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }),
    'images'
  )
  t.equal(of('openai-chat', chat('a picture')), '')
  t.equal(of('openai-chat', chat([{ type: 'text', text: 'image' }])), '', 'words are no pictures')
})

t.test('finds the wish for an answer of a given form in each spelling', async t => {
  for (const body of [
    { response_format: { type: 'json_object' } },
    { text: { format: { type: 'json_schema' } } },
    { generationConfig: { responseMimeType: 'application/json' } },
    { generation_config: { response_mime_type: 'application/json' } },
    { output_config: { format: { type: 'json_schema' } } }
  ]) {
    t.ok(needsOf('openai-chat', body).has('json'), JSON.stringify(body))
  }
  t.notOk(needsOf('openai-chat', { response_format: { type: 'text' } }).has('json'))
})

t.test('a body that nobody can look through needs everything, and one that is no object nothing', async t => {
  let deep: unknown = { type: 'text', text: 'x' }
  for (let depth = 0; depth < 500; depth++) deep = { type: 'tool_result', content: [deep] }
  t.strictSame([...needsOf('anthropic-messages', chat([deep]))], [...NEEDS])
  for (const body of [undefined, null, 7, 'text']) t.equal(needsOf('openai-chat', body).size, 0)
})
