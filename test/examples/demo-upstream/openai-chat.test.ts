import t from 'tap'
import type { Fields } from '../../../examples/demo-upstream/fields.ts'
import { answerChat, readChatRequest } from '../../../examples/demo-upstream/openai-chat.ts'

const ID = 'abc'.repeat(20)
const MESSAGES = [{ role: 'user', content: 'demo:tokens=2' }]
const TOOLS = [
  {
    type: 'function',
    function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }
  }
]

function whole(body: Fields) {
  const reply = answerChat(readChatRequest({ model: 'demo-large', messages: MESSAGES, ...body }), ID)
  if ('events' in reply) throw new Error('a stream was not asked for')
  return JSON.parse(reply.body)
}

/** Data of every event of a stream. */
function stream(body: Fields): readonly unknown[] {
  const reply = answerChat(readChatRequest({ model: 'demo-large', messages: MESSAGES, stream: true, ...body }), ID)
  if (!('events' in reply)) throw new Error('a stream was asked for')
  t.strictSame(reply.headers, { 'content-type': 'text/event-stream; charset=utf-8' })
  return reply.events.map(event => {
    const data = /^data: (.*)\n\n$/.exec(event)?.[1] ?? ''
    return data === '[DONE]' ? data : JSON.parse(data)
  })
}

t.test('answers in one piece, with usage', async t => {
  t.strictSame(whole({}), {
    id: 'chatcmpl-abcabcabcabcabcabcabcabc',
    created: 1767225600,
    model: 'demo-large',
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'This is', refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop'
      }
    ],
    usage: {
      prompt_tokens: 4,
      completion_tokens: 2,
      total_tokens: 6,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0
      }
    },
    service_tier: 'default',
    system_fingerprint: 'fp_demo'
  })
})

t.test('streams a token per event, and usage only when asked', async t => {
  const delta = (delta: Fields, finish: string | null = null) => ({
    id: 'chatcmpl-abcabcabcabcabcabcabcabc',
    created: 1767225600,
    model: 'demo-large',
    object: 'chat.completion.chunk',
    service_tier: 'default',
    system_fingerprint: 'fp_demo',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }]
  })
  const plain = [
    delta({ role: 'assistant', content: '', refusal: null }),
    delta({ content: 'This' }),
    delta({ content: ' is' }),
    delta({}, 'stop')
  ]
  t.strictSame(stream({}), [...plain, '[DONE]'])

  const { usage } = whole({})
  t.strictSame(stream({ stream_options: { include_usage: true } }), [
    ...plain.map(chunk => ({ ...chunk, usage: null })),
    { ...delta({}), choices: [], usage },
    '[DONE]'
  ])
})

t.test('calls tools, whole and streamed', async t => {
  const asked = { tools: TOOLS, tool_choice: { type: 'function', function: { name: 'get_weather' } } }
  const { choices } = whole(asked)
  const id = choices[0].message.tool_calls[0].id
  t.match(id, /^call_[0-9a-f]{24}$/)
  t.strictSame(choices[0], {
    index: 0,
    message: {
      role: 'assistant',
      content: null,
      refusal: null,
      annotations: [],
      tool_calls: [{ id, type: 'function', function: { name: 'get_weather', arguments: '{"city":"demo"}' } }]
    },
    logprobs: null,
    finish_reason: 'tool_calls'
  })
  t.match(stream(asked), [
    { choices: [{ delta: { role: 'assistant', content: null } }] },
    { choices: [{ delta: { tool_calls: [{ index: 0, id, function: { name: 'get_weather', arguments: '' } }] } }] },
    { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] } }] },
    { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '"demo"}' } }] } }] },
    { choices: [{ delta: {}, finish_reason: 'tool_calls' }] },
    '[DONE]'
  ])
})

t.test('goes on after a tool has answered', async t => {
  const messages = [...MESSAGES, { role: 'tool', tool_call_id: 'call_1', content: 'sunny' }]
  t.equal(whole({ tools: TOOLS, messages }).choices[0].message.content, 'The tool')
})

