import { type Attempt, type Peer, TOKEN_USAGE, type TokenUsage } from 'tacit-gateway/plugin'
import { type DrivenExchange, drive, seededRandom } from 'tacit-gateway/testing'
import t from 'tap'
import leastLatency from '../../plugins/least-latency/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

/** A peer whose latency and health the test decides on. */
class Server implements Peer {
  readonly id: string
  readonly weight: number
  readonly origin = new URL('http://peer.test')
  readonly labels = {}
  readonly priority = 0
  inFlight = 0
  latencyMs: number
  status = 200
  picked = 0

  constructor(id: string, latencyMs: number, weight = 1) {
    this.id = id
    this.latencyMs = latencyMs
    this.weight = weight
  }
}

const balancerWith = (config: Record<string, unknown> = {}) => drive(leastLatency, config, { place: 'balancer' })

/** One balancer in front of servers, on a clock of its own: requests come at random moments, answers when they are due. */
async function simulation(servers: readonly Server[], config: Record<string, unknown> = {}) {
  const balancer = await balancerWith(config)
  const random = seededRandom(7)
  const underWay: {
    readonly dueMs: number
    readonly server: Server
    readonly exchange: DrivenExchange
    readonly attempt: Partial<Attempt>
  }[] = []

  const conclude = (untilMs: number) => {
    for (;;) {
      const [next] = underWay.sort((one, two) => one.dueMs - two.dueMs)
      if (next === undefined || next.dueMs > untilMs) break
      underWay.shift()
      balancer.clock.advance(Math.max(0, next.dueMs - balancer.clock.monotonic()))
      next.server.inFlight--
      next.exchange.upstreamResult(next.attempt)
    }
  }

  /** Lets requests come for `forMs` at `perSecond`. @returns each server's share of them. */
  const run = (forMs: number, perSecond: number): number[] => {
    const startMs = balancer.clock.monotonic()
    for (const server of servers) server.picked = 0
    let nextMs = startMs
    let total = 0
    for (;;) {
      nextMs -= (Math.log(1 - random()) * 1000) / perSecond
      if (nextMs > startMs + forMs) break
      conclude(nextMs)
      balancer.clock.advance(nextMs - balancer.clock.monotonic())
      const exchange = balancer.exchange()
      const chosen = exchange.upstreamPeer(servers)
      const server = servers.find(candidate => candidate === chosen)
      if (server === undefined) throw new Error('no peer was chosen')
      server.inFlight++
      server.picked++
      total++
      // Within a fifth of the server's latency.
      const headersMs = server.latencyMs * (0.8 + 0.4 * random())
      underWay.push({
        dueMs: nextMs + headersMs,
        server,
        exchange,
        attempt: { peer: server, status: server.status, headersMs, firstEventMs: undefined }
      })
    }
    conclude(startMs + forMs)
    balancer.clock.advance(startMs + forMs - balancer.clock.monotonic())
    return servers.map(server => server.picked / total)
  }
  return { run }
}
const percent = (shares: readonly number[]): string => shares.map(share => `${(share * 100).toFixed(1)} %`).join(', ')

for (const perSecond of [1, 20, 200]) {
  t.test(`a peer that is ten times slower gets less than a tenth at ${perSecond} requests a second`, async t => {
    const servers = [new Server('a', 100), new Server('b', 100), new Server('slow', 1000)]
    const { run } = await simulation(servers)
    run(60_000, perSecond)
    const shares = run(300_000, perSecond)
    const [a = 0, b = 0, slow = 1] = shares
    t.ok(slow < 0.1, percent(shares))
    t.ok(slow > 0, 'it is probed')
    t.ok(a > 0.35 && b > 0.35, percent(shares))
  })

  t.test(`a peer that has become fast again is found out at ${perSecond} requests a second`, async t => {
    const slow = new Server('slow', 1000)
    const { run } = await simulation([new Server('a', 100), new Server('b', 100), slow])
    run(120_000, perSecond)
    slow.latencyMs = 100
    run(240_000, perSecond)
    const shares = run(60_000, perSecond)
    t.ok((shares[2] ?? 0) > 0.2, percent(shares))
  })

  t.test(`a peer that fails at once gets no more than its probes at ${perSecond} requests a second`, async t => {
    const broken = new Server('broken', 1)
    broken.status = 500
    const { run } = await simulation([new Server('a', 100), new Server('b', 100), broken])
    run(60_000, perSecond)
    const shares = run(300_000, perSecond)
    t.ok((shares[2] ?? 1) < 0.04, percent(shares))
    broken.status = 200
    broken.latencyMs = 100
    run(400_000, perSecond)
    const later = run(60_000, perSecond)
    t.ok((later[2] ?? 0) > 0.2, `after it recovered: ${percent(later)}`)
  })
}

