import { definePlugin, type Peer, type Phases, Type } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import { flatten } from '../../../core/testing/driven-exchange.ts'

const drivePhases = (phases: Phases, place: 'route' | 'balancer' = 'route') =>
  drive(
    definePlugin({
      contract: 1,
      name: 'sample',
      summary: 'For a test.',
      config: Type.Object({}),
      reasons: { no: { status: 403, message: 'No.', retryable: false } },
      data: { reads: [] },
      setup: (_config, host) => ({
        ...phases,
        ...('upstreamRequestFilter' in phases && { upstreamRequestFilter: () => host.refuse('no') }),
        ...('responseFilter' in phases && { responseFilter: () => host.refuse('no') })
      })
    }),
    {},
    { place }
  )

t.test('headers become lines in lower case, a list as many lines', async t => {
  t.strictSame(flatten({ Accept: '*/*', 'Set-Cookie': ['a=1', 'b=2'] }), [
    'accept',
    '*/*',
    'set-cookie',
    'a=1',
    'set-cookie',
    'b=2'
  ])
})

t.test('phases that a plugin does not have change nothing', async t => {
  const exchange = (await drivePhases({})).exchange({ headers: { a: ['1', '2'], b: '3' }, body: 'x' })
  t.equal(await exchange.requestFilter(), undefined)
  t.equal(exchange.upstreamPeer([]), undefined)
  t.strictSame(await exchange.upstreamRequestFilter(), {
    method: 'POST',
    target: '/v1/chat/completions',
    headers: { a: ['1', '2'], b: '3' },
    body: 'x'
  })
  t.strictSame(await exchange.responseFilter({ status: 404, headers: { c: '4' }, body: 'y' }), {
    status: 404,
    headers: { c: '4' },
    body: 'y'
  })
  exchange.upstreamResult()
  exchange.finish()
  exchange.logging()
})

t.test('what leaves for an upstream can be given apart from what the client sent', async t => {
  const exchange = (await drivePhases({})).exchange({ headers: { a: '1' } })
  t.strictSame(await exchange.upstreamRequestFilter({ method: 'GET', target: '/x', headers: { b: '2' } }), {
    method: 'GET',
    target: '/x',
    headers: { b: '2' },
    body: ''
  })
})

t.test('a refusal on the way to the upstream, or back, is thrown', async t => {
  const refusing = await drivePhases({ upstreamRequestFilter: () => {}, responseFilter: () => {} })
  const exchange = refusing.exchange()
  for (const phase of [exchange.upstreamRequestFilter(), exchange.responseFilter()]) {
    const thrown: unknown = await phase.then(
      () => undefined,
      (refused: unknown) => refused
    )
    t.match(thrown, { reason: 'no', status: 403 })
  }
})

t.test('a balancer chooses among the peers that it is shown', async t => {
  const peer = (id: string): Peer => ({
    id,
    origin: new URL('http://a.test'),
    weight: 1,
    priority: 0,
    labels: {},
    inFlight: 0
  })
  const peers = [peer('a'), peer('b')]
  const last = await drivePhases({ upstreamPeer: (_exchange, shown) => shown.at(-1) }, 'balancer')
  t.equal(last.exchange().upstreamPeer(peers), peers[1])
})

t.test('tries, ends and records are as given, and uneventful where nothing is said', async t => {
  const told: unknown[] = []
  const driven = await drivePhases({
    upstreamResult: (_exchange, { outcome, number }) => void told.push([outcome, number]),
    finish: (_exchange, end) => void told.push(end),
    logging: (_exchange, { end, attempts, requestBytes }) => void told.push([end.reason, attempts.length, requestBytes])
  })
  const exchange = driven.exchange()
  exchange.upstreamResult({ outcome: 'reset', number: 2 })
  exchange.finish({ reason: 'client_gone' })
  exchange.logging({ requestBytes: 7 })
  t.strictSame(told, [['reset', 2], { reason: 'client_gone', status: 200, durationMs: 0 }, ['complete', 1, 7]])
})
