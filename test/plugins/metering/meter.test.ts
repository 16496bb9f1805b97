import t from 'tap'
import { EventCutter } from '../../../core/pipeline/sse.ts'
import { Meter } from '../../../plugins/metering/meter.ts'

const streamed = (...events: object[]) => {
  const meter = new Meter('openai-chat', 'events')
  const text = events.map(event => `data: ${JSON.stringify(event)}\n\n`).join('')
  new EventCutter().push(Buffer.from(text), event => meter.event(event))
  return { meter, text }
}
const said = (content: string) => ({ model: 'm-2026', choices: [{ delta: { content } }] })
const usage = { prompt_tokens: 5, completion_tokens: 7 }

t.test('keeps the figures that a stream told, and what it said since', async t => {
  const { meter, text } = streamed(said('Hello'), { ...said(' all'), usage }, said('!'))
  t.match(meter.told, { saidBytes: 1, saidPieces: 1, isError: false })
  t.match(meter.told.reading?.usage, { inputTokens: 5, outputTokens: 7 })
  t.equal(meter.answerBytes, text.length)
  t.equal(meter.model, 'm-2026')
})

t.test('knows nothing of a stream that told nothing, but what it said', async t => {
  const { meter } = streamed(said('Hello'), said(' all'), { choices: [{ delta: {}, finish_reason: 'stop' }] })
  t.match(meter.told, { reading: undefined, saidBytes: 9, saidPieces: 2 })
})

t.test('parses no event of a stream that cannot hold figures, once the model is known', async t => {
  const meter = new Meter('openai-chat', 'events')
  let parsed = 0
  const event = (value: object) => ({
    type: 'message',
    raw: Buffer.alloc(10),
    data: JSON.stringify(value),
    json: () => {
      parsed++
      return value
    },
    with: () => event(value)
  })
  meter.event(event(said('one')))
  t.equal(parsed, 1)
  for (let count = 0; count < 20; count++) meter.event(event(said('more')))
  t.equal(parsed, 1)
  meter.event(event({ choices: [], usage }))
  t.equal(parsed, 2)
})

const whole = (body: string, isClean = true) => {
  const meter = new Meter('openai-chat', 'whole')
  meter.chunk(Buffer.from(body).subarray(0, 9))
  meter.chunk(Buffer.from(body).subarray(9))
  meter.end(isClean)
  return meter
}

t.test('reads a whole answer at its end, and a part of one as what it says', async t => {
  const body = JSON.stringify({ model: 'm-2026', choices: [{ message: { content: 'Hello' } }], usage })
  const meter = whole(body)
  t.match(meter.told.reading, { isFinal: true, usage: { inputTokens: 5, outputTokens: 7 } })
  t.equal(meter.model, 'm-2026')
  t.match(whole(body.slice(0, 60), false).told, { reading: undefined, saidBytes: 5, isError: false })
})

t.test('takes an error with 200 for no answer, whatever it says', async t => {
  const { told } = whole(JSON.stringify({ error: { message: 'a long story', type: 'server_error' }, usage }))
  t.match(told, { isError: true, reading: undefined, saidBytes: 0 })
})

t.test('tells what was paid for besides, in the words of the price book only', async t => {
  const tierOf = (service_tier: unknown) =>
    whole(JSON.stringify({ choices: [{ message: {} }], usage, service_tier })).tier
  t.equal(tierOf('flex'), 'flex')
  t.equal(tierOf('default'), undefined)
  t.equal(tierOf('__proto__'), undefined)
  t.equal(tierOf({ flex: 1 }), undefined)
  t.equal(streamed({ type: 'x', response: { service_tier: 'priority' }, usage }).meter.tier, 'priority')
})
