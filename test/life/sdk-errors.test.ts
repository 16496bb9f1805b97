import t from 'tap'
import { chat, drain, message, outcome, type Side, sameOnBothSides, startSides } from '../support/sdk.ts'

const sides = await startSides(t)

const STATUSES = [400, 401, 403, 404, 409, 413, 418, 422, 429, 500, 502, 503, 504, 529]

/** A call of each API, whole and streamed, with one prompt. What comes of it is never thrown. */
const CALLS: Readonly<Record<string, (side: Side, prompt: string) => Promise<object>>> = {
  chat: ({ openai }, prompt) => outcome(openai.chat.completions.create(chat(prompt))),
  'chat stream': ({ openai }, prompt) => drain(openai.chat.completions.create({ ...chat(prompt), stream: true })),
  response: ({ openai }, input) => outcome(openai.responses.create({ model: 'demo-large', input })),
  'response stream': ({ openai }, input) =>
    drain(openai.responses.create({ model: 'demo-large', input, stream: true })),
  embeddings: ({ openai }, input) => outcome(openai.embeddings.create({ model: 'demo-embedding', input })),
  message: ({ anthropic }, prompt) => outcome(anthropic.messages.create(message(prompt))),
  'message stream': ({ anthropic }, prompt) => drain(anthropic.messages.create({ ...message(prompt), stream: true }))
}
const STREAMS = Object.entries(CALLS).filter(([name]) => name.endsWith('stream'))

t.test('an error of the upstream is the same error, for every status', async t => {
  for (const [name, call] of Object.entries(CALLS)) {
    for (const status of STATUSES) {
      const result = await sameOnBothSides(t, sides, side => call(side, `demo:error=${status} retry-after=7`))
      t.match(result, { error: { status, class: /Error$/ } }, `${name} ${status}`)
    }
  }
})

t.test('an error that is a page of HTML is the same error', async t => {
  for (const call of Object.values(CALLS)) {
    const result = await sameOnBothSides(t, sides, side => call(side, 'demo:status=502'))
    t.match(result, { error: { status: 502, message: /<h1>502<\/h1>/ } })
  }
})

t.test('an error inside a stream is the same error after the same events, wherever it stands', async t => {
  for (const [name, call] of STREAMS) {
    for (let events = 0; events < 8; events++) {
      const result = await sameOnBothSides(t, sides, side => call(side, `demo:stream-error=${events}`))
      t.match(result, { error: { class: 'APIError', status: undefined } }, `${name} after ${events} events`)
    }
  }
})

t.test('a stream that the upstream cuts never ends well', async t => {
  for (const [name, call] of STREAMS) {
    const whole = await call(sides.direct, 'demo:tokens=5')
    for (let events = 0; events < 8; events++) {
      const cut = await call(sides.gateway, `demo:tokens=5 cut=${events}`)
      t.match(
        cut,
        { error: { class: /^(APIError|InternalServerError)$/, message: /The upstream/ } },
        `${name} ${events}`
      )
      const { items, error } = cut as { items: unknown[]; error: object }
      if ('status' in error && error.status === 502) t.strictSame(items, [], 'refused before the first event')
      else t.equal(items.length, events - ('items' in whole && name.startsWith('message') ? pings(events) : 0))
    }
  }
})

/** Events that the SDK keeps to itself: the ping is the third of a stream. */
function pings(events: number): number {
  return events >= 3 ? 1 : 0
}

t.test('the SDK retries as often, and for the same reasons', async t => {
  for (const [status, requests] of [
    [408, 3],
    [409, 3],
    [429, 3],
    [500, 3],
    [529, 3],
    [400, 1],
    [404, 1]
  ] as const) {
    const prompt = `demo:error=${status} retry-after=20ms`
    const result = await sameOnBothSides(t, sides, async ({ openai, anthropic, seen }) => {
      const before = seen.length
      const one = await outcome(openai.chat.completions.create(chat(prompt), { maxRetries: 2 }))
      const between = seen.length
      const two = await outcome(anthropic.messages.create(message(prompt), { maxRetries: 2 }))
      const counts = seen.slice(before).map(({ request }) => request.headers['x-stainless-retry-count'])
      return { openai: between - before, anthropic: seen.length - between, counts, one, two }
    })
    t.strictSame([result.openai, result.anthropic], [requests, requests], String(status))
  }
})

t.test('a retry of the SDK succeeds', async t => {
  const prompt = 'demo:error=429 retry-after=10ms times=2'
  const result = await sameOnBothSides(t, sides, async ({ openai, anthropic }) => ({
    chat: await openai.chat.completions.create(chat(prompt), { maxRetries: 2 }),
    message: await anthropic.messages.create(message(prompt), { maxRetries: 2 })
  }))
  t.match(result, { chat: { object: 'chat.completion' }, message: { type: 'message' } })
})

t.test('the gateway refuses an unknown key with the error that each SDK expects', async t => {
  const { openai, anthropic, seen } = sides.gateway
  const before = seen.length
  t.match(await outcome(openai.withOptions({ apiKey: 'wrong' }).chat.completions.create(chat('hello'))), {
    error: { class: 'AuthenticationError', status: 401, code: 'unknown_api_key' }
  })
  t.match(await outcome(anthropic.withOptions({ apiKey: 'wrong' }).messages.create(message('hello'))), {
    error: { class: 'AuthenticationError', status: 401, type: 'authentication_error' }
  })
  t.equal(seen.length, before, 'the upstream saw nothing')
})
