import t from 'tap'
import { drain, outcome, sameOnBothSides, startSides } from '../support/sdk.ts'

const sides = await startSides(t)

const HELLO = { model: 'demo-large', input: 'Good morning, 世界 🙂' } as const
const WEATHER = {
  type: 'function',
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false
} as const

t.test('a response is the same', async t => {
  const result = await sameOnBothSides(t, sides, ({ openai }) => openai.responses.create(HELLO))
  t.match(result, { status: 'completed', output_text: /🙂/ })
})

t.test('a stream of events is the same', async t => {
  for (const input of [HELLO.input, 'demo:tokens=300', 'demo:reasoning=5']) {
    const result = await sameOnBothSides(t, sides, ({ openai }) =>
      drain(openai.responses.create({ ...HELLO, input, stream: true }))
    )
    t.equal(result.error, undefined)
    t.match(result.items.at(-1), { type: 'response.completed', sequence_number: result.items.length - 1 })
  }
})

t.test('a stream helper comes to the same end', async t => {
  const result = await sameOnBothSides(t, sides, ({ openai }) => openai.responses.stream(HELLO).finalResponse())
  t.match(result, { status: 'completed', output_text: /🙂/ })
})

t.test('tool calls and reasoning are the same', async t => {
  for (const [input, type] of [
    ['call get_weather', 'function_call'],
    ['demo:tools=2', 'function_call'],
    ['demo:reasoning=3', 'reasoning']
  ] as const) {
    const request = { ...HELLO, input, tools: [WEATHER] }
    const whole = await sameOnBothSides(t, sides, ({ openai }) => openai.responses.create(request))
    t.equal(whole.output[0]?.type, type)
    const streamed = await sameOnBothSides(t, sides, ({ openai }) => openai.responses.stream(request).finalResponse())
    t.equal(streamed.output.length, whole.output.length)
  }
})

t.test('a wrong request is refused with the same error', async t => {
  const result = await sameOnBothSides(t, sides, ({ openai }) =>
    outcome(openai.responses.create({ ...HELLO, previous_response_id: 'resp_gone' }))
  )
  t.match(result, { error: { class: 'BadRequestError', code: 'previous_response_not_found' } })
})

t.test('embeddings are the same in both formats, small and large', async t => {
  for (const encoding_format of [undefined, 'float', 'base64'] as const) {
    for (const dimensions of [3, 3072]) {
      const result = await sameOnBothSides(t, sides, ({ openai }) =>
        openai.embeddings.create({
          model: 'demo-embedding',
          input: ['good morning', 'good night'],
          dimensions,
          ...(encoding_format === undefined ? {} : { encoding_format })
        })
      )
      t.equal(result.data.length, 2)
    }
  }
})

t.test('a request of many megabytes is answered the same', async t => {
  const input = ['m'.repeat(4_000_000), '🙂'.repeat(1_000_000)]
  const result = await sameOnBothSides(t, sides, ({ openai }) =>
    openai.embeddings.create({ model: 'demo-embedding', input, dimensions: 2 })
  )
  t.equal(result.usage.prompt_tokens, 2)
})

t.test('models are the same, listed and one by one', async t => {
  const list = await sameOnBothSides(t, sides, async ({ openai }) => {
    const ids: string[] = []
    for await (const model of openai.models.list()) ids.push(model.id)
    return ids
  })
  t.strictSame(list, ['demo-large', 'demo-small', 'demo-reasoning', 'demo-embedding'])
  t.match(await sameOnBothSides(t, sides, ({ openai }) => openai.models.retrieve('demo-small')), { id: 'demo-small' })
  const gone = await sameOnBothSides(t, sides, ({ openai }) => outcome(openai.models.retrieve('gone')))
  t.match(gone, { error: { class: 'NotFoundError', code: 'model_not_found' } })
})
