/** Twelve ways in which usage was ever read wrong, each with an answer of its own making and through the whole plugin. */
import { COST, TOKEN_USAGE, type TokenUsage } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import metering from '../../plugins/metering/index.ts'
import { ACME } from '../support/catalogue.ts'

const CHAT = '/v1/chat/completions'

interface Answer {
  readonly target?: string
  readonly type?: string
  readonly body: string | readonly string[]
  readonly request?: object
  readonly provider?: string
  readonly config?: Readonly<Record<string, unknown>>
}

/** What the plugin makes of one answer, and what the client got. */
async function metered({ target = CHAT, type, body, request = {}, provider = 'acme', config = {} }: Answer) {
  const plugin = await drive(metering, config, { parts: ACME, startAt: Date.UTC(2026, 5, 1) })
  const sent = JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'Hi' }], ...request })
  const exchange = plugin.exchange({ target, provider, body: sent })
  const { response } = await exchange.run({ headers: { 'content-type': type ?? 'text/event-stream' }, body })
  const usage = exchange.exchange.get(TOKEN_USAGE)
  if (usage === undefined) throw new Error('no usage was told')
  return { usage, cost: exchange.exchange.get(COST), shown: response.body }
}

/** Input in all, output, reasoning, and whose figures they are. */
function figures({
  inputTokens,
  cacheReadTokens,
  cacheWriteTokens,
  outputTokens,
  reasoningTokens,
  source
}: TokenUsage) {
  const { short, long } = cacheWriteTokens
  return [inputTokens + cacheReadTokens + short + long, outputTokens, reasoningTokens, source]
}

