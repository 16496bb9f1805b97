import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds the text of a completion in the middle, of an agent and of a conversation', async t => {
  t.strictSame(placesIn('mistral', 'request', { prompt: 'a', suffix: 'b' }), ['prompt: text user', 'suffix: text'])
  t.strictSame(placesIn('mistral', 'request', { agent_id: 'x', messages: [{ role: 'user', content: 'a' }] }), [
    'messages[0].content: text user'
  ])
  t.strictSame(placesIn('mistral', 'request', { inputs: [{ role: 'user', content: 'a' }], instructions: 'b' }), [
    'inputs[0].content: text user',
    'instructions: text system'
  ])
})

t.test('finds the text of pages that were read', async t => {
  t.strictSame(placesIn('mistral', 'request', { document: { type: 'document_url', document_url: 'data:,' } }), [
    'document.document_url: opaque file'
  ])
  const page = {
    markdown: 'a',
    images: [{ id: 'i', image_base64: 'AA', image_annotation: 'b' }],
    tables: [{ content: 'c' }]
  }
  t.strictSame(placesIn('mistral', 'response', { pages: [page], document_annotation: 'd' }), [
    'pages[0].markdown: text assistant',
    'pages[0].images[0].image_base64: opaque assistant image',
    'pages[0].images[0].image_annotation: text assistant',
    'pages[0].tables[0].content: text assistant',
    'document_annotation: text assistant'
  ])
})

t.test('finds the pieces of a conversation', async t => {
  t.strictSame(placesIn('mistral', 'event', { type: 'message.output.delta', content: 'a' }), [
    'content: text assistant piece'
  ])
  t.strictSame(
    placesIn('mistral', 'event', { content: { type: 'thinking', thinking: [{ type: 'text', text: 'a' }] } }),
    ['content.thinking[0].text: text assistant piece']
  )
})
