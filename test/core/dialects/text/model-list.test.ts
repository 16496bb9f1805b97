import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('takes what providers say of their models for words of theirs, and an error for text', async t => {
  t.strictSame(
    placesIn('model-list', 'response', { data: [{ id: 'm', pricing: { prompt: '0.1' }, description: 'A model.' }] }),
    []
  )
  t.strictSame(placesIn('model-list', 'response', { error: { message: 'no' } }), ['error.message: text assistant'])
})
