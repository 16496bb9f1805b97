import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds what is to be judged, as text, parts and messages', async t => {
  t.strictSame(placesIn('openai-moderations', 'request', { input: 'a' }), ['input: text user'])
  const input = ['a', { type: 'text', text: 'b' }, { type: 'image_url', image_url: { url: 'u' } }]
  t.strictSame(placesIn('openai-moderations', 'request', { input }), [
    'input[0]: text user',
    'input[1].text: text user',
    'input[2].image_url.url: opaque user image'
  ])
  t.strictSame(placesIn('openai-moderations', 'request', { input: [[{ role: 'assistant', content: 'a' }]] }), [
    'input[0][0].content: text assistant'
  ])
  t.strictSame(placesIn('openai-moderations', 'response', { results: [{ categories: { hate: true } }] }), [])
})
