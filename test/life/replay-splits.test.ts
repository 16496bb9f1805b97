import t from 'tap'
import { openResponse, send } from '../support/client.ts'
import { type StreamFixture, streamFixtures } from '../support/fixtures.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { everyByte } from '../support/random.ts'
import { REWRITER_FILES } from '../support/rewriter.ts'
import { startUpstream } from '../support/upstream.ts'

const fixtures = new Map((await streamFixtures()).map(fixture => [fixture.name, fixture]))

/** Sends the fixture of `x-fixture`: split once at `x-at`, or byte by byte where there is none. */
const upstream = await startUpstream(t, async exchange => {
  const fixture = fixtures.get(String(exchange.headers['x-fixture']))
  if (fixture === undefined) throw new Error('no such fixture')
  const { bytes, contentType } = fixture
  const at = exchange.headers['x-at']
  const pieces = at === undefined ? everyByte(bytes) : [bytes.subarray(0, Number(at)), bytes.subarray(Number(at))]
  exchange.head(200, { 'content-type': contentType })
  for (const piece of pieces) await exchange.write(piece)
  exchange.end()
})

const dialects = [...new Set([...fixtures.values()].map(fixture => fixture.dialect))]
const gateway = await startTestGateway(
  t,
  {
    upstreams: [upstreamOf([upstream.url])],
    routes: dialects.flatMap(dialect => [
      routeOf({ id: dialect, match: { path: `/as-is/${dialect}` }, dialect }),
      routeOf({
        id: `${dialect}-rewritten`,
        match: { path: `/rewritten/${dialect}` },
        dialect,
        plugins: [{ use: './rewriter.ts' }]
      })
    ])
  },
  { files: REWRITER_FILES }
)

/** Whether the fixture came through as it is. */
async function arrives(fixture: StreamFixture, kind: string, at: number | undefined): Promise<boolean> {
  const received = await send({
    url: `${gateway.url}/${kind}/${fixture.dialect}`,
    headers: { 'x-fixture': fixture.name, ...(at === undefined ? {} : { 'x-at': String(at) }) },
    body: '{}'
  })
  return received.status === 200 && received.complete && received.body.equals(fixture.bytes)
}

for (const fixture of fixtures.values()) {
  for (const kind of ['as-is', 'rewritten']) {
    t.test(`${fixture.name} arrives byte-equal, split at every offset and byte by byte (${kind})`, async t => {
      const failed: number[] = []
      for (let at = 1; at < fixture.bytes.length; at++) {
        if (!(await arrives(fixture, kind, at))) failed.push(at)
      }
      t.strictSame(failed, [], 'offsets at which it did not')
      t.ok(await arrives(fixture, kind, undefined), 'byte by byte')
    })
  }
}

t.test('a piece leaves before the next one is there', async t => {
  const fixture = fixtures.get('openai/chat-stream.txt')
  if (fixture === undefined) throw new Error('no such fixture')
  const paced = await startUpstream(t)
  const route = routeOf({ dialect: fixture.dialect })
  const { url } = await startTestGateway(t, { upstreams: [upstreamOf([paced.url])], routes: [route] })
  const { promise: whole, resolve } = Promise.withResolvers<void>()
  const pieces: number[] = []
  const opening = openResponse({ url: `${url}/v1/chat/completions`, body: '{}' })
  const exchange = await paced.next()
  exchange.head(200, { 'content-type': fixture.contentType })

  // The first event carries no content; from the second on, each is answered by the arrival of the one before.
  let from = 0
  const ends = fixture.eventEnds.slice(1)
  await exchange.write(fixture.bytes.subarray(from, ends[0]))
  from = ends[0] ?? 0
  const response = await opening
  response.on('data', (piece: Buffer) => {
    pieces.push(piece.length)
    const end = ends[pieces.length]
    if (end === undefined) {
      exchange.end()
      return
    }
    exchange.response.write(fixture.bytes.subarray(from, end))
    from = end
  })
  response.on('close', resolve)
  await whole
  t.equal(response.complete, true)
  t.equal(pieces.length, ends.length, 'one piece for each event')
})