t.test('a peer that blames every request draws no more than its share', async t => {
  const refusing = new Server('refusing', 1)
  refusing.status = 400
  const { run } = await simulation([new Server('a', 100), new Server('b', 100), refusing])
  run(60_000, 50)
  const shares = run(120_000, 50)
  t.ok((shares[2] ?? 1) < 0.4, percent(shares))
})

t.test('equal peers share by weight, whether they are busy or not', async t => {
  for (const perSecond of [2, 200]) {
    const { run } = await simulation([new Server('a', 100, 3), new Server('b', 100, 1)])
    run(60_000, perSecond)
    const shares = run(600_000 / perSecond ** 0.5, perSecond)
    t.ok(Math.abs((shares[0] ?? 0) - 0.75) < 0.1, `${perSecond} a second: ${percent(shares)}`)
  }
})

t.test('weight 0 gets nothing, not even a probe, while another peer is there', async t => {
  const spare = new Server('spare', 1, 0)
  const { run } = await simulation([new Server('a', 1000), spare], { probeShare: '50%' })
  t.strictSame(run(10_000, 100), [1, 0])
})

t.test('a probe goes to the peer that had its turn longest ago', async t => {
  const balancer = await balancerWith({ probeShare: '100%' })
  const [a, b, c] = [new Server('a', 1), new Server('b', 1), new Server('c', 1)]
  const picked = [
    [a, b, c],
    [a, b, c],
    [a, b, c],
    [a, b, c],
    [a, c],
    [a, b]
  ].map(servers => balancer.exchange().upstreamPeer(servers)?.id)
  t.equal(picked.join(' '), 'a b c a c b')
})

t.test('probes as large a share as it is told to', async t => {
  for (const [probeShare, from, to] of [
    ['0%', 0, 0],
    ['1%', 60, 140],
    ['10%', 800, 1000]
  ] as const) {
    const balancer = await balancerWith({ probeShare })
    const fast = new Server('fast', 10)
    const slow = new Server('slow', 1000)
    for (const server of [fast, slow]) {
      const exchange = balancer.exchange()
      exchange.upstreamPeer([server])
      exchange.upstreamResult({ peer: server, headersMs: server.latencyMs })
    }
    let probes = 0
    for (let count = 0; count < 10_000; count++) {
      if (balancer.exchange().upstreamPeer([fast, slow]) === slow) probes++
    }
    t.ok(probes >= from && probes <= to, `${probeShare}: ${probes} of 10,000`)
  }
})

t.test('a new peer gets one try, and the next when that is answered', async t => {
  const balancer = await balancerWith({ probeShare: '0%' })
  const known = new Server('known', 100)
  const unknown = new Server('unknown', 100)
  const first = balancer.exchange()
  first.upstreamPeer([known])
  first.upstreamResult({ peer: known, headersMs: 100 })

  const tried = balancer.exchange()
  t.equal(tried.upstreamPeer([known, unknown]), unknown)
  unknown.inFlight = 1
  for (let count = 0; count < 20; count++) t.equal(balancer.exchange().upstreamPeer([known, unknown]), known)
  unknown.inFlight = 0
  tried.upstreamResult({ peer: unknown, headersMs: 10 })
  t.equal(balancer.exchange().upstreamPeer([known, unknown]), unknown)
})

/** Which of two peers is preferred after each was tried once, a try at `a` having gone as given. */
async function preferred(attempt: Partial<Attempt>, elapsedMs: number, config: Record<string, unknown> = {}) {
  const balancer = await balancerWith({ probeShare: '0%', ...config })
  const a = new Server('a', 0)
  const b = new Server('b', 0)
  const good = balancer.exchange()
  good.upstreamPeer([b])
  good.upstreamResult({ peer: b, headersMs: 200 })
  const exchange = balancer.exchange()
  exchange.upstreamPeer([a])
  balancer.clock.advance(elapsedMs)
  exchange.upstreamResult({ peer: a, headersMs: undefined, firstEventMs: undefined, ...attempt })
  return balancer.exchange().upstreamPeer([a, b])?.id
}