t.test('reasons before it speaks', async t => {
  const messages = [{ role: 'user', content: 'demo:reasoning=2 tokens=1' }]
  const answer = whole({ messages })
  t.match(answer.choices[0].message, { content: 'This', reasoning_content: 'First I' })
  t.equal(answer.usage.completion_tokens_details.reasoning_tokens, 2)
  t.match(stream({ messages }).slice(1, 4), [
    { choices: [{ delta: { reasoning_content: 'First' } }] },
    { choices: [{ delta: { reasoning_content: ' I' } }] },
    { choices: [{ delta: { content: 'This' } }] }
  ])
  t.equal(whole({ reasoning_effort: 'low' }).usage.completion_tokens_details.reasoning_tokens, 12)
  t.equal(whole({ reasoning_effort: 'none' }).usage.completion_tokens_details.reasoning_tokens, 0)
  t.equal(whole({ model: 'demo-reasoning' }).usage.completion_tokens_details.reasoning_tokens, 12)
})

t.test('gives several answers, and their tokens together', async t => {
  const answer = whole({ n: 2 })
  t.strictSame(
    answer.choices.map((choice: { index: number; message: { content: string } }) => [
      choice.index,
      choice.message.content
    ]),
    [
      [0, 'This is'],
      [1, '(2) This']
    ]
  )
  t.equal(answer.usage.completion_tokens, 4)
  t.equal(answer.usage.prompt_tokens, 4)
  t.match(stream({ n: 2 }).slice(0, 4), [
    { choices: [{ index: 0, delta: { role: 'assistant' } }] },
    { choices: [{ index: 1, delta: { role: 'assistant' } }] },
    { choices: [{ index: 0, delta: { content: 'This' } }] },
    { choices: [{ index: 1, delta: { content: '(2)' } }] }
  ])
})

t.test('is cut at the limit, ends at a stop sequence, and fits a schema', async t => {
  t.match(whole({ max_completion_tokens: 1 }).choices[0], { message: { content: 'This' }, finish_reason: 'length' })
  t.match(whole({ stop: ' is' }).choices[0], { message: { content: 'This' }, finish_reason: 'stop' })
  const schema = { type: 'object', properties: { done: { type: 'boolean' } } }
  const format = { type: 'json_schema', json_schema: { name: 'state', schema } }
  t.equal(whole({ response_format: format }).choices[0].message.content, '{"done":true}')
  t.equal(whole({ response_format: { type: 'json_object' } }).choices[0].message.content, '{"answer":"demo"}')
})

t.test('counts parts that are no text', async t => {
  const content = [
    { type: 'text', text: 'what is' },
    { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }
  ]
  t.equal(whole({ messages: [{ role: 'user', content }] }).usage.prompt_tokens, 3 + 2 + 85)
})

t.test('refuses what OpenAI refuses, and names the member', async t => {
  for (const [body, param] of [
    [{ model: undefined }, 'model'],
    [{ model: 'gone' }, 'model'],
    [{ model: 'demo-embedding' }, 'model'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [{ role: 'robot', content: '' }] }, 'messages[0].role'],
    [{ messages: [{ content: '' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [{ n: 0 }, 'n'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ stream: 'yes' }, 'stream'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function.name'],
    [{ tool_choice: 'required' }, 'tool_choice']
  ] as const) {
    t.throws(() => whole(body), { name: 'BadRequest', param }, JSON.stringify(body))
  }
})

t.test('an error inside a stream is an error object', async t => {
  const reply = answerChat(readChatRequest({ model: 'demo-large', messages: MESSAGES, stream: true }), ID)
  t.match(
    'errorEvent' in reply && reply.errorEvent(3),
    /^data: \{"error":\{"message":".*"type":"server_error".*\}\}\n\n$/
  )
})
