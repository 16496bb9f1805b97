import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

const MESSAGES = [{ role: 'user', content: [{ text: 'a', type: 'text' }] }]

t.test("tells whose model is meant by a member that only its maker's bodies have", async t => {
  const bodies = [
    { anthropic_version: 'bedrock-2023-05-31', system: 's', messages: MESSAGES },
    { schemaVersion: 'messages-v1', system: [{ text: 's' }], messages: [{ role: 'user', content: [{ text: 'a' }] }] },
    { messages: MESSAGES },
    { inputText: 'a', textGenerationConfig: { stopSequences: ['END'] } },
    { prompt: 'a' },
    { texts: ['a'], input_type: 'search_query' },
    { taskType: 'TEXT_IMAGE', textToImageParams: { text: 'a', negativeText: 'b' } }
  ]
  t.strictSame(
    bodies.map(body => placesIn('bedrock-invoke', 'request', body)),
    [
      ['system: text system', 'messages[0].content[0].text: text user'],
      ['system[0].text: text system', 'messages[0].content[0].text: text user'],
      ['messages[0].content[0].text: text user'],
      ['inputText: text user', 'textGenerationConfig.stopSequences[0]: text'],
      ['prompt: text user'],
      ['texts[0]: text user'],
      ['textToImageParams.text: text', 'textToImageParams.negativeText: text']
    ]
  )
})

t.test('finds the text of every answer', async t => {
  const bodies = [
    { type: 'message', content: [{ type: 'text', text: 'a' }], 'amazon-bedrock-guardrailAction': 'NONE' },
    { output: { message: { content: [{ text: 'a' }] } } },
    { results: [{ outputText: 'a' }] },
    { generation: 'a' },
    { outputs: [{ text: 'a' }] },
    { choices: [{ message: { content: 'a' } }] }
  ]
  t.strictSame(
    bodies.map(body => placesIn('bedrock-invoke', 'response', body)),
    [
      ['content[0].text: text assistant'],
      ['output.message.content[0].text: text assistant'],
      ['results[0].outputText: text assistant'],
      ['generation: text assistant'],
      ['outputs[0].text: text assistant'],
      ['choices[0].message.content: text assistant']
    ]
  )
})

t.test('finds the pieces of every stream', async t => {
  const events = [
    { type: 'content_block_delta', delta: { type: 'text_delta', text: 'a' } },
    { contentBlockDelta: { delta: { text: 'a' }, contentBlockIndex: 0 } },
    { outputText: 'a' },
    { generation: 'a' }
  ]
  t.strictSame(
    events.map(event => placesIn('bedrock-invoke', 'event', event)),
    [
      ['delta.text: text assistant piece'],
      ['contentBlockDelta.delta.text: text assistant piece'],
      ['outputText: text assistant piece'],
      ['generation: text assistant piece']
    ]
  )
})
