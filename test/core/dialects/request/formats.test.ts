import t from 'tap'
import { FORMATS, requestFactsOf } from '../../../../core/dialects/index.ts'

t.test('knows where every format that makes text bounds its output', async t => {
  const unbounded = FORMATS.filter(format => requestFactsOf(format).outputTokens.length === 0)
  t.strictSame(unbounded, [
    'openai-embeddings',
    'openai-images',
    'openai-audio',
    'openai-moderations',
    'openai-files',
    'rerank',
    'model-list'
  ])
})

t.test('always has the same facts of a format', async t => {
  for (const format of FORMATS) t.equal(requestFactsOf(format), requestFactsOf(format))
  t.strictSame(requestFactsOf('http').model, [])
})
