import t from 'tap'
import { send } from '../support/client.ts'
import { hasCorpus, type Recording, readCorpus } from '../support/corpus.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { cutAtRandom, everyByte, seededRandom } from '../support/random.ts'
import { REWRITER_FILES } from '../support/rewriter.ts'
import { startUpstream, type UpstreamExchange } from '../support/upstream.ts'

/** Streams up to this length are also sent byte by byte. */
const BYTEWISE_BYTES = 1500
const AT_ONCE = 8
const SEED = 20260101

/** Where requests of each kind of route begin. */
const PREFIXES = ['/known', '/http', '/rewritten'] as const

const DIALECTS = [
  'openai-chat',
  'openai-completions',
  'openai-responses',
  'openai-embeddings',
  'anthropic-messages',
  'gemini',
  'http'
]

/** A route for each dialect under `/known` and `/rewritten`, and all of them as `http` under `/http`. */
function routes() {
  const known = DIALECTS.flatMap(dialect =>
    (['known', 'rewritten'] as const).map(kind =>
      routeOf({
        id: `${kind}-${dialect}`,
        match: { path: `/${kind}/${dialect}/*` },
        stripPrefix: `/${kind}/${dialect}`,
        dialect,
        plugins: kind === 'rewritten' ? [{ use: './rewriter.ts' }] : []
      })
    )
  )
  const plain = DIALECTS.map(dialect =>
    routeOf({
      id: `http-${dialect}`,
      match: { path: `/http/${dialect}/*` },
      stripPrefix: `/http/${dialect}`,
      dialect: 'http'
    })
  )
  return [...known, ...plain]
}

t.test(
  'every recorded exchange comes through byte-equal',
  { skip: hasCorpus ? false : 'no recordings here' },
  async t => {
    const recordings = new Map((await readCorpus()).map(recording => [recording.id, recording]))
    t.ok(recordings.size >= 600, `${recordings.size} recordings`)
    const random = seededRandom(SEED)

    async function play(exchange: UpstreamExchange): Promise<void> {
      const recording = recordings.get(String(exchange.headers['x-recording']))
      if (recording === undefined) {
        exchange.answer(500, {}, 'no such recording')
        return
      }
      await exchange.body
      if (!recording.isStream) {
        exchange.answer(recording.status, recording.headers, recording.responseBody)
        return
      }
      exchange.head(recording.status, recording.headers)
      const { responseBody } = recording
      const bytewise = exchange.headers['x-pieces'] === 'bytes'
      const pieces = bytewise
        ? everyByte(responseBody)
        : cutAtRandom(responseBody, 1 + Math.floor(random() * 40), random)
      for (const piece of pieces) await exchange.write(piece)
      exchange.end()
    }

    const upstream = await startUpstream(t, play)
    const gateway = await startTestGateway(
      t,
      { upstreams: [upstreamOf([upstream.url])], routes: routes() },
      { files: REWRITER_FILES }
    )

    /** What went wrong with one recording, in words; nothing when all was well. */
    async function check(recording: Recording, prefix: string, pieces: 'random' | 'bytes'): Promise<string[]> {
      const received = await send({
        url: `${gateway.url}${prefix}/${recording.dialect}${recording.target}`,
        method: recording.method,
        headers: { 'content-type': 'application/json', 'x-recording': recording.id, 'x-pieces': pieces },
        ...(recording.requestBody === undefined ? {} : { body: recording.requestBody })
      })
      const faults: string[] = []
      if (received.status !== recording.status) faults.push(`status ${received.status}`)
      if (!received.complete) faults.push('not complete')
      if (!received.body.equals(recording.responseBody)) faults.push('another body')
      for (const [name, value] of Object.entries(recording.headers)) {
        const lines = typeof value === 'string' ? [value] : value
        if (linesOf(received.rawHeaders, name).join('\n') !== lines.join('\n')) faults.push(`another ${name}`)
      }
      return faults.map(fault => `${prefix} ${recording.id} (${pieces}): ${fault}`)
    }

    const jobs: (() => Promise<string[]>)[] = []
    for (const prefix of PREFIXES) {
      for (const recording of recordings.values()) {
        jobs.push(() => check(recording, prefix, 'random'))
        if (recording.isStream && recording.responseBody.length <= BYTEWISE_BYTES) {
          jobs.push(() => check(recording, prefix, 'bytes'))
        }
      }
    }
    t.strictSame(await inParallel(jobs, AT_ONCE), [])

    t.equal(upstream.requests.length, jobs.length, 'each request arrived once')
    const changed = upstream.requests.filter(({ method, target, headers, body }) => {
      const recording = recordings.get(String(headers['x-recording']))
      if (recording === undefined) return true
      const { requestBody } = recording
      return method !== recording.method || target !== recording.target || !body.equals(requestBody ?? Buffer.alloc(0))
    })
    t.strictSame(
      changed.map(({ method, target }) => `${method} ${target}`),
      [],
      'every request arrived as it was sent'
    )
  }
)

/** Values of a header, line by line. */
function linesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  const lines: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name.toLowerCase()) lines.push(rawHeaders[index + 1] ?? '')
  }
  return lines
}

/** Runs all jobs, some at once, and puts their results together. */
async function inParallel<Result>(jobs: readonly (() => Promise<Result[]>)[], atOnce: number): Promise<Result[]> {
  const results: Result[] = []
  const queue = jobs.values()
  const work = async (): Promise<void> => {
    for (const job of queue) results.push(...(await job()))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}