t.test('prefers the peer whose first event came sooner, or whose head did, as configured', async t => {
  const attempt = { headersMs: 10, firstEventMs: 900 }
  t.equal(await preferred(attempt, 900), 'b')
  t.equal(await preferred(attempt, 900, { measure: 'headers' }), 'a')
  t.equal(await preferred({ headersMs: 10 }, 10), 'a')
})

const used = (outputTokens: number): TokenUsage => ({
  inputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: { short: 0, long: 0 },
  outputTokens,
  reasoningTokens: 0,
  audioTokens: { input: 0, output: 0 },
  units: {},
  source: 'reported'
})

t.test('prefers the peer that takes less time for each token, however long its answers are', async t => {
  const balancer = await balancerWith({ probeShare: '0%', measure: 'output-token' })
  const short = new Server('short', 0)
  const long = new Server('long', 0)
  const answer = (peer: Peer, tokens: number, attempt: Partial<Attempt>) => {
    const exchange = balancer.exchange()
    exchange.upstreamPeer([peer])
    exchange.upstreamResult({ peer, ...attempt })
    exchange.exchange.set(TOKEN_USAGE, used(tokens))
    exchange.finish()
  }
  answer(short, 20, { headersMs: 10, firstEventMs: 100, endedMs: 670 })
  answer(long, 1_001, { headersMs: 10, firstEventMs: 900, endedMs: 20_900 })
  t.equal(balancer.exchange().upstreamPeer([short, long])?.id, 'long', '20 ms for each token against 30')
  answer(long, 3, { headersMs: 10, firstEventMs: 900, endedMs: 60_000 })
  t.equal(balancer.exchange().upstreamPeer([short, long])?.id, 'long', 'three tokens say nothing')
  const failing = balancer.exchange()
  failing.upstreamPeer([long])
  failing.upstreamResult({ peer: long, outcome: 'reset', status: undefined })
  failing.finish()
  t.equal(balancer.exchange().upstreamPeer([short, long])?.id, 'short', 'a failure counts as 5 s for a hundred')
})

t.test('learns the time for a token from what the meter of a route tells', async t => {
  const tokens = { prompt_tokens: 1, completion_tokens: 50, total_tokens: 51 }
  const answer = JSON.stringify({ model: 'm', choices: [{ message: { content: 'x' } }], usage: tokens })
  const json = { 'content-type': 'application/json' }
  const { url } = await startUpstream(t, exchange => exchange.answer(200, json, answer))
  const balancer = { use: 'least-latency', config: { measure: 'output-token' } }
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([url], { balancer })],
    routes: [routeOf({ match: { path: '/v1/*' }, plugins: [{ use: 'metering' }] })]
  })
  const body = '{"model":"m","messages":[]}'
  t.equal((await send({ url: `${gateway.url}/v1/chat/completions`, headers: json, body })).status, 200)
  const { upstreams } = JSON.parse((await send({ url: `${gateway.adminUrl}/v1/upstreams` })).body.toString())
  t.type(upstreams[0].peers[0].balancer.estimateMs, 'number')
})

t.test('never prefers a peer for having failed quickly, in whichever way', async t => {
  for (const outcome of ['connect_failed', 'reset', 'timed_out', 'rejected'] as const) {
    t.equal(await preferred({ outcome, status: undefined }, 1), 'b', outcome)
  }
  for (const status of [401, 404, 429, 500, 503])
    t.equal(await preferred({ status, headersMs: 1 }, 1), 'b', `${status}`)
  t.equal(await preferred({ outcome: 'rejected', status: 200, headersMs: 1 }, 1), 'b', 'error in the stream')
})

t.test('counts the time that a client waited in vain', async t => {
  t.equal(await preferred({ outcome: 'cancelled' }, 30_000), 'b')
})

/** A balancer that knows `slow` to take 300 ms and `fast` to take 100 ms. */
async function experienced() {
  const balancer = await balancerWith({ probeShare: '0%' })
  const slow = new Server('slow', 300)
  const fast = new Server('fast', 100)
  for (const server of [slow, fast]) {
    const exchange = balancer.exchange()
    exchange.upstreamPeer([server])
    exchange.upstreamResult({ peer: server, headersMs: server.latencyMs })
  }
  return { balancer, slow, fast }
}

