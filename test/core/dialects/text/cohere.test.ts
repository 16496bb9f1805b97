import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds the text of a request of either version', async t => {
  const request = {
    message: 'a',
    preamble: 'p',
    chat_history: [{ role: 'CHATBOT', message: 'b' }],
    documents: ['c', { id: 'd', data: { title: 't' } }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'e' },
          { type: 'image_url', image_url: { url: 'data:,' } }
        ]
      },
      { role: 'tool', content: [{ type: 'document', document: { data: { found: 'f' } } }] }
    ],
    texts: ['g'],
    query: 'h'
  }
  t.strictSame(
    placesIn('cohere', 'request', request).filter(place => !place.endsWith('name')),
    [
      'message: text user',
      'preamble: text system',
      'chat_history[0].message: text assistant',
      'documents[0]: text',
      'documents[1].id: text',
      'documents[1].data.title: text',
      'messages[0].content[0].text: text user',
      'messages[0].content[1].image_url.url: opaque user image',
      'messages[1].content[0].document.data.found: text tool',
      'texts[0]: text user',
      'query: text user'
    ]
  )
})

t.test('finds the text of an answer with its plan and citations', async t => {
  const message = {
    role: 'assistant',
    tool_plan: 'p',
    content: [{ type: 'thinking', thinking: 'h' }],
    citations: [{ text: 'c', sources: [{ type: 'document', id: 'd', document: { t: 'x' } }] }]
  }
  t.strictSame(placesIn('cohere', 'response', { message }), [
    'message.tool_plan: text assistant',
    'message.content[0].thinking: text assistant',
    'message.citations[0].text: text assistant',
    'message.citations[0].sources[0].document.t: text assistant name',
    'message.citations[0].sources[0].document.t: text assistant'
  ])
  t.strictSame(placesIn('cohere', 'response', { message: 'invalid: Ann' }), ['message: text assistant'])
})

t.test('finds the pieces of a stream of either version', async t => {
  const at = (message: unknown) => placesIn('cohere', 'event', { type: 'content-delta', index: 0, delta: { message } })
  t.strictSame(at({ content: { text: 'a' } }), ['delta.message.content.text: text assistant piece'])
  t.strictSame(at({ tool_plan: 'a' }), ['delta.message.tool_plan: text assistant piece'])
  t.strictSame(at({ tool_calls: { function: { arguments: '{"' } } }), [
    'delta.message.tool_calls.function.arguments: json assistant piece'
  ])
  t.strictSame(placesIn('cohere', 'event', { event_type: 'text-generation', text: 'a' }), [
    'text: text assistant piece'
  ])
})

t.test('reads an answer in OpenAI words on the same path', async t => {
  t.strictSame(placesIn('cohere', 'response', { choices: [{ message: { content: 'a' } }] }), [
    'choices[0].message.content: text assistant'
  ])
})
