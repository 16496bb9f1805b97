import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds inputs as a text, as contents and as turns', async t => {
  t.strictSame(placesIn('gemini-interactions', 'request', { input: 'a', system_instruction: 's' }), [
    'input: text user',
    'system_instruction: text system'
  ])
  const input = [
    { role: 'model', content: [{ type: 'text', text: 'a' }] },
    { type: 'image', data: 'AA', mime_type: 'image/png' },
    { type: 'function_result', name: 'f', call_id: 'c', result: 'r' }
  ]
  t.strictSame(placesIn('gemini-interactions', 'request', { input }), [
    'input[0].content[0].text: text assistant',
    'input[1].data: opaque user image',
    'input[2].result: text tool'
  ])
})

t.test('finds the text of the steps of an answer and of their pieces', async t => {
  const step = { type: 'thought', signature: 'S', summary: [{ type: 'text', text: 'a' }] }
  t.strictSame(placesIn('gemini-interactions', 'response', { steps: [step] }), [
    'steps[0].signature: opaque assistant signature',
    'steps[0].summary[0].text: text assistant'
  ])
  const delta = { type: 'thought_summary', content: { type: 'text', text: 'a' } }
  t.strictSame(placesIn('gemini-interactions', 'event', { event_type: 'content.delta', delta }), [
    'delta.content.text: text assistant piece'
  ])
})