for (const [what, attempt] of [
  ['a client that left early', { outcome: 'cancelled', status: undefined }],
  ['a refusal of the request', { outcome: 'committed', status: 400, headersMs: 5 }]
] as const) {
  t.test(`does not take ${what} for a quick answer`, async t => {
    const { balancer, slow, fast } = await experienced()
    const exchange = balancer.exchange()
    exchange.upstreamPeer([slow])
    balancer.clock.advance(5)
    exchange.upstreamResult({ peer: slow, headersMs: undefined, ...attempt })
    t.equal(balancer.exchange().upstreamPeer([slow, fast]), fast)
  })

  t.test(`takes ${what} for a failure when nothing else happens at a peer`, async t => {
    const { balancer, slow, fast } = await experienced()
    for (let count = 0; count < 5; count++) {
      const exchange = balancer.exchange()
      exchange.upstreamPeer([fast])
      exchange.upstreamResult({ peer: fast, headersMs: undefined, ...attempt })
    }
    t.equal(balancer.exchange().upstreamPeer([slow, fast]), slow)
  })
}

t.test('waits for as long as a peer asks to be left alone, within bounds', async t => {
  const balancer = await balancerWith({ probeShare: '0%', failurePenalty: '1s' })
  const asks = new Server('asks', 0)
  const fails = new Server('fails', 0)
  for (const [server, retryAfterMs] of [
    [asks, 6000],
    [fails, undefined]
  ] as const) {
    const exchange = balancer.exchange()
    exchange.upstreamPeer([server])
    exchange.upstreamResult({ peer: server, status: 429, headersMs: 1, retryAfterMs })
  }
  t.equal(balancer.exchange().upstreamPeer([asks, fails]), fails)
})

t.test('says why it chose a peer and why not the others, to those who ask', async t => {
  const balancer = await balancerWith({ probeShare: '0%' })
  const exchange = balancer.exchange()
  const chosen = exchange.upstreamPeer([new Server('a', 0), new Server('b', 0), new Server('c', 0)])
  const [first, ...others] = exchange.decisions
  t.match(first, { by: 'least-latency', name: 'peer', facts: { peer: chosen?.id } })
  t.strictSame(
    others.map(({ name }) => name),
    ['not_chosen', 'not_chosen']
  )
  t.strictSame(new Set([first, ...others].map(decision => decision?.facts.peer)), new Set(['a', 'b', 'c']))
})

t.test('does not start with figures that make no sense, or anywhere but as a balancer', async t => {
  await t.rejects(balancerWith({ decay: '0s' }), { message: /must be longer than 0ms/ })
  await t.rejects(balancerWith({ failurePenalty: '0ms' }), { message: /must be longer than 0ms/ })
  await t.rejects(balancerWith({ probeShare: '101%' }), { message: /`probeShare` must be at most 100%/ })
  await t.rejects(balancerWith({ decay: 10_000 }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(balancerWith({ measure: 'bytes' }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(drive(leastLatency), { code: 'TACIT_PLUGIN_PHASES' })
})

t.test('a gateway turns away from a server that fails at once', async t => {
  let failed = 0
  const good = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const broken = await startUpstream(t, exchange => {
    failed++
    exchange.answer(500, {})
  })
  const { url } = await startTestGateway(t, {
    upstreams: [
      upstreamOf([good.url, broken.url], { balancer: { use: 'least-latency', config: { probeShare: '0%' } } })
    ],
    routes: [routeOf()]
  })
  for (let count = 0; count < 40; count++) await send({ url })
  t.equal(failed, 1)
})

t.test('shows what it knows of each peer', async t => {
  const balancer = await balancerWith({ probeShare: '0%' })
  t.strictSame(balancer.show(), {})
  const servers = [new Server('a', 10), new Server('b', 20)]
  const exchange = balancer.exchange()
  const chosen = exchange.upstreamPeer(servers)
  exchange.upstreamResult({
    ...(chosen !== undefined && { peer: chosen }),
    outcome: 'committed',
    status: 200,
    headersMs: 40
  })
  t.strictSame(balancer.show()?.[chosen?.id ?? ''], { estimateMs: 40, unclearInRow: 0 })
})
