import type { AccessFacts, Attempt } from 'tacit-gateway/plugin'
import { definePlugin, Type } from 'tacit-gateway/plugin'
import { drive, type RequestInit } from 'tacit-gateway/testing'
import t from 'tap'
import { catalogueOf, spansOf, type Trace } from '../../../plugins/opentelemetry/spans.ts'

const idle = definePlugin({
  contract: 1,
  name: 'idle',
  summary: 'Does nothing.',
  config: Type.Object({}),
  data: { reads: [] },
  setup: () => ({})
})

const PEER = {
  id: 'eu',
  origin: new URL('https://eu.llm.example.com'),
  weight: 1,
  priority: 0,
  labels: {},
  inFlight: 0
}
const FAILED: Attempt = {
  upstream: 'chat',
  peer: PEER,
  number: 1,
  outcome: 'connect_failed',
  status: undefined,
  headersMs: undefined,
  firstEventMs: undefined,
  endedMs: undefined,
  retryAfterMs: undefined
}
const COMMITTED: Attempt = { ...FAILED, number: 2, outcome: 'committed', status: 200, headersMs: 20, firstEventMs: 250 }
const FACTS: AccessFacts = {
  end: { reason: 'complete', status: 200, durationMs: 900 },
  method: 'POST',
  source: 'upstream',
  reason: undefined,
  firstByteMs: 300,
  overheadMs: 1.5,
  requestBytes: 10,
  responseBytes: 20,
  attempts: [FAILED, COMMITTED],
  error: undefined
}
const USAGE = {
  inputTokens: 10,
  cacheReadTokens: 5,
  cacheWriteTokens: { short: 2, long: 1 },
  outputTokens: 7,
  reasoningTokens: 3,
  audioTokens: { input: 0, output: 0 },
  units: {},
  source: 'reported'
} as const

const context = (spanId: string) => ({ traceId: 't', spanId, isSampled: true })

async function spans(facts: Partial<AccessFacts> = {}, request: RequestInit = {}) {
  const { exchange } = (await drive(idle)).exchange({ route: 'chat', ...request })
  const trace: Trace = {
    context: context('server'),
    parentSpanId: 'client',
    state: undefined,
    startedMs: 1000,
    tries: [
      { context: context('first'), startedMs: 1010, endedMs: 1110, attempt: FAILED },
      { context: context('second'), startedMs: 1120, endedMs: 1370, attempt: COMMITTED }
    ]
  }
  const model = { model: 'some-model', usage: USAGE }
  return { at: exchange.receivedAt, found: spansOf(exchange, trace, { ...FACTS, ...facts }, model) }
}

t.test('an exchange is a span of the server, and each try one of a client below it', async t => {
  const { at, found } = await spans()
  t.strictSame(
    found.map(({ kind, name, spanId, parentSpanId, startedAt, endedAt, isError }) => [
      kind,
      name,
      spanId,
      parentSpanId,
      startedAt - at,
      endedAt - at,
      isError
    ]),
    [
      ['server', 'POST chat', 'server', 'client', 0, 900, false],
      ['client', 'chat some-model', 'first', 'server', 10, 110, true],
      ['client', 'chat some-model', 'second', 'server', 120, 900, false]
    ]
  )
})

t.test('names are those of the conventions, and tokens are counted once', async t => {
  const [server, first, second] = (await spans()).found
  t.match(server?.attributes, {
    'http.request.method': 'POST',
    'http.route': 'chat',
    'http.response.status_code': 200,
    'error.type': undefined,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'some-model',
    'gen_ai.usage.input_tokens': 18,
    'gen_ai.usage.output_tokens': 7,
    'gen_ai.usage.cache_read.input_tokens': 5,
    'gen_ai.usage.cache_creation.input_tokens': 3,
    'gen_ai.usage.reasoning.output_tokens': 3
  })
  t.match(first?.attributes, { 'error.type': 'connect_failed', 'tacit.peer': 'eu', 'server.port': 443 })
  t.notOk(Object.keys(first?.attributes ?? {}).some(name => name.startsWith('gen_ai.usage.')))
  t.match(second?.attributes, {
    'http.request.resend_count': 1,
    'server.address': 'eu.llm.example.com',
    'gen_ai.response.time_to_first_chunk': 0.25,
    'gen_ai.usage.input_tokens': 18
  })
})

t.test('an error is what was the fault of the server', async t => {
  const isError = async (facts: Partial<AccessFacts>) => (await spans(facts)).found[0]?.isError
  const end = (reason: AccessFacts['end']['reason'], status: number) => ({ end: { reason, status, durationMs: 1 } })
  t.equal(await isError(end('refused', 429)), false)
  t.equal(await isError(end('client_gone', 200)), false)
  t.equal(await isError(end('no_upstream', 502)), true)
  t.equal(await isError(end('upstream_cut', 200)), true)
  t.match((await spans({ ...end('refused', 429), reason: 'too_many' })).found[0]?.attributes, {
    'error.type': 'too_many'
  })
})

t.test('nothing is said of models where nothing is known of the bodies', async t => {
  const { found } = await spans({}, { dialect: 'http' })
  t.equal(found[1]?.name, 'POST')
  t.notOk(found.some(({ attributes }) => Object.keys(attributes).some(name => name.startsWith('gen_ai.usage'))))
})

t.test('models are looked for where their names come from', async t => {
  t.strictSame((['gemini', 'anthropic-messages', 'openai-chat'] as const).map(catalogueOf), [
    'google',
    'anthropic',
    'openai'
  ])
})
