/** What real providers answered, through the plugin as the pipeline drives it, in pieces of every size. */
import { TOKEN_USAGE, type TokenUsage } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import { seededRandom } from '../../core/testing/seeded-random.ts'
import metering from '../../plugins/metering/index.ts'
import { hasCorpus, type Recording, readCorpus } from '../support/corpus.ts'
import { recordedFormat } from '../support/recorded-bodies.ts'
import { expectedUsage, usageDifference } from '../support/recorded-usage.ts'

// Hundreds of answers in small pieces, on a machine that may be busy with other things.
t.setTimeout(240_000)

const skip = hasCorpus ? false : 'the recorded exchanges are not on this machine'

/** Paths of calls that recordings name by their call only. */
const PATHS: Readonly<Record<string, string>> = {
  ollama: '/api/chat',
  gemini: '/v1beta/models/some-model:embedContent'
}

t.test('every kind of token of every recorded answer is as its provider told it', { skip }, async t => {
  const random = seededRandom(8)
  const wrong: string[] = []
  let told = 0
  for (const recording of await readCorpus()) {
    const recorded = expectedUsage(recording)
    if (recorded === null || recording.status !== 200 || recording.method === 'GET') continue
    const usage = await measured(recording, () => 1 + Math.floor(random() * random() * 400))
    if (usage === undefined) {
      wrong.push(`${recording.id}: no usage`)
      continue
    }
    told++
    const difference = usageDifference(recorded, { usage, hasInput: true, hasOutput: true })
    // A figure that a provider did not tell is not compared; everything that it did tell is, and then it is `reported`.
    if (difference !== undefined) wrong.push(`${recording.id}: ${difference}`)
  }
  t.ok(told > 400, `${told} answers with usage`)
  t.strictSame(wrong, [])
})

t.test('one byte at a time is read as the whole is', { skip }, async t => {
  const recordings = (await readCorpus()).filter(
    ({ bodyKind, responseBody }) => bodyKind !== 'json' && responseBody.length < 6_000
  )
  const random = seededRandom(3)
  for (const recording of recordings.toSorted(() => random() - 0.5).slice(0, 25)) {
    t.strictSame(await measured(recording, () => 1), await measured(recording, () => 1e9), recording.id)
  }
})

async function measured(recording: Recording, length: () => number): Promise<TokenUsage | undefined> {
  const { method, target, requestBody, headers, responseBody, status, bodyKind } = recording
  const format = recordedFormat(recording)
  const plugin = await drive(metering)
  const path = target === '/' || target === '' ? (PATHS[format] ?? target) : target
  const exchange = plugin.exchange({ method, target: path, body: asJson(requestBody) })
  const pieces: Uint8Array[] = []
  for (let at = 0; at < responseBody.length; ) {
    const end = at + length()
    pieces.push(responseBody.subarray(at, end))
    at = end
  }
  const types: Readonly<Record<string, string>> = {
    sse: 'text/event-stream',
    ndjson: 'application/x-ndjson',
    eventstream: 'application/vnd.amazon.eventstream',
    json: 'application/json',
    other: 'application/json'
  }
  await exchange.run({
    status,
    headers: { ...headers, 'content-type': headers['content-type'] ?? types[bodyKind] ?? 'application/json' },
    body: pieces
  })
  return exchange.exchange.get(TOKEN_USAGE)
}

/** What was sent, or an empty request where that was a form or was not recorded. */
function asJson(body: Buffer | undefined): string {
  const text = body?.toString('utf8') ?? '{}'
  try {
    JSON.parse(text)
    return text
  } catch {
    return '{}'
  }
}
