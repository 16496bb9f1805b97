import t from 'tap'
import { drain, message, outcome, plainHeaders, sameOnBothSides, startSides } from '../support/sdk.ts'

const sides = await startSides(t)

const HELLO = message('Good morning, 世界 🙂')
const WEATHER = {
  name: 'get_weather',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } }
}

t.test('a message is the same, headers included', async t => {
  const result = await sameOnBothSides(t, sides, async ({ anthropic }) => {
    const { data, response, request_id } = await anthropic.messages.create(HELLO).withResponse()
    return { data, request_id, status: response.status, headers: plainHeaders(response.headers) }
  })
  t.match(result, { status: 200, request_id: /^req_/, data: { content: [{ text: /🙂/ }], stop_reason: 'end_turn' } })
})

t.test('a stream is the same, event by event', async t => {
  for (const request of [HELLO, message('demo:tokens=300'), message('demo:reasoning=5')]) {
    const result = await sameOnBothSides(t, sides, ({ anthropic }) =>
      drain(anthropic.messages.create({ ...request, stream: true }))
    )
    t.equal(result.error, undefined)
    t.match(result.items[0], { type: 'message_start' })
    t.match(result.items.at(-1), { type: 'message_stop' })
  }
})

t.test('a stream helper comes to the same end by the same events', async t => {
  const result = await sameOnBothSides(t, sides, async ({ anthropic }) => {
    const stream = anthropic.messages.stream(HELLO)
    const texts: unknown[] = []
    stream.on('text', (delta, snapshot) => texts.push([delta, snapshot]))
    return { message: await stream.finalMessage(), texts }
  })
  t.ok(result.texts.length > 5)
})

t.test('tool use is the same, one and several, whole and streamed', async t => {
  for (const prompt of ['use get_weather', 'demo:tools=3']) {
    const request = { ...message(prompt), tools: [WEATHER] }
    const whole = await sameOnBothSides(t, sides, ({ anthropic }) => anthropic.messages.create(request))
    t.match(whole, { stop_reason: 'tool_use', content: [{ type: 'tool_use', input: { city: 'demo' } }] })
    const streamed = await sameOnBothSides(t, sides, ({ anthropic }) =>
      anthropic.messages.stream(request).finalMessage()
    )
    t.strictSame(streamed.content.length, whole.content.length)
  }
})

t.test('thinking is the same, signature included', async t => {
  const request = { ...HELLO, thinking: { type: 'enabled' as const, budget_tokens: 1024 } }
  const whole = await sameOnBothSides(t, sides, ({ anthropic }) => anthropic.messages.create(request))
  t.match(whole.content[0], { type: 'thinking', signature: String })
  const streamed = await sameOnBothSides(t, sides, ({ anthropic }) => anthropic.messages.stream(request).finalMessage())
  t.match(streamed.content[0], { type: 'thinking', thinking: /^First I count/, signature: String })
})

t.test('usage of the cache is the same', async t => {
  const result = await sameOnBothSides(t, sides, ({ anthropic }) =>
    anthropic.messages.create({
      ...message('demo:cached=3'),
      system: [{ type: 'text', text: 'one two three four five', cache_control: { type: 'ephemeral' } }]
    })
  )
  t.match(result.usage, { cache_read_input_tokens: 3, cache_creation_input_tokens: 2 })
})

t.test('models are the same', async t => {
  const list = await sameOnBothSides(t, sides, async ({ anthropic }) => {
    const names: string[] = []
    for await (const model of anthropic.models.list({ limit: 20 })) names.push(model.display_name)
    return names
  })
  t.equal(list[0], 'Demo Large')
  t.match(await sameOnBothSides(t, sides, ({ anthropic }) => anthropic.models.retrieve('demo-small')), {
    id: 'demo-small'
  })
})

t.test('a wrong request is refused with the same error', async t => {
  for (const [request, type] of [
    [{ ...HELLO, model: 'gone' }, 'not_found_error'],
    [{ ...HELLO, max_tokens: 0 }, 'invalid_request_error']
  ] as const) {
    const result = await sameOnBothSides(t, sides, ({ anthropic }) => outcome(anthropic.messages.create(request)))
    t.match(result, { error: { type } })
  }
})
