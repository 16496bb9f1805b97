/**
 * What is under way, as gauges that are filled when somebody asks: exchanges, tunnels, and at each upstream the tries, who
 * waits for a place, and whether there is any. Costs a request nothing.
 */
import type { MetricRegistry } from '../metrics.ts'

/** An exchange, as far as it is shown. */
interface LiveExchange {
  readonly route: string
  /** Set once a WebSocket has begun. */
  readonly tunnel?: unknown
}

/** A peer, as far as it is shown. */
interface LivePeer {
  readonly id: string
  readonly inFlight: number
  readonly connections: { readonly size: number }
}

/** An upstream, as far as it is shown. */
interface LiveUpstream {
  readonly id: string
  readonly peers: readonly LivePeer[]
  readonly places: {
    readonly inFlight: number
    readonly retries: number
    readonly waiting: number
    readonly limits: { readonly inFlight: number; readonly peerInFlight: number; readonly retries: number }
  }
  readonly health: { readonly offer: { readonly peers: readonly LivePeer[] } | null }
}

/**
 * Shows, at each collection, what is under way.
 * @param upstreams those that are in use now.
 * @returns what ends it.
 */
export function collectLive(
  registry: MetricRegistry,
  live: Iterable<LiveExchange> & { readonly size: number },
  upstreams: () => readonly LiveUpstream[]
): () => void {
  const active = registry.gauge('http_server_active_requests', 'Exchanges under way.', [])
  const tunnels = registry.gauge('tacit_tunnels', 'WebSockets that are open.', ['http_route'])
  const ofUpstream = (name: string, help: string) => registry.gauge(name, help, ['upstream'])
  const trying = ofUpstream('tacit_upstream_in_flight', 'Tries under way at an upstream.')
  const retrying = ofUpstream(
    'tacit_upstream_retries_in_flight',
    'Tries under way that are not the first of their exchange.'
  )
  const waiting = ofUpstream('tacit_upstream_waiting', 'Requests that wait for a place at an upstream.')
  const full = ofUpstream('tacit_upstream_full', '1 while no place is free at an upstream, by its `limits`.')
  const ofPeer = (name: string, help: string) => registry.gauge(name, help, ['upstream', 'peer'])
  const inFlight = ofPeer('tacit_peer_in_flight', 'Tries under way at a peer.')
  const connections = ofPeer('tacit_peer_connections', 'Open connections to a peer.')
  const inUse = ofPeer('tacit_peer_in_use', '1 while a peer is given requests, 0 while it is left out.')
  const all = [tunnels, trying, retrying, waiting, full, inFlight, connections, inUse]
  return registry.onCollect(() => {
    for (const gauge of all) gauge.clear()
    active.with().set(live.size)
    const open = new Map<string, number>()
    for (const { route, tunnel } of live) if (tunnel !== undefined) open.set(route, (open.get(route) ?? 0) + 1)
    for (const [route, count] of open) tunnels.with(route).set(count)
    for (const { id, peers, places, health } of upstreams()) {
      const { limits } = places
      const isFull = places.inFlight >= limits.inFlight || peers.every(peer => peer.inFlight >= limits.peerInFlight)
      trying.with(id).set(places.inFlight)
      retrying.with(id).set(places.retries)
      waiting.with(id).set(places.waiting)
      full.with(id).set(isFull ? 1 : 0)
      const { offer } = health
      for (const peer of peers) {
        inFlight.with(id, peer.id).set(peer.inFlight)
        connections.with(id, peer.id).set(peer.connections.size)
        inUse.with(id, peer.id).set(offer === null || offer.peers.includes(peer) ? 1 : 0)
      }
    }
  })
}
