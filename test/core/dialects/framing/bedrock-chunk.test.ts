import t from 'tap'
import { unwrapBedrockChunk } from '../../../../core/dialects/framing/bedrock-chunk.ts'

t.test('takes out the event inside a chunk, and nothing where there is none', async t => {
  const bytes = Buffer.from('{"type":"ping","ä":1}').toString('base64')
  t.equal(unwrapBedrockChunk(JSON.stringify({ bytes, p: 'abc' })), '{"type":"ping","ä":1}')
  for (const body of ['{"message":"no"}', '{"bytes":7}', '[]', '', '{'])
    t.equal(unwrapBedrockChunk(body), undefined, body)
})
