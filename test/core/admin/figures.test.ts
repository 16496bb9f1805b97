import t from 'tap'
import {
  addFigures,
  addOldest,
  type Figures,
  figuresOf,
  loadOf,
  oldestOf,
  pastOf
} from '../../../core/admin/figures.ts'
import { LiveList } from '../../../core/pipeline/live-list.ts'
import { Reply } from '../../../core/pipeline/messages.ts'
import { exchangeOf } from '../../support/exchanges.ts'
import { planOf } from '../../support/plans.ts'

const one: Figures = {
  routes: [{ route: 'chat', requests: 3, errors: 1, refusals: 0, durations: Float64Array.of(2, 1) }],
  peers: [{ upstream: 'u', peer: 'a', tries: 3, failures: 1, waits: Float64Array.of(3, 0) }],
  loads: [{ route: 'chat', inFlight: 2, streams: 1 }],
  peerLoads: [{ upstream: 'u', peer: 'a', inFlight: 2, connections: 2 }]
}
const other: Figures = {
  routes: [
    { route: 'chat', requests: 4, errors: 0, refusals: 2, durations: Float64Array.of(0, 4) },
    { route: 'other', requests: 1, errors: 0, refusals: 0, durations: Float64Array.of(1, 0) }
  ],
  peers: [{ upstream: 'u', peer: 'a', tries: 4, failures: 0, waits: Float64Array.of(1, 3) }],
  loads: [{ route: 'chat', inFlight: 1, streams: 0 }],
  peerLoads: [{ upstream: 'u', peer: 'a', inFlight: 1, connections: 3 }]
}

t.test('adds up what goes through several processes', t => {
  t.strictSame(addFigures([one, other]), {
    routes: [
      { route: 'chat', requests: 7, errors: 1, refusals: 2, durations: Float64Array.of(2, 5) },
      { route: 'other', requests: 1, errors: 0, refusals: 0, durations: Float64Array.of(1, 0) }
    ],
    peers: [{ upstream: 'u', peer: 'a', tries: 7, failures: 1, waits: Float64Array.of(4, 3) }],
    loads: [{ route: 'chat', inFlight: 3, streams: 1 }],
    peerLoads: [{ upstream: 'u', peer: 'a', inFlight: 3, connections: 5 }]
  })
  t.strictSame(loadOf(addFigures([one, other])), { inFlight: 3, streams: 1 })
  t.strictSame(loadOf(addFigures([])), { inFlight: 0, streams: 0 })
  t.end()
})

t.test('leaves of a process that has ended what never falls, and nothing that is under way', t => {
  const { routes, peers, loads, peerLoads } = addFigures([pastOf(one), other])
  t.strictSame([routes[0]?.requests, peers[0]?.tries], [7, 7])
  t.strictSame([loads, peerLoads], [other.loads, other.peerLoads])
  t.end()
})

t.test('copies figures, whose lists are used again', t => {
  const durations = Float64Array.of(1)
  const measures = {
    *routeFigures() {
      for (const route of ['a', 'b']) {
        durations[0] = route === 'a' ? 1 : 2
        yield { route, requests: 1, errors: 0, refusals: 0, durations }
      }
    },
    *peerFigures() {}
  }
  const live = new LiveList<ReturnType<typeof exchangeOf>>()
  const { routes } = figuresOf({ measures, live, snapshot: { upstreams: [] } })
  t.strictSame(
    routes.map(figures => figures.durations[0]),
    [1, 2]
  )
  t.end()
})

t.test('shows the oldest exchanges of all processes, without anything of what is said', t => {
  const exchange = exchangeOf(planOf([]))
  exchange.reply = new Reply('upstream', 200, [], true)
  const shown = oldestOf({ live: new Set([exchange]) }, 5)
  t.match(shown, { inFlight: 1, exchanges: [{ stream: true, upstream: null, tries: 0 }] })
  const [first] = shown.exchanges
  if (first === undefined) throw new TypeError('no exchange')
  const aged = (ageMs: number) => ({ ...first, ageMs })
  const both = addOldest(
    [
      { inFlight: 7, exchanges: [aged(50), aged(10)] },
      { inFlight: 2, exchanges: [aged(30)] }
    ],
    2
  )
  t.equal(both.inFlight, 9)
  t.strictSame(
    both.exchanges.map(({ ageMs }) => ageMs),
    [50, 30]
  )
  t.end()
})
