import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds the text of chat, generate and embed', async t => {
  const request = {
    model: 'm',
    messages: [{ role: 'user', content: 'a', images: ['AA'] }],
    prompt: 'b',
    system: 's',
    input: ['c'],
    format: { properties: { d: { type: 'string' } } },
    options: { stop: ['END'], temperature: 0 }
  }
  t.strictSame(placesIn('ollama', 'request', request), [
    'messages[0].content: text user',
    'messages[0].images[0]: opaque user image',
    'prompt: text user',
    'system: text system',
    'input[0]: text user',
    'format.properties.d: text definition name',
    'options.stop[0]: text'
  ])
})

t.test('finds the text of answers, and their pieces', async t => {
  const message = {
    role: 'assistant',
    content: 'a',
    thinking: 'b',
    tool_calls: [{ function: { name: 'f', arguments: { c: 'd' } } }]
  }
  t.strictSame(placesIn('ollama', 'response', { message, response: 'e' }), [
    'message.content: text assistant',
    'message.thinking: text assistant',
    'message.tool_calls[0].function.arguments.c: text assistant name',
    'message.tool_calls[0].function.arguments.c: text assistant',
    'response: text assistant'
  ])
  t.strictSame(placesIn('ollama', 'event', { message: { content: 'a' } }), ['message.content: text assistant piece'])
  t.strictSame(placesIn('ollama', 'response', { error: 'model "x" not found' }), ['error: text assistant'])
})
