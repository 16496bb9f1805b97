import t from 'tap'
import { chat, drain, outcome, plainHeaders, sameOnBothSides, startSides } from '../support/sdk.ts'

const sides = await startSides(t)

const HELLO = chat('Good morning, 世界 🙂')
const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } }
  }
}

t.test('a completion is the same, headers included', async t => {
  const result = await sameOnBothSides(t, sides, async ({ openai }) => {
    const { data, response, request_id } = await openai.chat.completions.create(HELLO).withResponse()
    return { data, request_id, status: response.status, headers: plainHeaders(response.headers) }
  })
  t.match(result, { status: 200, request_id: /^req_/, data: { choices: [{ message: { content: /世界|🙂/ } }] } })
  t.match(Object.fromEntries(result.headers), { 'content-type': 'application/json', 'x-request-id': result.request_id })
})

t.test('a stream is the same, event by event', async t => {
  const long = chat('demo:tokens=300')
  for (const request of [HELLO, long, { ...HELLO, n: 3 }]) {
    const result = await sameOnBothSides(t, sides, ({ openai }) =>
      drain(openai.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } }))
    )
    t.equal(result.error, undefined)
    t.ok(result.items.length > 10)
    t.match(result.items.at(-1), { choices: [], usage: { total_tokens: Number } })
  }
})

t.test('a stream helper comes to the same end by the same events', async t => {
  const result = await sameOnBothSides(t, sides, async ({ openai }) => {
    const stream = openai.chat.completions.stream(HELLO)
    const events: unknown[] = []
    stream.on('content', (delta, snapshot) => events.push([delta, snapshot]))
    return { completion: await stream.finalChatCompletion(), events }
  })
  t.ok(result.events.length > 5)
})

t.test('tool calls are the same, one and several, whole and streamed', async t => {
  for (const prompt of ['call get_weather', 'demo:tools=3']) {
    const request = { ...chat(prompt), tools: [WEATHER] }
    const whole = await sameOnBothSides(t, sides, ({ openai }) => openai.chat.completions.create(request))
    t.match(whole.choices[0], { finish_reason: 'tool_calls', message: { tool_calls: [{ type: 'function' }] } })
    const streamed = await sameOnBothSides(t, sides, ({ openai }) =>
      openai.chat.completions.stream(request).finalChatCompletion()
    )
    t.strictSame(streamed.choices[0]?.message.tool_calls?.length, whole.choices[0]?.message.tool_calls?.length)
  }
})

t.test('a conversation with tools goes the same way to its end', async t => {
  const result = await sameOnBothSides(t, sides, async ({ openai }) => {
    const calls: unknown[] = []
    const runner = openai.chat.completions.runTools({
      ...chat('call get_weather'),
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Tells the weather.',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
            parse: (text: string): object => JSON.parse(text),
            function: (input: object) => {
              calls.push(input)
              return 'sunny'
            }
          }
        }
      ]
    })
    return { text: await runner.finalContent(), calls, messages: runner.messages }
  })
  t.match(result, { text: 'The tool answered: sunny', calls: [{ city: 'demo' }] })
})

t.test('reasoning is the same, whole and streamed', async t => {
  const request = { ...HELLO, reasoning_effort: 'low' as const }
  const whole = await sameOnBothSides(t, sides, ({ openai }) => openai.chat.completions.create(request))
  t.match(whole, { usage: { completion_tokens_details: { reasoning_tokens: 12 } } })
  const streamed = await sameOnBothSides(t, sides, ({ openai }) =>
    drain(openai.chat.completions.create({ ...request, stream: true }))
  )
  t.match(streamed.items[1], { choices: [{ delta: { reasoning_content: 'First' } }] })
})

t.test('structured output is the same', async t => {
  const result = await sameOnBothSides(t, sides, ({ openai }) =>
    openai.chat.completions.create({
      ...HELLO,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'state', schema: { type: 'object', properties: { done: { type: 'boolean' } } } }
      }
    })
  )
  t.equal(result.choices[0]?.message.content, '{"done":true}')
})

t.test('a request reaches the upstream as the SDK sent it, but for its key', async t => {
  const headers = await sameOnBothSides(t, sides, async ({ openai, nextSeen }) => {
    const next = nextSeen()
    await openai.chat.completions.create(HELLO, {
      query: { 'a b': 'ü/?', list: ['1', '2'] },
      headers: { 'x-Own': 'yes' }
    })
    const { request } = await next
    const own = /^(x-forwarded-|via$|x-tacit-|host$|connection$)/
    const seen = Object.entries(request.headers).filter(([name]) => !own.test(name))
    const rest = seen.map(([name, value]) => `${name}: ${value}`).sort()
    return { target: request.target, method: request.method, rest }
  })
  t.match(headers.rest.join('\n'), /^x-own: yes$/m)
  t.match(headers.rest.join('\n'), /^authorization: Bearer demo-upstream-key$/m)
  const { headers: last } = sides.gateway.seen.at(-1)?.request ?? {}
  t.notMatch(JSON.stringify(last), 'tacit-demo-key')
})

t.test('a wrong request is refused with the same error', async t => {
  for (const request of [
    { ...HELLO, model: 'gone' },
    { ...HELLO, messages: [] },
    { ...HELLO, max_tokens: 0 }
  ]) {
    const result = await sameOnBothSides(t, sides, ({ openai }) => outcome(openai.chat.completions.create(request)))
    t.match(result, { error: { class: /^(BadRequest|NotFound)Error$/, param: String } })
  }
})
