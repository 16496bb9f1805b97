import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds the text of a request with documents, tools and reasoning', async t => {
  const request = {
    system: [{ text: 's' }],
    messages: [
      {
        role: 'user',
        content: [
          { text: 'a' },
          { image: { format: 'png', source: { bytes: 'AA' } } },
          { document: { format: 'txt', name: 'n', source: { text: 'b' } } },
          { toolResult: { toolUseId: 't', content: [{ json: { c: 'd' } }] } },
          { guardContent: { text: { text: 'e' } } }
        ]
      },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'f', signature: 'S' } } },
          { toolUse: { toolUseId: 't', name: 'n', input: { g: 'h' } } }
        ]
      }
    ],
    requestMetadata: { team: 'i' },
    promptVariables: { who: { text: 'j' } }
  }
  t.strictSame(
    placesIn('bedrock-converse', 'request', request).filter(place => !place.endsWith('name')),
    [
      'system[0].text: text system',
      'messages[0].content[0].text: text user',
      'messages[0].content[1].image.source.bytes: opaque user image',
      'messages[0].content[2].document.name: text user',
      'messages[0].content[2].document.source.text: text user',
      'messages[0].content[3].toolResult.content[0].json.c: text tool',
      'messages[0].content[4].guardContent.text.text: text user',
      'messages[1].content[0].reasoningContent.reasoningText.text: text assistant',
      'messages[1].content[0].reasoningContent.reasoningText.signature: opaque assistant signature',
      'messages[1].content[1].toolUse.input.g: text assistant',
      'requestMetadata.team: text',
      'promptVariables.who.text: text'
    ]
  )
})

t.test('finds the text of an answer, and the pieces of a stream', async t => {
  t.strictSame(
    placesIn('bedrock-converse', 'response', { output: { message: { role: 'assistant', content: [{ text: 'a' }] } } }),
    ['output.message.content[0].text: text assistant']
  )
  const at = (delta: unknown) => placesIn('bedrock-converse', 'event', { contentBlockIndex: 0, delta, p: 'abc' })
  t.strictSame(at({ text: 'a' }), ['delta.text: text assistant piece', 'p: opaque assistant padding'])
  t.strictSame(at({ toolUse: { input: '{"' } })[0], 'delta.toolUse.input: json assistant piece')
  t.strictSame(
    at({ reasoningContent: { redactedContent: 'AA' } })[0],
    'delta.reasoningContent.redactedContent: opaque assistant encrypted'
  )
  t.strictSame(placesIn('bedrock-converse', 'response', { message: 'no' }), ['message: text assistant'])
})
