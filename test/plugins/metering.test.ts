import { COST, MODEL, SERVED_MODEL, TOKEN_USAGE } from 'tacit-gateway/plugin'
import { type DriveOptions, drive } from 'tacit-gateway/testing'
import t from 'tap'
import metering from '../../plugins/metering/index.ts'
import { ACME } from '../support/catalogue.ts'

const START = Date.UTC(2026, 5, 1)
const driven = (config: Record<string, unknown> = {}, options?: DriveOptions) =>
  drive(metering, config, { parts: ACME, startAt: START, ...options })

const stream = (...events: object[]) => ({
  headers: { 'content-type': 'text/event-stream' },
  body: [...events.map(event => `data: ${JSON.stringify(event)}\n\n`), 'data: [DONE]\n\n']
})
const chunk = (content: string, more: object = {}) => ({ model: 'small', choices: [{ delta: { content } }], ...more })
const usage = { prompt_tokens: 1_000, completion_tokens: 500, prompt_tokens_details: { cached_tokens: 200 } }
const chat = (more: object = {}) =>
  JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'Hi' }], ...more })

t.test('tells the usage and the cost of an answer that came whole', async t => {
  const meter = await driven()
  const exchange = meter.exchange({ provider: 'acme', body: chat() })
  const body = JSON.stringify({ model: 'small', choices: [{ message: { content: 'Hello' } }], usage })
  const { response, request } = await exchange.run({ headers: { 'content-type': 'application/json' }, body })
  t.equal(response.body, body)
  t.equal(request?.body, chat())
  t.strictSame(exchange.exchange.get(TOKEN_USAGE), {
    inputTokens: 800,
    cacheReadTokens: 200,
    cacheWriteTokens: { short: 0, long: 0 },
    outputTokens: 500,
    reasoningTokens: 0,
    audioTokens: { input: 0, output: 0 },
    units: {},
    source: 'reported'
  })
  t.match(exchange.exchange.get(COST), { known: true, amountNano: 2_820_000n, currency: 'USD', model: 'small' })
  t.strictSame(meter.waited, [])
})

t.test('asks for the usage of a stream, and shows the client what it would have seen', async t => {
  const meter = await driven()
  const exchange = meter.exchange({ provider: 'acme', body: chat({ stream: true }) })
  const { request, response } = await exchange.run(
    stream(chunk('Hello', { usage: null }), chunk('', { usage: null }), { choices: [], usage })
  )
  t.match(JSON.parse(request?.body ?? ''), { stream: true, stream_options: { include_usage: true } })
  t.strictSame(response.body.split('\n\n'), [
    `data: ${JSON.stringify(chunk('Hello'))}`,
    `data: ${JSON.stringify(chunk(''))}`,
    'data: [DONE]',
    ''
  ])
  t.match(exchange.exchange.get(TOKEN_USAGE), { inputTokens: 800, outputTokens: 500 })
})

t.test('hides nothing from a client that asked for it, byte for byte', async t => {
  const meter = await driven()
  const body = chat({ stream: true, stream_options: { include_usage: true } })
  const answer = stream(chunk('Hello', { usage: null }), { choices: [], usage })
  const { request, response } = await meter.exchange({ provider: 'acme', body }).run(answer)
  t.equal(request?.body, body)
  t.equal(response.body, answer.body.join(''))
})

t.test('asks nobody where the operator forbids it, and counts what the stream says', async t => {
  const meter = await driven({ askForUsage: false })
  const exchange = meter.exchange({ provider: 'acme', body: chat({ stream: true }) })
  const { request } = await exchange.run(
    stream(chunk('Hello'), chunk(' everybody'), { choices: [{ finish_reason: 'stop' }] })
  )
  t.equal(request?.body, chat({ stream: true }))
  t.match(exchange.exchange.get(TOKEN_USAGE), { outputTokens: 4, source: 'counted' })
})

t.test('counts what was sent and received when the client leaves in the middle', async t => {
  const meter = await driven()
  const exchange = meter.exchange({ provider: 'acme', body: chat({ stream: true }) })
  await exchange.requestFilter()
  await exchange.upstreamRequestFilter()
  exchange.upstreamResult()
  const { body, headers } = stream(chunk('Hello'))
  await exchange.responseFilter({ headers, body: body.slice(0, 1), cut: true })
  exchange.finish({ reason: 'client_gone' })
  t.match(exchange.exchange.get(TOKEN_USAGE), { outputTokens: 2, source: 'counted' })
  t.ok((exchange.exchange.get(TOKEN_USAGE)?.inputTokens ?? 0) > 0)
  t.match(exchange.exchange.get(COST), { known: true })
})

