import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds inputs as texts, as tokens and as parts with images', async t => {
  t.strictSame(placesIn('openai-embeddings', 'request', { input: 'a', user: 'Ann' }), [
    'input: text user',
    'user: text'
  ])
  t.strictSame(placesIn('openai-embeddings', 'request', { input: ['a'] }), ['input[0]: text user'])
  t.strictSame(placesIn('openai-embeddings', 'request', { input: [[7]] }), ['input[0][0]: opaque user tokens'])
  const parts = [
    {
      content: [
        { type: 'text', text: 'a' },
        { type: 'image_base64', image_base64: 'AA' }
      ]
    }
  ]
  t.strictSame(placesIn('openai-embeddings', 'request', { inputs: parts }), [
    'inputs[0].content[0].text: text user',
    'inputs[0].content[1].image_base64: opaque user image'
  ])
})

t.test('takes packed vectors for vectors, and says nothing of plain ones', async t => {
  t.strictSame(
    placesIn('openai-embeddings', 'response', { data: [{ embedding: 'AAAA' }, { embedding: [0.1, 0.2] }] }),
    ['data[0].embedding: opaque assistant vector']
  )
})
