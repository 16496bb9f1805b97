import t from 'tap'
import { collectLive } from '../../../core/metrics/live-metrics.ts'
import { samplesOf } from '../../../core/metrics/samples.ts'
import { MetricRegistry } from '../../../core/metrics.ts'

const peer = (id: string, inFlight: number) => ({ id, inFlight, connections: { size: 2 } })
const a = peer('a', 3)
const b = peer('b', 1)

const upstream = (
  inFlight: number,
  peerInFlight: number,
  offer: { readonly peers: readonly (typeof a)[] } | null = null
) => ({
  id: 'chat',
  peers: [a, b],
  places: { inFlight: 4, retries: 1, waiting: 7, limits: { inFlight, peerInFlight, retries: 3 } },
  health: { offer }
})

function shown(
  exchanges: readonly { readonly route: string; readonly tunnel?: unknown }[],
  here: ReturnType<typeof upstream>
) {
  const registry = new MetricRegistry()
  const live = Object.assign([...exchanges], { size: exchanges.length })
  const end = collectLive(registry, live, () => [here])
  const page = registry.text()
  end()
  return samplesOf(page, '')
}

t.test('shows who waits at an upstream, what is under way there, and whether it is full', async t => {
  const samples = shown([], upstream(5, 10))
  const of = (name: string) => samples.get(`tacit_upstream_${name}{upstream="chat"}`)
  t.strictSame([of('in_flight'), of('retries_in_flight'), of('waiting'), of('full')], [4, 1, 7, 0])
  t.equal(samples.get('tacit_peer_in_flight{upstream="chat",peer="a"}'), 3)
  t.equal(samples.get('tacit_peer_in_use{upstream="chat",peer="b"}'), 1)
  const isFull = (here: ReturnType<typeof upstream>) => shown([], here).get('tacit_upstream_full{upstream="chat"}')
  t.equal(isFull(upstream(4, 10)), 1, 'as many as the upstream may have')
  t.equal(isFull(upstream(9, 1)), 1, 'as many as each peer may have')
  t.equal(isFull(upstream(9, 2)), 0, 'one of them has a place')
  t.equal(shown([], upstream(5, 10, { peers: [a] })).get('tacit_peer_in_use{upstream="chat",peer="b"}'), 0)
})

t.test('shows the tunnels of each route among the exchanges', async t => {
  const samples = shown(
    [{ route: 'live', tunnel: {} }, { route: 'live', tunnel: {} }, { route: 'chat' }],
    upstream(5, 10)
  )
  t.equal(samples.get('http_server_active_requests'), 3)
  t.equal(samples.get('tacit_tunnels{http_route="live"}'), 2)
  t.equal(samples.has('tacit_tunnels{http_route="chat"}'), false)
})
