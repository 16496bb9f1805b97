/**
 * What goes through a process, as plain data that can travel to another: sums since its start, and what is under way now.
 * Several processes of one gateway are told as one. Shows no path, no consumer and nothing that was said. Pure.
 */
import type { PeerFigures, RouteFigures } from '../measures.ts'
import { LiveExchange } from '../pipeline/exchange.ts'
import type { Exchange, MaybePromise } from '../plugin.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { countLive, type InFlight, isStream } from './live.ts'

/** What is under way on a route. */
export interface RouteLoad extends InFlight {
  readonly route: string
}

/** What is under way to a peer. */
export interface PeerLoad {
  readonly upstream: string
  readonly peer: string
  readonly inFlight: number
  readonly connections: number
}

/** Figures of one process, or of several together. */
export interface Figures {
  readonly routes: readonly RouteFigures[]
  readonly peers: readonly PeerFigures[]
  readonly loads: readonly RouteLoad[]
  readonly peerLoads: readonly PeerLoad[]
}

/** One exchange under way. */
export interface ShownExchange {
  readonly id: string
  readonly route: string
  readonly dialect: string
  readonly ageMs: number
  readonly stream: boolean
  readonly upstream: string | null
  readonly peer: string | null
  readonly tries: number
  readonly status: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly draining: boolean
}

/** The exchanges that have been under way for the longest time, and how many there are. */
export interface Oldest {
  readonly inFlight: number
  readonly exchanges: readonly ShownExchange[]
}

/** Asks for what goes through the gateway, in however many processes. */
export interface FigureSource {
  figures(): MaybePromise<Figures>
  /** @param limit how many at most. */
  oldest(limit: number): MaybePromise<Oldest>
}

/** What figures of one process are read from. */
export interface FigureParts {
  readonly measures: { routeFigures(): Iterable<RouteFigures>; peerFigures(): Iterable<PeerFigures> }
  readonly live: Iterable<Exchange> & { readonly size: number }
  readonly snapshot: { readonly upstreams: readonly Upstream[] }
}

/** The figures of this process. */
export function figuresOf({ measures, live, snapshot }: FigureParts): Figures {
  return {
    // Both use their lists again.
    routes: [...copied(measures.routeFigures(), figures => ({ durations: figures.durations.slice() }))],
    peers: [...copied(measures.peerFigures(), figures => ({ waits: figures.waits.slice() }))],
    loads: [...countLive(live).byRoute].map(([route, counts]) => ({ route, ...counts })),
    peerLoads: snapshot.upstreams.flatMap(upstream =>
      upstream.peers.map(({ id, inFlight, connections }) => ({
        upstream: upstream.id,
        peer: id,
        inFlight,
        connections: connections.size
      }))
    )
  }
}

function* copied<Item>(items: Iterable<Item>, own: (item: Item) => Partial<Item>): Generator<Item> {
  for (const item of items) yield { ...item, ...own(item) }
}

/** The oldest exchanges of this process. */
export function oldestOf({ live }: Pick<FigureParts, 'live'>, limit: number): Oldest {
  const oldest = [...live].sort((one, other) => one.receivedAt - other.receivedAt).slice(0, limit)
  return { inFlight: live.size, exchanges: oldest.flatMap(exchange => shown(exchange)) }
}

/** Figures of several processes as those of one. */
export function addFigures(all: readonly Figures[]): Figures {
  const routes = new Map<string, RouteFigures>()
  const peers = new Map<string, PeerFigures>()
  const loads = new Map<string, RouteLoad>()
  const peerLoads = new Map<string, PeerLoad>()
  for (const figures of all) {
    for (const each of figures.routes) {
      put(routes, each.route, each, known => ({
        route: each.route,
        requests: known.requests + each.requests,
        errors: known.errors + each.errors,
        refusals: known.refusals + each.refusals,
        durations: known.durations.map((count, bucket) => count + (each.durations[bucket] ?? 0))
      }))
    }
    for (const each of figures.peers) {
      put(peers, `${each.upstream}\0${each.peer}`, each, known => ({
        ...each,
        tries: known.tries + each.tries,
        failures: known.failures + each.failures,
        waits: known.waits.map((count, bucket) => count + (each.waits[bucket] ?? 0))
      }))
    }
    for (const each of figures.loads) {
      put(loads, each.route, each, known => ({
        ...each,
        inFlight: known.inFlight + each.inFlight,
        streams: known.streams + each.streams
      }))
    }
    for (const each of figures.peerLoads) {
      put(peerLoads, `${each.upstream}\0${each.peer}`, each, known => ({
        ...each,
        inFlight: known.inFlight + each.inFlight,
        connections: known.connections + each.connections
      }))
    }
  }
  return {
    routes: [...routes.values()],
    peers: [...peers.values()],
    loads: [...loads.values()],
    peerLoads: [...peerLoads.values()]
  }
}

function put<Item>(items: Map<string, Item>, key: string, item: Item, added: (known: Item) => Item): void {
  const known = items.get(key)
  items.set(key, known === undefined ? item : added(known))
}

/** What is left of a process that has ended: of sums that never fall, everything; of what was under way, nothing. */
export function pastOf({ routes, peers }: Figures): Figures {
  return { routes, peers, loads: [], peerLoads: [] }
}

/** Exchanges of several processes, the oldest of all first. */
export function addOldest(all: readonly Oldest[], limit: number): Oldest {
  const exchanges = all.flatMap(oldest => oldest.exchanges).sort((one, other) => other.ageMs - one.ageMs)
  return { inFlight: all.reduce((sum, { inFlight }) => sum + inFlight, 0), exchanges: exchanges.slice(0, limit) }
}

/** What is under way as a whole. */
export function loadOf({ loads }: Figures): InFlight {
  return loads.reduce(
    (sum, { inFlight, streams }) => ({ inFlight: sum.inFlight + inFlight, streams: sum.streams + streams }),
    { inFlight: 0, streams: 0 }
  )
}

function shown(exchange: Exchange): readonly ShownExchange[] {
  if (!(exchange instanceof LiveExchange)) return []
  const { id, route, dialect, attempt, attempts, status, requestBytes, responseBytes, isDraining } = exchange
  return [
    {
      id,
      route,
      dialect,
      ageMs: Math.max(0, Math.round(exchange.elapsedMs())),
      stream: isStream(exchange),
      upstream: exchange.target?.upstream.id ?? null,
      peer: attempt?.peer.id ?? null,
      tries: attempts.length,
      status,
      requestBytes,
      responseBytes,
      draining: isDraining
    }
  ]
}
