import t from 'tap'
import { answerMessages, readMessagesRequest } from '../../../examples/demo-upstream/anthropic-messages.ts'
import type { Fields } from '../../../examples/demo-upstream/fields.ts'

const ID = 'abc'.repeat(20)
const WEATHER = { name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }

function answer(body: Fields) {
  const request = { model: 'demo-large', max_tokens: 2000, messages: [{ role: 'user', content: 'demo:tokens=2' }] }
  return answerMessages(readMessagesRequest({ ...request, ...body }), ID)
}

function whole(body: Fields) {
  const reply = answer(body)
  if ('events' in reply) throw new Error('a stream was not asked for')
  return JSON.parse(reply.body)
}

/** Data of every event of a stream. */
function stream(body: Fields) {
  const reply = answer({ stream: true, ...body })
  if (!('events' in reply)) throw new Error('a stream was asked for')
  return reply.events.map(event => {
    const [, type, data = ''] = /^event: (\S+)\ndata: (.*)\n\n$/.exec(event) ?? []
    const fields = JSON.parse(data)
    t.equal(fields.type, type)
    return fields
  })
}

const NO_CACHE = {
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 }
}

t.test('answers in one piece, with usage', async t => {
  t.strictSame(whole({}), {
    id: 'msg_abcabcabcabcabcabcabcabc',
    type: 'message',
    role: 'assistant',
    model: 'demo-large',
    content: [{ type: 'text', text: 'This is' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    stop_details: null,
    usage: {
      input_tokens: 4,
      ...NO_CACHE,
      output_tokens: 2,
      output_tokens_details: { thinking_tokens: 0 },
      service_tier: 'standard'
    }
  })
})

t.test('streams a token per event', async t => {
  t.match(stream({}), [
    {
      type: 'message_start',
      message: { content: [], stop_reason: null, usage: { input_tokens: 4, output_tokens: 1 } }
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'This' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' is' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { input_tokens: 4, output_tokens: 2 } },
    { type: 'message_stop' }
  ])
})

t.test('thinks in a block of its own, and signs it', async t => {
  const thinking = { type: 'enabled', budget_tokens: 1024 }
  const { content, usage } = whole({ thinking })
  t.match(content, [{ type: 'thinking', thinking: /^First/, signature: /^[A-Za-z0-9+/]{43}=$/ }, { type: 'text' }])
  t.equal(usage.output_tokens_details.thinking_tokens, 12)
  const deltas = stream({ thinking }).filter(event => event.index === 0)
  t.match(deltas[0], { content_block: { type: 'thinking', thinking: '', signature: '' } })
  t.match(deltas.at(-2), { delta: { type: 'signature_delta', signature: content[0].signature } })
  t.equal(whole({ thinking: { type: 'disabled' } }).content.length, 1)
  t.equal(whole({ thinking: { type: 'adaptive' } }).content.length, 2)
})

t.test('uses tools, whole and streamed', async t => {
  const asked = { tools: [WEATHER], tool_choice: { type: 'tool', name: 'get_weather' } }
  t.match(whole(asked), {
    content: [{ type: 'tool_use', id: /^toolu_/, name: 'get_weather', input: { city: 'demo' } }],
    stop_reason: 'tool_use'
  })
  const deltas = stream(asked).filter(event => event.type === 'content_block_delta')
  t.equal(deltas.map(event => event.delta.partial_json).join(''), '{"city":"demo"}')
  t.equal(deltas[0].delta.partial_json, '')
  const messages = [{ role: 'user', content: 'demo:tools=2' }]
  t.equal(whole({ tools: [WEATHER], messages }).content.length, 2)
  const choice = { type: 'auto', disable_parallel_tool_use: true }
  t.equal(whole({ tools: [WEATHER], messages, tool_choice: choice }).content.length, 1)
  t.match(whole({ tools: [WEATHER], messages, tool_choice: { type: 'none' } }).content, [{ type: 'text' }])
  t.match(whole({ tools: [WEATHER], tool_choice: { type: 'any' } }).content, [{ type: 'tool_use' }])
})

t.test('goes on after a tool has answered', async t => {
  const messages = [
    { role: 'user', content: 'use get_weather' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }] },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'sunny' }] }]
    }
  ]
  t.match(whole({ tools: [WEATHER], messages }).content, [{ type: 'text', text: 'The tool answered: sunny' }])
})

t.test('the three figures of the input add up, however much was cached', async t => {
  const marked = (ttl: string) => [
    { type: 'text', text: 'one two three four five', cache_control: { type: 'ephemeral', ttl } },
    { type: 'text', text: 'six' }
  ]
  const ask = (system: unknown, prompt: string) =>
    whole({ system, messages: [{ role: 'user', content: prompt }] }).usage
  t.match(ask(marked('5m'), 'go'), {
    input_tokens: 5,
    cache_creation_input_tokens: 5,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 0 }
  })
  t.match(ask(marked('1h'), 'go'), {
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 5 }
  })
  t.match(ask(marked('5m'), 'demo:cached=3'), {
    input_tokens: 5,
    cache_creation_input_tokens: 2,
    cache_read_input_tokens: 3
  })
})

t.test('is cut at the limit and ends at a stop sequence', async t => {
  t.match(whole({ max_tokens: 1 }), { content: [{ text: 'This' }], stop_reason: 'max_tokens' })
  t.match(whole({ stop_sequences: [' is'] }), { stop_reason: 'stop_sequence', stop_sequence: ' is' })
})

t.test('refuses what Anthropic refuses, and says where', async t => {
  const thinking = { type: 'enabled', budget_tokens: 1024 }
  for (const [body, message] of [
    [{ model: undefined }, /'model'/],
    [{ max_tokens: undefined }, /max_tokens: Field required/],
    [{ messages: [] }, /messages: at least one/],
    [{ messages: [{ role: 'system', content: 'x' }] }, /messages\.0\.role/],
    [{ messages: [{ role: 'user', content: 5 }] }, /messages\.0\.content/],
    [{ messages: [{ role: 'user' }] }, /messages\.0\.content/],
    [{ tool_choice: { type: 'any' } }, /tool_choice: needs tools/],
    [{ tools: [WEATHER], tool_choice: { type: 'tool', name: 'gone' } }, /names no tool/],
    [{ thinking: { type: 'enabled' } }, /budget_tokens: Field required/],
    [{ thinking: { type: 'enabled', budget_tokens: 5 } }, /budget_tokens/],
    [{ thinking: { type: 'sometimes' } }, /thinking\.type/],
    [{ thinking, max_tokens: 1024 }, /greater than thinking\.budget_tokens/]
  ] as const) {
    t.throws(() => whole(body), { name: 'BadRequest', message }, JSON.stringify(body))
  }
})

t.test('an error inside a stream is an error event', async t => {
  const reply = answer({ stream: true })
  t.match(
    'errorEvent' in reply && reply.errorEvent(3),
    /^event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error"/
  )
})
