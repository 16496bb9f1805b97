import t from 'tap'
import type { Fields } from '../../../examples/demo-upstream/fields.ts'
import { answerResponses, readResponsesRequest } from '../../../examples/demo-upstream/openai-responses.ts'

const ID = 'abcd'.repeat(16)
const TOOLS = [
  { type: 'function', name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }
]

function answer(body: Fields) {
  return answerResponses(readResponsesRequest({ model: 'demo-large', input: 'demo:tokens=2', ...body }), ID)
}

function whole(body: Fields) {
  const reply = answer(body)
  if ('events' in reply) throw new Error('a stream was not asked for')
  return JSON.parse(reply.body)
}

t.test('answers in one piece, and repeats what it was asked', async t => {
  const { output, ...rest } = whole({ instructions: 'be brief', metadata: { a: 'b' } })
  t.strictSame(rest, {
    id: 'resp_abcdabcdabcdabcdabcdabcdabcdabcd',
    object: 'response',
    created_at: 1767225600,
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    model: 'demo-large',
    service_tier: 'default',
    instructions: 'be brief',
    max_output_tokens: null,
    metadata: { a: 'b' },
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: {
      input_tokens: 6,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 2,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 8
    }
  })
  t.match(output, [
    {
      id: /^msg_[0-9a-f]{32}$/,
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', annotations: [], logprobs: [], text: 'This is' }]
    }
  ])
})

t.test('calls tools, and goes on after they have answered', async t => {
  const asked = { tools: TOOLS, tool_choice: { type: 'function', name: 'get_weather' } }
  t.match(whole(asked).output, [
    { type: 'function_call', status: 'completed', name: 'get_weather', arguments: '{"city":"demo"}', call_id: /^call_/ }
  ])
  const input = [
    { role: 'user', content: 'call get_weather' },
    { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call_1', output: 'sunny' }
  ]
  t.match(whole({ tools: TOOLS, input }).output, [{ content: [{ text: 'The tool answered: sunny' }] }])
  t.match(whole({ tools: TOOLS, input: input.slice(0, 1) }).output, [{ type: 'function_call' }])
})

t.test('reasons in an item of its own', async t => {
  const { output, usage } = whole({ reasoning: { effort: 'low' } })
  t.match(output, [{ type: 'reasoning', summary: [{ type: 'summary_text' }] }, { type: 'message' }])
  t.equal(usage.output_tokens_details.reasoning_tokens, 12)
  t.equal(whole({ reasoning: { effort: 'none' } }).output.length, 1)
})

t.test('is incomplete at the limit, and fits a schema', async t => {
  t.match(whole({ max_output_tokens: 1 }), {
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
    output: [{ status: 'incomplete', content: [{ text: 'This' }] }]
  })
  const schema = { type: 'object', properties: { done: { type: 'boolean' } } }
  const text = { format: { type: 'json_schema', name: 'state', schema } }
  t.match(whole({ text }).output, [{ content: [{ text: '{"done":true}' }] }])
})

t.test('takes parts of text, and counts reasoning of earlier turns as nothing', async t => {
  const input = [
    { type: 'reasoning', id: 'rs_1', summary: [] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'good morning' }] }
  ]
  t.equal(whole({ input }).usage.input_tokens, 3 + 3 + 2)
})

t.test('refuses what OpenAI refuses, and names the member', async t => {
  for (const [body, param] of [
    [{ model: undefined }, 'model'],
    [{ input: undefined }, 'input'],
    [{ input: '' }, 'input'],
    [{ input: 5 }, 'input'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [{ input: [{ type: 'function_call_output' }] }, 'input[0].output'],
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [{ max_output_tokens: -1 }, 'max_output_tokens']
  ] as const) {
    t.throws(() => whole(body), { name: 'BadRequest', param }, JSON.stringify(body))
  }
})

t.test('an error inside a stream is an event with the next number', async t => {
  const reply = answer({ stream: true })
  t.match(
    'errorEvent' in reply && reply.errorEvent(4),
    /^event: error\ndata: \{"type":"error".*"sequence_number":4\}\n\n$/
  )
})
