/**
 * A route, compiled once at load into flat lists: what runs in each phase, in
 * the order in which it runs, and null where nobody does anything.
 */
import type { Dialect } from '../dialects/index.ts'
import type { CompiledEvent } from '../log.ts'
import type { Phases, PluginDefinition, Target } from '../plugin.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** One plugin instance as the pipeline runs it. */
export interface Step {
  /** Name of the instance, such as `rate-limit#2`. */
  readonly name: string
  readonly phases: Phases
  readonly readsRequestBody: boolean
  readonly readsResponseBody: boolean
  /** `failureMode: allow`: the exchange goes on when the plugin itself fails. */
  readonly allowsFailure: boolean
  /** Ids of the upstreams that its set-up declared. */
  readonly upstreams: ReadonlySet<string>
  /** Its declared events, by name. */
  readonly events: ReadonlyMap<string, CompiledEvent>
}

/** Limits of a route, decoded. */
export interface RouteLimits {
  readonly maxBody: number
  readonly maxResponse: number
  readonly deadline: number
  readonly maxStreamDuration: number
}

/** Bounds of reading on after the client has gone. */
export interface DrainLimits {
  readonly maxDuration: number
  readonly maxBytes: number
  readonly maxConcurrent: number
}

/** Bounds of the WebSockets of a route, decoded. */
export interface TunnelLimits {
  /** Of both directions together. */
  readonly maxBytes: number
  readonly maxFrame: number
  readonly maxDuration: number
  readonly idle: number
  /** Of pages that may connect; anybody's where there is none. */
  readonly origins: readonly string[]
}

/** What is added for one upstream of a route. */
export interface UpstreamPlan {
  readonly upstream: Upstream
  readonly balancer: Step
  /** The upstream's plugins that leave the balancer fewer peers to choose from. */
  readonly narrowers: readonly Step[] | null
  readonly requestFilters: readonly Step[] | null
  /** Whether one of `requestFilters` reads, and may edit, the body of a try. */
  readonly readsRequestBody: boolean
  readonly results: readonly Step[] | null
  /** The balancer, where it wants to know how exchanges ended. */
  readonly ended: Step | null
  /** In reverse: the upstream's plugins, then the route's. */
  readonly responseFilters: readonly Step[] | null
}

/** Everything that is known of a route before a request comes. */
export interface RoutePlan {
  readonly id: string
  /** Undefined: told from the path of each request. */
  readonly dialect: Dialect | undefined
  /** Where requests go that no plugin sends elsewhere. */
  readonly targets: readonly Target[] | undefined
  readonly upstreams: ReadonlyMap<string, UpstreamPlan>
  readonly requestFilters: readonly Step[] | null
  /** In reverse; for responses that the gateway makes. */
  readonly responseFilters: readonly Step[] | null
  /** In reverse. */
  readonly finishers: readonly Step[] | null
  readonly loggers: readonly Step[] | null
  /** Somebody on the way out reads bodies, so upstreams are asked for plain ones. */
  readonly readsResponseBody: boolean
  readonly stripPrefix: string | undefined
  readonly rewrite: string | undefined
  readonly limits: RouteLimits
  /** Null where no WebSocket is served. */
  readonly websocket: TunnelLimits | null
  readonly drainsForClient: boolean
  readonly drain: DrainLimits
  /** Exchanges of this route that are read on without their client. */
  readonly draining: { count: number }
}

/** What a route is made of, in the order of the configuration. */
export interface RouteParts
  extends Omit<
    RoutePlan,
    'upstreams' | 'requestFilters' | 'responseFilters' | 'finishers' | 'loggers' | 'readsResponseBody'
  > {
  readonly steps: readonly Step[]
  readonly reachable: readonly {
    readonly upstream: Upstream
    readonly steps: readonly Step[]
    readonly balancer: Step
  }[]
}

/** Compiles a route. */
export function compileRoute({ steps, reachable, ...rest }: RouteParts): RoutePlan {
  const reversed = steps.toReversed()
  const upstreams = new Map<string, UpstreamPlan>()
  for (const { upstream, steps: own, balancer } of reachable) {
    const requestFilters = using('upstreamRequestFilter', [...steps, ...own])
    upstreams.set(upstream.id, {
      upstream,
      balancer,
      narrowers: using('upstreamPeers', own),
      requestFilters,
      readsRequestBody: requestFilters?.some(step => step.readsRequestBody) ?? false,
      results: using('upstreamResult', [...steps, ...own, balancer]),
      ended: balancer.phases.finish === undefined ? null : balancer,
      responseFilters: using('responseFilter', [...own.toReversed(), ...reversed])
    })
  }
  const everybody = [...steps, ...reachable.flatMap(entry => entry.steps)]
  return {
    ...rest,
    upstreams,
    requestFilters: using('requestFilter', steps),
    responseFilters: using('responseFilter', reversed),
    finishers: using('finish', reversed),
    loggers: using('logging', steps),
    readsResponseBody: everybody.some(step => step.readsResponseBody)
  }
}

function using(phase: keyof Phases, steps: readonly Step[]): readonly Step[] | null {
  const users = steps.filter(step => step.phases[phase] !== undefined)
  return users.length === 0 ? null : users
}

/** Whether a definition declares that it reads `what`. */
export function declares(definition: PluginDefinition, what: 'request-body' | 'response-body'): boolean {
  return definition.data.reads.includes(what)
}
