import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds the text of a request with every kind of part and of message', async t => {
  const request = {
    model: 'gpt-5',
    user: 'ann@example.com',
    metadata: { ticket: '12' },
    stop: ['END'],
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        name: 'Ann',
        content: [
          { type: 'text', text: 'Look.' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
          { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
          { type: 'file', file: { file_data: 'AA', filename: 'ann.pdf' } }
        ]
      },
      {
        role: 'assistant',
        content: null,
        refusal: 'No.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'find', arguments: '{"who":"Ann"}' } },
          { id: 'c2', type: 'custom', custom: { name: 'run', input: 'print 1' } }
        ]
      },
      { role: 'tool', tool_call_id: 'c1', content: 'Found.' }
    ],
    prediction: { type: 'content', content: 'Probably.' },
    tools: [
      {
        type: 'function',
        function: {
          name: 'find',
          description: 'Finds people.',
          parameters: { type: 'object', properties: { who: { type: 'string', description: 'Whom.' } } }
        }
      },
      {
        type: 'custom',
        custom: { name: 'run', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x: "y"' } } }
      }
    ],
    web_search_options: { user_location: { type: 'approximate', approximate: { city: 'Oslo', country: 'NO' } } }
  }
  t.strictSame(placesIn('openai-chat', 'request', request), [
    'user: text',
    'metadata.ticket: text name',
    'metadata.ticket: text',
    'stop[0]: text',
    'messages[0].content: text system',
    'messages[1].name: text user',
    'messages[1].content[0].text: text user',
    'messages[1].content[1].image_url.url: opaque user image',
    'messages[1].content[2].input_audio.data: opaque user audio',
    'messages[1].content[3].file.file_data: opaque user file',
    'messages[1].content[3].file.filename: text user',
    'messages[2].refusal: text assistant',
    'messages[2].tool_calls[0].function.arguments: json assistant',
    'messages[2].tool_calls[1].custom.input: text assistant',
    'messages[3].content: text tool',
    'prediction.content: text assistant',
    'tools[0].function.description: text definition',
    'tools[0].function.parameters.properties.who: text definition name',
    'tools[0].function.parameters.properties.who.description: text definition',
    'tools[1].custom.format.grammar.definition: text definition',
    'web_search_options.user_location.approximate.city: text',
    'web_search_options.user_location.approximate.country: text'
  ])
})

t.test('finds the text of an answer with reasoning, audio, citations and probabilities', async t => {
  const answer = {
    id: 'chatcmpl-1',
    choices: [
      {
        index: 0,
        finish_reason: 'stop',
        message: {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
            { type: 'text', text: 'Hi.' }
          ],
          reasoning_content: 'Hm.',
          reasoning_details: [{ type: 'reasoning.encrypted', data: 'AA' }],
          audio: { id: 'a', data: 'AA', transcript: 'Hi.' },
          annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A' } }]
        },
        logprobs: { content: [{ token: 'Hi', bytes: [72, 105], top_logprobs: [{ token: 'Ho', bytes: null }] }] }
      }
    ]
  }
  t.strictSame(placesIn('openai-chat', 'response', answer), [
    'choices[0].message.content[0].thinking[0].text: text assistant',
    'choices[0].message.content[1].text: text assistant',
    'choices[0].message.reasoning_content: text assistant',
    'choices[0].message.reasoning_details[0].data: opaque assistant encrypted',
    'choices[0].message.audio.data: opaque assistant audio',
    'choices[0].message.audio.transcript: text assistant',
    'choices[0].message.annotations[0].url_citation.url: text assistant link',
    'choices[0].message.annotations[0].url_citation.title: text assistant',
    'choices[0].logprobs.content[0].token: text assistant tokens',
    'choices[0].logprobs.content[0].top_logprobs[0].token: text assistant tokens'
  ])
})

t.test('finds the pieces of a stream', async t => {
  const delta = {
    content: 'H',
    refusal: 'N',
    reasoning: 'R',
    tool_calls: [{ index: 0, function: { arguments: '{"w' } }],
    audio: { transcript: 'T' }
  }
  t.strictSame(placesIn('openai-chat', 'event', { choices: [{ index: 0, delta }], obfuscation: 'xx' }), [
    'choices[0].delta.content: text assistant piece',
    'choices[0].delta.refusal: text assistant piece',
    'choices[0].delta.reasoning: text assistant piece',
    'choices[0].delta.tool_calls[0].function.arguments: json assistant piece',
    'choices[0].delta.audio.transcript: text assistant piece',
    'obfuscation: opaque assistant padding'
  ])
})

t.test('finds what an error quotes', async t => {
  t.strictSame(placesIn('openai-chat', 'response', { error: { message: 'Bad: Ann', type: 'x', param: 'messages' } }), [
    'error.message: text assistant',
    'error.param: text assistant'
  ])
  t.strictSame(placesIn('openai-chat', 'event', { error: { failed_generation: 'Ann' } }), [
    'error.failed_generation: text assistant'
  ])
})

t.test('calls a string unknown that nobody documented', async t => {
  t.strictSame(placesIn('openai-chat', 'request', { brand_new: 'x', messages: [{ role: 'user', also_new: ['y'] }] }), [
    'brand_new: unknown',
    'messages[0].also_new[0]: unknown user'
  ])
})
