import t from 'tap'
import { DryConnections } from '../../../core/dry-run/dry-connections.ts'
import { DryGateway, explain } from '../../../core/dry-run/explain.ts'
import type { AssumedAnswer } from '../../../core/dry-run/explanation.ts'
import { ManualClock } from '../../support/clock.ts'
import { loadForDryRun, TWO_UPSTREAMS } from '../../support/dry.ts'

const POST = { method: 'POST', target: '/v1/messages', body: '{}' } as const

/** What becomes of a request when the first peer answers like this. */
async function answered(answer: AssumedAnswer, request: { readonly method: string; readonly target: string } = POST) {
  const loaded = await loadForDryRun(TWO_UPSTREAMS)
  return explain(loaded, request, { at: 0, answers: { eu: answer } })
}

t.test('answers with what is assumed, and with 200 where nothing is', async t => {
  const { response } = await answered({ outcome: 'answers', status: 201, headers: { 'X-One': 'a' }, body: 'hello' })
  t.match(response, { status: 201, bodyBytes: 5 })
  t.equal(new Map(response.headers).get('x-one'), 'a')
  t.match((await answered({ outcome: 'answers' })).response, { status: 200, bodyBytes: 2 })
  t.match((await answered({ outcome: 'answers', status: 204 })).response, { status: 204, bodyBytes: 0 })
})

t.test('answers an error in the dialect of the route', async t => {
  const { response } = await answered({ outcome: 'answers', status: 429 })
  t.match(response, { status: 429, source: 'upstream' })
  t.ok(response.bodyBytes > 50)
})

t.test('streams pass as streams', async t => {
  const body = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
  const { response } = await answered({ outcome: 'answers', headers: { 'content-type': 'text/event-stream' }, body })
  t.match(response, { status: 200, bodyBytes: body.length })
  t.equal(new Map(response.headers).get('content-length'), undefined)
})

t.test('fails in the ways in which a try can fail', async t => {
  for (const outcome of ['connect_failed', 'reset', 'timed_out'] as const) {
    const { attempts } = await answered({ outcome })
    t.equal(attempts[0]?.outcome, outcome)
    t.equal(attempts[0]?.request === undefined, outcome === 'connect_failed')
  }
})

t.test('tells what would be sent, with the host of the peer and the length of a streamed body', async t => {
  const loaded = await loadForDryRun(TWO_UPSTREAMS)
  const large = { ...POST, body: 'x'.repeat(70_000) }
  const { attempts } = await explain(loaded, large, { at: 0 })
  const headers = new Map(attempts[0]?.request?.headers)
  t.strictSame([headers.get('host'), headers.get('content-length')], ['eu.llm.example.com', '70000'])
  t.equal(attempts[0]?.request?.bodyBytes, 70_000)
})

t.test('time that an answer takes passes on the clock of the dry run', async t => {
  const loaded = await loadForDryRun({
    ...TWO_UPSTREAMS,
    upstreams: [{ ...TWO_UPSTREAMS.upstreams[0], balancer: { use: 'least-latency', config: { probeShare: '0%' } } }]
  })
  const slow: AssumedAnswer = { outcome: 'answers', afterMs: 5_000 }
  const dry = await DryGateway.open(loaded, { at: 0, answers: { eu: slow } })
  t.teardown(() => dry.close())
  const peers: (string | undefined)[] = []
  for (let count = 0; count < 4; count++) peers.push((await dry.ask(POST)).attempts[0]?.peer)
  t.strictSame(new Set(peers.slice(2)), new Set(['us']), 'whoever was slow is not asked again')
})

t.test('sends for attempts of the pipeline only', async t => {
  const connections = new DryConnections(new ManualClock(), {}, new WeakMap())
  const sink = { onSent() {}, onInformation() {}, onHead() {}, onData() {}, onEnd() {}, onFailure() {} }
  t.throws(() => connections.send({ method: 'GET', path: '/', headers: [], body: null }, sink), TypeError)
  t.equal(connections.size, 0)
  await connections.close()
})
