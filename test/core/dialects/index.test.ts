import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { DIALECTS, type Dialect, factsOf, recogniseDialect } from '../../../core/dialects/index.ts'

/** Exchanges that real clients recorded against real providers, where they stand beside this repository. */
const RECORDINGS = new URL('../../../../shared/data/wire/', import.meta.url)
const skip = existsSync(RECORDINGS) ? false : 'the recorded exchanges are not on this machine'

t.test('has facts of every dialect under its name', async t => {
  for (const dialect of DIALECTS) {
    t.equal(factsOf(dialect).dialect, dialect)
    t.equal(factsOf(dialect), factsOf(dialect))
  }
})

t.test('has facts of whatever it recognises', async t => {
  for (const path of ['/v1/chat/completions', '/v1/messages', '/toString', '/__proto__', '/constructor']) {
    t.equal(typeof factsOf(recogniseDialect(path)).commits, 'function', path)
  }
})

t.test('writes every error as JSON, and every error event as one event that says the same', async t => {
  const error = { status: 503, reason: 'no_peer_chosen', message: 'Line\nbreak "and"\r\n\u2028.', requestId: 'e' }
  for (const dialect of DIALECTS) {
    for (const retryable of [true, false]) {
      const facts = factsOf(dialect)
      const body = facts.errorBody({ ...error, retryable })
      t.match(JSON.stringify(JSON.parse(body)), /no_peer_chosen/i, dialect)
      const [event, ...others] = parseEvents(facts.errorEvent({ ...error, retryable }))
      t.strictSame(others, [], dialect)
      t.match(JSON.parse(event?.data ?? ''), JSON.parse(body), dialect)
    }
  }
})

t.test('commits to every recorded stream at its first content, and nowhere before', { skip }, async t => {
  const counts: Record<string, number> = {}
  for (const { id, dialect, events } of recordedStreams()) {
    const facts = factsOf(dialect)
    counts[dialect] = (counts[dialect] ?? 0) + 1
    const commitAt = events.findIndex(({ type, data }) => facts.commits(type, data))
    const contentAt = events.findIndex(event => saysSomething(dialect, event))
    if (contentAt === -1) t.ok(commitAt === -1 || commitAt >= events.length - 2, `${id}: commits only to its end`)
    else t.equal(commitAt, contentAt, id)
  }
  t.comment(counts)
  for (const dialect of ['openai-chat', 'openai-completions', 'openai-responses', 'anthropic-messages', 'gemini']) {
    t.ok((counts[dialect] ?? 0) > 3, `${dialect} was looked at`)
  }
})

t.test('recognises every recorded request by its path', { skip }, async t => {
  const dialects: Readonly<Record<string, Dialect>> = {
    ...ENDPOINTS,
    embeddings: 'openai-embeddings',
    'messages.count_tokens': 'anthropic-messages',
    generateContent: 'gemini'
  }
  for (const { id, provider, endpoint, files } of recordings()) {
    const headers = JSON.parse(readFileSync(new URL(`corpus/${provider}/${files.headers}`, RECORDINGS), 'utf8'))
    if (headers.request.path === null) continue
    const [path = ''] = headers.request.path.split('?')
    // Messages of OpenAI's threads are no Messages of Anthropic; lists of models are in OpenAI's words by their path.
    const isThread = path.startsWith('/v1/threads/')
    const expected = /\/v1\/models(?:\/|$)/.test(path)
      ? 'openai-chat'
      : isThread
        ? 'http'
        : (dialects[endpoint] ?? 'http')
    t.equal(recogniseDialect(path), expected, `${id}: ${path}`)
    t.equal(recogniseDialect(path), expected, `${id}: ${path}`)
  }
})

/** Those of the recordings that hold an error inside a stream, and its status. */
const ERRORS_IN_RECORDINGS: Readonly<Record<string, number>> = {
  'groq/chat-completions--stream--test-tool-use-failed-error-streaming': 400,
  'groq/chat-completions--stream--test-tool-use-failed-error-streaming-with-text': 400,
  'openrouter/chat-completions--stream--test-openrouter-stream-error': 400
}

t.test('finds the errors inside recorded streams', { skip }, async t => {
  const found: Record<string, number | undefined> = {}
  for (const { id, dialect, events } of recordedStreams()) {
    for (const { type, data } of events) {
      const error = factsOf(dialect).streamError(type, data)
      if (error !== undefined) found[id] = error.status
    }
  }
  t.strictSame(found, ERRORS_IN_RECORDINGS)
})

