/**
 * Routes, upstreams and plugins made by hand, as the pipeline takes them: what a
 * configuration becomes, without one. Opens no socket by itself.
 */
import type { Clock } from '../../core/clock.ts'
import { opaqueUpstream } from '../../core/opaque.ts'
import {
  compileRoute,
  type DrainLimits,
  type RouteLimits,
  type RoutePlan,
  type Step
} from '../../core/pipeline/plan.ts'
import type { NextTargetOn, Peer, Phases } from '../../core/plugin.ts'
import { TimerWheel } from '../../core/timers.ts'
import { UpstreamHealth } from '../../core/upstream/health/health.ts'
import { type PlaceLimits, Places } from '../../core/upstream/places.ts'
import { RetryBudget, type RetryRule } from '../../core/upstream/retry.ts'
import { SocketConnections } from '../../core/upstream/sockets/connections.ts'
import { type AttemptTimeouts, LivePeer, type Upstream } from '../../core/upstream/upstream.ts'

/** A plugin instance that declares nothing but what is given. */
export function stepOf(name: string, phases: Phases = {}, given: Partial<Omit<Step, 'name' | 'phases'>> = {}): Step {
  return {
    name,
    phases,
    readsRequestBody: false,
    readsResponseBody: false,
    allowsFailure: false,
    upstreams: new Set(),
    events: new Map(),
    ...given
  }
}

/** A balancer that takes the first peer there is. */
export function firstPeer(): Step {
  return stepOf('first-peer', { upstreamPeer: (_exchange, [peer]) => peer })
}

/** What of an upstream is not usual. */
export interface UpstreamGiven {
  readonly id?: string
  readonly hostHeader?: string
  readonly timeouts?: Partial<AttemptTimeouts>
  /** Default: one try. */
  readonly attempts?: number
  /** Default: connect_failed. */
  readonly on?: readonly NextTargetOn[]
  readonly nonIdempotent?: boolean
  /** Default: any number of retries. */
  readonly retriesPerSecond?: number
  /** Connections to each peer. Default: 10. */
  readonly max?: number
  /** Default: no pauses, no keys. */
  readonly retry?: Partial<RetryRule>
  /** Default: nobody waits for a place. */
  readonly limits?: Partial<PlaceLimits>
  /** Default: always 0. */
  readonly random?: () => number
}

/** An upstream of the given servers, called `peer-1` and so on, each with its own connections. */
export function upstreamAt(clock: Clock, urls: readonly string[], given: UpstreamGiven = {}): Upstream {
  const { id = 'upstream', hostHeader = 'peer', timeouts = {}, attempts = 1, on = ['connect_failed'] } = given
  const { nonIdempotent = false, retriesPerSecond = 1_000_000, max = 10, retry = {}, limits = {} } = given
  const connections = { max, keepAliveMs: 4_000, ca: undefined, serverName: undefined }
  const wheel = new TimerWheel(clock)
  return {
    id,
    peers: urls.map((url, index) => {
      const origin = new URL(url)
      const peer = { id: `peer-${index + 1}`, origin, weight: 1, priority: 0, labels: {} }
      return new LivePeer(peer, new SocketConnections(origin.origin, connections, clock, wheel))
    }),
    hostHeader,
    timeouts: {
      connect: 5_000,
      firstByte: 60_000,
      idle: 60_000,
      perTry: Number.POSITIVE_INFINITY,
      opening: 5_000,
      ...timeouts
    },
    retry: {
      attempts,
      on: new Set(on),
      nonIdempotent,
      idempotencyKey: false,
      backoffMs: 0,
      maxBackoffMs: 0,
      maxRetryAfterMs: 5_000,
      ...retry
    },
    budget: new RetryBudget(clock, 0, retriesPerSecond),
    places: new Places(
      { inFlight: 1_000_000, peerInFlight: max, retries: 1_000_000, waiting: 0, waitMs: 1_000, ...limits },
      clock,
      () => 0
    ),
    random: given.random ?? (() => 0),
    health: new UpstreamHealth({ clock, wheel, told: () => {} })
  }
}

/** One upstream of a route: where it is, its own plugins and its balancer. */
export interface Reachable {
  readonly upstream: Upstream
  /** Default: none. */
  readonly steps?: readonly Step[]
  /** Default: {@link firstPeer}. */
  readonly balancer?: Step
}

/** What of a route is not usual. */
export interface RouteGiven {
  readonly id?: string
  readonly dialect?: RoutePlan['dialect']
  readonly steps?: readonly Step[]
  /** Where requests go that no plugin sends elsewhere. Default: the first of the upstreams. */
  readonly targets?: RoutePlan['targets']
  readonly limits?: Partial<RouteLimits>
  readonly drainsForClient?: boolean
  readonly drain?: Partial<DrainLimits>
  /** Default: no WebSockets. */
  readonly websocket?: RoutePlan['websocket']
  readonly stripPrefix?: string
  readonly rewrite?: string
}

/** A route to the given upstreams, compiled. */
export function planOf(reachable: readonly Reachable[], given: RouteGiven = {}): RoutePlan {
  const { id = 'route', dialect, steps = [], drainsForClient = false, stripPrefix, rewrite } = given
  const [first] = reachable
  const usual = first === undefined ? undefined : [{ upstream: opaqueUpstream(first.upstream.id) }]
  const mebibyte = 1024 * 1024
  return compileRoute({
    id,
    dialect,
    targets: 'targets' in given ? given.targets : usual,
    stripPrefix,
    rewrite,
    limits: {
      maxBody: mebibyte,
      maxResponse: mebibyte,
      deadline: 600_000,
      maxStreamDuration: 3_600_000,
      ...given.limits
    },
    websocket: given.websocket ?? null,
    drainsForClient,
    drain: { maxDuration: 300_000, maxBytes: mebibyte, maxConcurrent: 10, ...given.drain },
    draining: { count: 0 },
    steps,
    reachable: reachable.map(entry => ({ steps: [], balancer: firstPeer(), ...entry }))
  })
}

/** A peer that nobody connects to. */
export function peerOf(id: string, url = 'http://peer.test'): Peer {
  return { id, origin: new URL(url), weight: 1, priority: 0, labels: {}, inFlight: 0 }
}
