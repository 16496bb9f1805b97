import t from 'tap'
import { DURATION_BOUNDS, type PeerFigures, type RouteFigures } from '../../core/measures.ts'
import { SAMPLES, Traffic } from '../../core/traffic.ts'

/** Figures that a test sets: requests that took 10 to 25 ms. */
function figuresOf() {
  const routes = new Map<string, { requests: number; errors: number }>()
  const peers = new Map<string, { requests: number; errors: number }>()
  const durations = (count: number) =>
    Float64Array.from({ length: DURATION_BOUNDS.length + 1 }, (_, at) => (at === 2 ? count : 0))
  return {
    routes,
    peers,
    *routeFigures(): Generator<RouteFigures> {
      for (const [route, { requests, errors }] of routes) {
        yield { route, requests, errors, refusals: 0, durations: durations(requests) }
      }
    },
    *peerFigures(): Generator<PeerFigures> {
      for (const [peer, { requests, errors }] of peers) {
        yield { upstream: 'chat', peer, tries: requests, failures: errors, waits: durations(requests) }
      }
    }
  }
}

t.test('tells what came since the look before', async t => {
  const figures = figuresOf()
  const traffic = new Traffic(figures)
  traffic.sample()
  figures.routes.set('a', { requests: 4, errors: 1 })
  figures.peers.set('eu', { requests: 5, errors: 2 })
  traffic.sample()
  figures.routes.set('a', { requests: 10, errors: 1 })
  figures.routes.set('b', { requests: 1, errors: 0 })
  traffic.sample()
  t.equal(traffic.looks, 3)
  t.strictSame(traffic.total(0), {
    requests: [0, 4, 7],
    errors: [0, 1, 0],
    p50Ms: [null, 17.5, 17.5],
    p95Ms: [null, 24.25, 24.25]
  })
  t.strictSame(traffic.route('a', 0).requests, [0, 4, 6])
  t.strictSame(traffic.route('b', 0).requests, [0, 0, 1])
  t.strictSame(traffic.peer('chat', 'eu', 0), {
    requests: [0, 5, 0],
    errors: [0, 2, 0],
    p50Ms: [null, 17.5, null],
    p95Ms: [null, 24.25, null]
  })
  t.strictSame(traffic.route('canary', 0).requests, [])
})

t.test('tells only what is new to whoever was told before', async t => {
  const figures = figuresOf()
  const traffic = new Traffic(figures)
  for (let look = 1; look <= SAMPLES + 10; look++) {
    figures.routes.set('a', { requests: (look * (look + 1)) / 2, errors: 0 })
    traffic.sample()
  }
  t.equal(traffic.firstAfter(0), 11, 'older ones are gone')
  t.strictSame(
    traffic.total(0).requests,
    Array.from({ length: SAMPLES }, (_, index) => index + 11)
  )
  t.strictSame(traffic.route('a', SAMPLES + 8).requests, [SAMPLES + 9, SAMPLES + 10])
  t.strictSame(traffic.total(SAMPLES + 10).requests, [])
  t.strictSame(traffic.total(1_000_000).requests, [], 'of another life of the gateway')
  t.equal(traffic.firstAfter(1_000_000), SAMPLES + 11)
})

t.test('keeps the course of no more things than it has room for, and the sum of all', async t => {
  const figures = figuresOf()
  const traffic = new Traffic(figures)
  for (let route = 0; route < 300; route++) figures.routes.set(`r${route}`, { requests: 1, errors: 0 })
  traffic.sample()
  t.strictSame(traffic.total(0).requests, [300])
  t.strictSame(traffic.route('r199', 0).requests, [1])
  t.strictSame(traffic.route('r200', 0).requests, [])
})