t.test('finds the errors inside streams that no recording holds', { skip }, async t => {
  const found: unknown[] = []
  for (const line of readFileSync(new URL('synthetic/errors.jsonl', RECORDINGS), 'utf8').split('\n')) {
    if (line === '') continue
    const { id, provider, sse } = JSON.parse(line)
    if (sse === undefined) continue
    const facts = factsOf(provider === 'anthropic' ? 'anthropic-messages' : 'openai-chat')
    const outcomes = parseEvents(sse).map(({ type, data }) => {
      const error = facts.streamError(type, data)
      return error === undefined ? facts.commits(type, data) : error.status
    })
    found.push([id, outcomes])
  }
  t.strictSame(found, [
    ['syn-05', [false, false, true, 529]],
    ['syn-06', [false, false]],
    ['syn-11', [true, 500, true]]
  ])
})

interface Event {
  readonly type: string
  readonly data: string
}

interface RecordedStream {
  readonly id: string
  readonly dialect: Dialect
  readonly events: readonly Event[]
}

const ENDPOINTS: Readonly<Record<string, Dialect>> = {
  'chat.completions': 'openai-chat',
  completions: 'openai-completions',
  responses: 'openai-responses',
  'responses.get': 'openai-responses',
  messages: 'anthropic-messages',
  streamGenerateContent: 'gemini'
}

interface Recording {
  readonly id: string
  readonly provider: string
  readonly endpoint: string
  readonly body_kind: string
  readonly files: { readonly response: string; readonly headers: string }
}

function recordings(): readonly Recording[] {
  return JSON.parse(readFileSync(new URL('corpus/index.dev.json', RECORDINGS), 'utf8')).fixtures
}

function* recordedStreams(): Generator<RecordedStream> {
  for (const { id, provider, endpoint, body_kind, files } of recordings()) {
    const dialect = ENDPOINTS[endpoint]
    if (dialect === undefined || body_kind !== 'sse') continue
    const text = readFileSync(new URL(`corpus/${provider}/${files.response}`, RECORDINGS), 'utf8')
    yield { id, dialect, events: parseEvents(text) }
  }
}

/** A plain reading of WHATWG HTML 9.2.6, apart from the gateway's own; an event that was cut is dropped. */
function parseEvents(text: string): Event[] {
  const events: Event[] = []
  let type = ''
  let data: string[] = []
  const lines = text.split(/\r\n|\n|\r/)
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      if (data.length > 0) events.push({ type: type === '' ? 'message' : type, data: data.join('\n') })
      type = ''
      data = []
    }
    const [, name, value] = /^(event|data)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'event') type = value ?? ''
    if (name === 'data') data.push(value ?? '')
  }
  return events
}

/** Members whose strings are said by nobody: names, ids, figures and settings around the content. */
const FRAME = new Set(
  `id object created created_at createTime model model_version modelVersion responseId response_id role type index
   status system_fingerprint service_tier provider finish_reason native_finish_reason stop_reason stop_sequence usage
   usageMetadata obfuscation p x_groq prompt_filter_results content_filter_results logprobs item_id output_index
   content_index sequence_number summary_index channel phase format search_results citations signature
   seed sla_metrics token_id timings prompt_token_ids prompt_logprobs response`
    .trim()
    .split(/\s+/)
)

/**
 * Whether an event says something, or ends its answer, told in another way than the gateway does: any string at all,
 * however deep, that does not stand in the frame around the content.
 */
function saysSomething(dialect: Dialect, { data }: Event): boolean {
  if (data === '[DONE]' || ENDS[dialect]?.test(data)) return true
  const event = JSON.parse(data)
  // The call of a tool says which, even when nothing but its kind is there yet.
  if (typeof event.item?.type === 'string' && event.item.type.endsWith('_call')) return true
  return hasWords(event, '')
}

const ENDS: Readonly<Record<string, RegExp>> = {
  'openai-chat': /"finish_reason": ?"[a-z]/,
  'openai-completions': /"finish_reason": ?"[a-z]/,
  'openai-responses': /"type": ?"(response\.(completed|incomplete|failed|\w+\.done)|error)"/,
  'anthropic-messages': /"type": ?"message_(delta|stop)"/,
  gemini: /"(finishReason|blockReason)":/
}

function hasWords(value: unknown, name: string): boolean {
  if (FRAME.has(name)) return false
  if (typeof value === 'string') return value !== ''
  if (Array.isArray(value)) return value.some(entry => hasWords(entry, ''))
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([member, inner]) => hasWords(inner, member))
}
