import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds the text in the lines of a batch, whatever is asked', async t => {
  const lines = [
    {
      custom_id: '1',
      method: 'POST',
      url: '/v1/chat/completions',
      body: { messages: [{ role: 'user', content: 'a' }] }
    },
    { custom_id: '2', body: { input: 'a', instructions: 'b' } }
  ]
  t.strictSame(
    lines.map(line => placesIn('openai-files', 'event', line)),
    [
      ['custom_id: text assistant', 'body.messages[0].content: text user'],
      ['custom_id: text assistant', 'body.input: text user', 'body.instructions: text system']
    ]
  )
  const answers = [
    { choices: [{ message: { content: 'a' } }] },
    { output: [{ type: 'message', content: [{ text: 'a' }] }] }
  ]
  t.strictSame(
    answers.map(body => placesIn('openai-files', 'event', { response: { body } })),
    [
      ['response.body.choices[0].message.content: text assistant'],
      ['response.body.output[0].content[0].text: text assistant']
    ]
  )
})

t.test('finds names of files, what went wrong, and what stands in threads', async t => {
  t.strictSame(placesIn('openai-files', 'response', { id: 'f', filename: 'ann.pdf', metadata: { a: 'b' } }), [
    'filename: text assistant',
    'metadata.a: text assistant name',
    'metadata.a: text assistant'
  ])
  t.strictSame(placesIn('openai-files', 'response', { errors: { data: [{ code: 'c', message: 'm' }] } }), [
    'errors.data[0].message: text assistant'
  ])
  t.strictSame(
    placesIn('openai-files', 'response', { role: 'user', content: [{ type: 'text', text: { value: 'a' } }] }),
    ['content[0].text.value: text user']
  )
})