t.test('an error of the provider costs nothing, whatever it says', async t => {
  for (const status of [400, 429, 500, 529]) {
    const meter = await driven()
    const exchange = meter.exchange({ provider: 'acme', body: chat() })
    const body = JSON.stringify({ error: { message: 'Much text about what went wrong.' }, usage })
    const { response } = await exchange.run({ status, headers: { 'content-type': 'application/json' }, body })
    t.equal(response.body, body)
    t.match(exchange.exchange.get(TOKEN_USAGE), { inputTokens: 0, outputTokens: 0 })
    t.match(exchange.exchange.get(COST), { known: true, amountNano: 0n })
  }
})

t.test('an exchange that never left used nothing', async t => {
  const meter = await driven()
  const exchange = meter.exchange()
  exchange.finish({ reason: 'refused', status: 401 })
  t.match(exchange.exchange.get(TOKEN_USAGE), { inputTokens: 0, outputTokens: 0, units: {} })
  t.match(exchange.exchange.get(COST), { amountNano: 0n })
})

t.test('counts the last try alone', async t => {
  const meter = await driven()
  const exchange = meter.exchange({ provider: 'acme', body: chat() })
  await exchange.upstreamRequestFilter()
  exchange.upstreamResult({ outcome: 'reset', status: undefined })
  await exchange.run({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'small', choices: [{ message: { content: 'a' } }], usage })
  })
  t.match(exchange.exchange.get(TOKEN_USAGE), { inputTokens: 800, outputTokens: 500 })
})

t.test('tells that a cost is unknown, and why, and never that it is 0', async t => {
  const costOf = async (provider: string | undefined, model: string) => {
    const exchange = (await driven()).exchange({ ...(provider && { provider }), body: chat({ model }) })
    await exchange.run({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ choices: [{ message: {} }], usage })
    })
    return exchange.exchange.get(COST)
  }
  t.match(await costOf(undefined, 'small'), { known: false, missing: 'provider' })
  t.match(await costOf('acme', 'nobody-knows'), { known: false, missing: 'model' })
  t.match(await costOf('acme', 'small'), { known: true })
})

t.test('adds what other models did on the way, at their price', async t => {
  const exchange = (await driven()).exchange({ provider: 'acme', target: '/v1/messages', body: chat() })
  const iterations = [
    { type: 'message', input_tokens: 10, output_tokens: 5 },
    { type: 'advisor_message', model: 'large', input_tokens: 1_000, output_tokens: 100 }
  ]
  const answer = {
    type: 'message',
    model: 'small',
    content: [],
    usage: { input_tokens: 10, output_tokens: 5, iterations }
  }
  await exchange.run({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) })
  t.match(exchange.exchange.get(TOKEN_USAGE), { inputTokens: 10, outputTokens: 5 })
  t.match(exchange.exchange.get(COST), { known: true, amountNano: 30_000n + 14_000_000n })
})

t.test('counts by rule what has no tokens, and prices it', async t => {
  const config = { model: 'pages', units: [{ unit: 'pages', per: 'answerByte', of: 100 }] }
  const exchange = (await driven(config)).exchange({ provider: 'acme', target: '/convert', body: 'a scan' })
  const { response } = await exchange.run({
    headers: { 'content-type': 'application/pdf' },
    body: ['x'.repeat(150), 'y'.repeat(51)]
  })
  t.equal(response.body.length, 201)
  t.match(exchange.exchange.get(TOKEN_USAGE), { inputTokens: 0, units: { pages: 3 } })
  t.match(exchange.exchange.get(COST), { known: true, amountNano: 31_000_000n })
})

t.test('refuses a request in which parsers could read two models', async t => {
  const exchange = (await driven()).exchange({ provider: 'acme', body: '{"model":"small","model":"large"}' })
  await t.rejects(exchange.upstreamRequestFilter(), /not valid JSON/)
})

t.test('tells which model was asked for and which answered, unless somebody before knows better', async t => {
  const answer = {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'large', choices: [{ message: {} }], usage })
  }
  const exchange = (await driven()).exchange({ provider: 'acme', body: chat() })
  await exchange.run(answer)
  t.equal(exchange.exchange.get(MODEL), 'small')
  t.equal(exchange.exchange.get(SERVED_MODEL), 'large')
  const routed = (await driven()).exchange({ provider: 'acme', body: chat() })
  routed.exchange.set(MODEL, 'what-the-client-said')
  await routed.run(answer)
  t.equal(routed.exchange.get(MODEL), 'what-the-client-said')
})
