import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import t from 'tap'
import { send } from '../support/client.ts'
import { type StreamFixture, streamFixtures } from '../support/fixtures.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { REWRITER_FILES } from '../support/rewriter.ts'
import { chat, drain, message } from '../support/sdk.ts'
import { startUpstream } from '../support/upstream.ts'

const fixtures = new Map((await streamFixtures()).map(fixture => [fixture.name, fixture]))
const ANSWER = Buffer.from('{"object":"list","data":["Grüße"]}')

/** Sends the fixture of `x-fixture` up to `x-at`, then breaks off as `x-way` says. Without one: an answer of known length. */
const upstream = await startUpstream(t, async exchange => {
  const { 'x-fixture': name, 'x-at': at, 'x-way': way } = exchange.headers
  await exchange.body
  const fixture = fixtures.get(String(name))
  const bytes = fixture?.bytes ?? ANSWER
  const length = fixture === undefined ? { 'content-length': String(ANSWER.length) } : {}
  exchange.head(200, { 'content-type': fixture?.contentType ?? 'application/json', ...length })
  if (Number(at) > 0) await exchange.write(bytes.subarray(0, Number(at)))
  if (way === 'reset') exchange.reset()
  else exchange.cut()
})

/**
 * Ways through the gateway: as it is; through a plugin that looks at everything; and where another try would be
 * possible, so that nothing is passed on before the first event with content.
 */
const KINDS = ['as-is', 'rewritten', 'peeked'] as const

const dialects = [...new Set([...fixtures.values()].map(fixture => fixture.dialect))]
const gateway = await startTestGateway(
  t,
  {
    upstreams: [
      upstreamOf([upstream.url]),
      { ...upstreamOf([upstream.url]), id: 'retrying', retry: { attempts: 2, on: ['connect_failed', 'rejected'] } }
    ],
    routes: [
      ...dialects.flatMap(dialect =>
        KINDS.map(kind =>
          routeOf({
            id: `${kind}-${dialect}`,
            match: { path: `/${kind}/${dialect}` },
            dialect,
            upstream: kind === 'peeked' ? 'retrying' : 'upstream',
            plugins: kind === 'rewritten' ? [{ use: './rewriter.ts' }] : []
          })
        )
      ),
      routeOf({ id: 'sdk', match: { path: '/v1/*' } })
    ]
  },
  { files: REWRITER_FILES }
)

/** What is wrong with the way in which a cut arrived, in words; undefined when nothing is. */
async function faultOf(fixture: StreamFixture, kind: string, at: number, way: string): Promise<string | undefined> {
  const { status, complete, body } = await send({
    url: `${gateway.url}/${kind}/${fixture.dialect}`,
    headers: { 'x-fixture': fixture.name, 'x-at': String(at), 'x-way': way },
    body: '{}'
  })
  // A CR at the cut may be half of a CRLF, so the event before it is not known to be whole.
  const endsWithCr = fixture.bytes[at - 1] === 0x0d
  if (kind === 'peeked' && (at < fixture.committedAt || (at === fixture.committedAt && endsWithCr))) {
    // Nothing was sent yet, so the client can be told in full.
    return status === 502 && complete && body.includes('upstream') ? undefined : `status ${status} before any content`
  }
  if (fixture.eventEnds.length === 0 && kind === 'rewritten') {
    // It is held until it is whole, because somebody rewrites it as a whole.
    return status === 502 && complete ? undefined : `status ${status} for a body that never was whole`
  }
  if (status !== 200) return `status ${status}`
  if (complete) return 'a clean end'
  if (fixture.eventEnds.length === 0) {
    return fixture.bytes.subarray(0, at).equals(body) ? undefined : 'other bytes than were sent'
  }
  const whole = fixture.eventEnds.findLast(end => end <= at) ?? 0
  const start = [whole, ...(endsWithCr ? [fixture.eventEnds.findLast(end => end < at) ?? 0] : [])].find(length =>
    isErrorEvent(body.subarray(length))
  )
  if (start === undefined) return `no error event at the end: ${body.subarray(whole)}`
  return fixture.bytes.subarray(0, start).equals(body.subarray(0, start)) ? undefined : 'other events than were sent'
}

/** Whether this is one event that tells of the cut, and nothing else. */
function isErrorEvent(bytes: Buffer): boolean {
  const text = bytes.toString('utf8')
  return /^(event: error\n)?data: \{[^\n]*upstream_cut[^\n]*\}\n\n$/i.test(text)
}

for (const fixture of fixtures.values()) {
  for (const [kind, way] of [...KINDS.map(kind => [kind, 'cut'] as const), ['as-is', 'reset'] as const]) {
    t.test(`${fixture.name}, broken off at every offset, never ends well (${kind}, ${way})`, async t => {
      const faults: string[] = []
      for (let at = 0; at <= fixture.bytes.length; at++) {
        const fault = await faultOf(fixture, kind, at, way)
        if (fault !== undefined) faults.push(`${at}: ${fault}`)
      }
      t.strictSame(faults, [])
    })
  }
}

t.test('an answer of known length, broken off at every offset, is refused and never shortened', async t => {
  const seen = new Set<string>()
  for (let at = 0; at < ANSWER.length; at++) {
    const { status, complete, body } = await send({
      url: `${gateway.url}/as-is/openai-chat`,
      headers: { 'x-at': String(at) },
      body: '{}'
    })
    const { error } = JSON.parse(body.toString())
    seen.add(`${status} ${complete} ${error.code}`)
  }
  t.strictSame([...seen], ['502 true upstream_cut'])
})

t.test('the official SDKs raise an error for a stream broken off anywhere before its end', async t => {
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
  const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'any', maxRetries: 0 })
  const clients: Readonly<Record<string, (headers: Record<string, string>) => Promise<{ error?: object }>>> = {
    'openai/chat-stream.txt': headers =>
      drain(openai.chat.completions.create({ ...chat('hello'), stream: true }, { headers })),
    'openai/responses-stream.txt': headers =>
      drain(openai.responses.create({ model: 'm', input: 'hello', stream: true }, { headers })),
    'anthropic/messages-stream-crlf.txt': headers =>
      drain(anthropic.messages.create({ ...message('hello'), stream: true }, { headers }))
  }
  for (const [name, call] of Object.entries(clients)) {
    const fixture = fixtures.get(name)
    if (fixture === undefined) throw new Error('no such fixture')
    const silent: number[] = []
    for (let at = 0; at < fixture.bytes.length; at++) {
      const { error } = await call({ 'x-fixture': name, 'x-at': String(at) })
      if (error === undefined || !('message' in error) || !/upstream/.test(String(error.message))) silent.push(at)
    }
    t.strictSame(silent, [], `${name}: offsets without an error`)
  }
})