const events = (...values: readonly object[]) => values.map(value => `data: ${JSON.stringify(value)}\n\n`)
const named = (...values: readonly { readonly type: string }[]) =>
  values.map(value => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`)
const word = (content: string) => ({ model: 'small', choices: [{ delta: { content } }] })
const whole = (usage: object, more: object = {}): Answer => ({
  type: 'application/json',
  body: JSON.stringify({
    model: 'small',
    choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }],
    usage,
    ...more
  })
})

t.test('Anthropic’s input is without the cache, and the last figures of a stream replace the first', async t => {
  const { usage } = await metered({
    target: '/v1/messages',
    body: named(
      {
        type: 'message_start',
        message: {
          model: 'small',
          usage: { input_tokens: 5, cache_read_input_tokens: 100, cache_creation_input_tokens: 20, output_tokens: 1 }
        }
      } as { type: string },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hello' } } as { type: string },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { input_tokens: 6, cache_read_input_tokens: 100, cache_creation_input_tokens: 20, output_tokens: 9 }
      } as { type: string },
      { type: 'message_stop' }
    )
  })
  t.strictSame(figures(usage), [126, 9, 0, 'reported'])
  t.match(usage, { inputTokens: 6, cacheReadTokens: 100, cacheWriteTokens: { short: 20, long: 0 } })
})

t.test('another model that advises is paid at its own price, and is no part of the answer’s usage', async t => {
  const iterations = [
    { type: 'message', input_tokens: 10, output_tokens: 5 },
    { type: 'advisor_message', model: 'large', input_tokens: 1_000, output_tokens: 0 }
  ]
  const body = {
    type: 'message',
    model: 'small',
    content: [],
    usage: { input_tokens: 10, output_tokens: 5, iterations }
  }
  const { usage, cost } = await metered({
    target: '/v1/messages',
    type: 'application/json',
    body: JSON.stringify(body)
  })
  t.strictSame(figures(usage), [10, 5, 0, 'reported'])
  t.match(cost, { known: true, amountNano: 30_000n + 10_000_000n })
})

t.test('reasoning that stands beside the output is added, and reasoning within it is not', async t => {
  const beside = {
    prompt_tokens: 12,
    completion_tokens: 1,
    total_tokens: 241,
    completion_tokens_details: { reasoning_tokens: 228 }
  }
  t.strictSame(figures((await metered(whole(beside))).usage), [12, 229, 228, 'reported'])
  const within = {
    prompt_tokens: 12,
    completion_tokens: 229,
    total_tokens: 241,
    completion_tokens_details: { reasoning_tokens: 228 }
  }
  t.strictSame(figures((await metered(whole(within))).usage), [12, 229, 228, 'reported'])
})

t.test('thoughts that show in nothing but the total are output', async t => {
  const { usage } = await metered(whole({ prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 }))
  t.strictSame(figures(usage), [35, 74, 62, 'reported'])
})

t.test('Gemini’s thoughts and tools are added, and figures that every chunk repeats are not', async t => {
  const chunk = (candidates: number, finishReason?: string) => ({
    modelVersion: 'small',
    candidates: [{ content: { parts: [{ text: 'word' }] }, ...(finishReason && { finishReason }) }],
    usageMetadata: {
      promptTokenCount: 10,
      toolUsePromptTokenCount: 4,
      candidatesTokenCount: candidates,
      thoughtsTokenCount: 30,
      totalTokenCount: 44 + candidates
    }
  })
  const { usage } = await metered({
    target: '/v1beta/models/small:streamGenerateContent?alt=sse',
    body: events(chunk(1), chunk(2), chunk(3, 'STOP'))
  })
  t.strictSame(figures(usage), [14, 33, 30, 'reported'])
})

t.test('sound that stands beside the prompt is input', async t => {
  const usage = {
    prompt_tokens: 3,
    prompt_audio_seconds: null,
    audio_tokens: 375,
    completion_tokens: 11,
    total_tokens: 389
  }
  const read = (await metered(whole({ ...usage, prompt_tokens_details: { audio_tokens: 375 } }))).usage
  t.strictSame([figures(read)[0], read.outputTokens, read.audioTokens.input], [378, 11, 375])
})

t.test('what Cohere counted is the usage, and what it bills stands beside it', async t => {
  const usage = {
    billed_units: { input_tokens: 62, output_tokens: 28 },
    tokens: { input_tokens: 968, output_tokens: 83 }
  }
  const body = JSON.stringify({ id: 'x', message: { content: [] }, finish_reason: 'COMPLETE', usage })
  const read = (await metered({ target: '/v2/chat', type: 'application/json', body })).usage
  t.strictSame(figures(read), [968, 83, 0, 'reported'])
})

t.test('figures in every chunk are the last ones, also where they stand under other names', async t => {
  const chunk = (completion_tokens: number, finish_reason: string | null = null) => ({
    ...word('x'),
    choices: [{ delta: { content: 'x' }, finish_reason }],
    usage: { prompt_tokens: 7, completion_tokens }
  })
  t.strictSame(figures((await metered({ body: events(chunk(1), chunk(2), chunk(3, 'stop')) })).usage), [
    7,
    3,
    0,
    'reported'
  ])
  const groq = {
    ...word(''),
    choices: [{ delta: {}, finish_reason: 'stop' }],
    x_groq: { usage: { prompt_tokens: 7, completion_tokens: 3 } }
  }
  t.strictSame(figures((await metered({ body: events(word('x'), groq) })).usage), [7, 3, 0, 'reported'])
  const cached = (await metered(whole({ prompt_tokens: 7, completion_tokens: 3, cached_tokens: 5 }))).usage
  t.match(cached, { inputTokens: 2, cacheReadTokens: 5, outputTokens: 3 })
  const hit = (await metered(whole({ prompt_tokens: 7, completion_tokens: 3, prompt_cache_hit_tokens: 4 }))).usage
  t.match(hit, { inputTokens: 3, cacheReadTokens: 4 })
})

t.test('usage is not always last, and is asked for where a client did not', async t => {
  const end = { choices: [{ delta: {}, finish_reason: 'stop' }] }
  const { usage, shown } = await metered({
    request: { stream: true },
    body: [
      ...events(
        word('Hi'),
        end,
        { choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } },
        { choices: [], moderation: {} }
      ),
      'data: [DONE]\n\n'
    ]
  })
  t.strictSame(figures(usage), [7, 3, 0, 'reported'])
  t.notMatch(shown, /prompt_tokens/)
  t.match(shown, /moderation/)
})

t.test('a stream is over without [DONE]', async t => {
  const { usage } = await metered({
    target: '/v1/responses',
    body: named(
      { type: 'response.output_text.delta', delta: 'Hello' } as { type: string },
      {
        type: 'response.completed',
        response: { model: 'small', usage: { input_tokens: 7, output_tokens: 3, total_tokens: 10 } }
      } as { type: string }
    )
  })
  t.strictSame(figures(usage), [7, 3, 0, 'reported'])
})

t.test('carriage returns, comments, arrays and errors in a stream are read as what they are', async t => {
  const usage = { prompt_tokens: 7, completion_tokens: 3 }
  const last = { choices: [{ delta: {}, finish_reason: 'stop' }], usage }
  const lines = `: OPENROUTER PROCESSING\r\n\r\ndata: ${JSON.stringify(word('Hi'))}\r\n\r\ndata: ${JSON.stringify(last)}\r\n\r\n`
  t.strictSame(figures((await metered({ body: lines })).usage), [7, 3, 0, 'reported'])

  const gemini = { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 }
  const entry = { candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }], usageMetadata: gemini }
  const array = await metered({
    target: '/v1beta/models/small:streamGenerateContent',
    type: 'application/json; charset=UTF-8',
    body: [...JSON.stringify([{ candidates: [] }, entry], undefined, 1)]
  })
  t.strictSame(figures(array.usage), [7, 3, 0, 'reported'])

  const failure = { error: { message: 'a very long explanation of what went wrong', usage } }
  const failed = await metered({ type: 'application/json', body: JSON.stringify(failure) })
  t.strictSame(figures(failed.usage), [0, 0, 0, 'counted'])
  t.match(failed.cost, { known: true, amountNano: 0n })
})

t.test('an explicit 0 is a value, and is not counted over', async t => {
  const { usage } = await metered(whole({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }))
  t.strictSame(figures(usage), [0, 0, 0, 'reported'])
  const streamed = await metered({
    body: events(word('Hello there'), {
      choices: [{ delta: {}, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 0 }
    })
  })
  t.strictSame(figures(streamed.usage), [7, 0, 0, 'reported'])
})
