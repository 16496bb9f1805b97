import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds prompts and images, asked for and made', async t => {
  t.strictSame(
    placesIn('openai-images', 'request', { model: 'm', prompt: 'a', image: ['AA'], mask: { url: 'u' }, user: 'Ann' }),
    ['prompt: text user', 'image[0]: opaque image', 'mask.url: opaque image', 'user: text']
  )
  t.strictSame(
    placesIn('openai-images', 'response', { data: [{ b64_json: 'AA', revised_prompt: 'a' }, { url: 'u' }] }),
    [
      'data[0].b64_json: opaque assistant image',
      'data[0].revised_prompt: text assistant',
      'data[1].url: opaque assistant image'
    ]
  )
  t.strictSame(placesIn('openai-images', 'event', { type: 'image_generation.partial_image', b64_json: 'AA' }), [
    'b64_json: opaque assistant image'
  ])
})
