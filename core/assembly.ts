/**
 * Turns a loaded configuration into a snapshot that serves: upstreams with
 * their connections, plugin instances, and routes compiled into plans. Does not
 * listen.
 */
import { adminEndpointsOf, publicEndpointsOf } from './admin/plugin-endpoints.ts'
import { instanceNames } from './configuration/endpoint-checks.ts'
import type { LoadedConfiguration, LoadedUse } from './configuration/load.ts'
import type { RouteConfiguration } from './configuration/schema.ts'
import { type ServedEndpoint, ServedEndpoints } from './endpoints/served.ts'
import { GatewayError } from './errors.ts'
import { createHost, type HostBase, type HostHandle } from './host.ts'
import { type InstancePlan, type Place, type PluginInstance, setUpInstance } from './instances.ts'
import { type CompiledEvent, compileEvent, errorCode } from './log.ts'
import { opaqueUpstream } from './opaque.ts'
import { endpointStep } from './pipeline/endpoint-step.ts'
import { nestedPlugin, withNestedSteps } from './pipeline/nested.ts'
import { compileRoute, declares, type RoutePlan, type Step } from './pipeline/plan.ts'
import type { PluginDefinition } from './plugin.ts'
import { type Filled, takeSeats, type Wanted } from './seats.ts'
import { Matcher } from './server/matcher.ts'
import { Shared } from './shared.ts'
import type { Upstream } from './upstream/upstream.ts'
import { openUpstreams, releaseUpstreams, type UpstreamPools, warmUpstreams } from './upstream-pools.ts'

/** Everything that one configuration needs to serve. Never changes; the next one is built beside it. */
export interface Snapshot {
  readonly loaded: LoadedConfiguration
  readonly plans: ReadonlyMap<string, RoutePlan>
  readonly routes: Matcher<RoutePlan>
  readonly instances: readonly PluginInstance[]
  /** By the use in the configuration that each of them fills. */
  readonly instanceOf: ReadonlyMap<LoadedUse, PluginInstance>
  readonly upstreams: readonly Upstream[]
  /** What plugins serve on the admin listener. */
  readonly endpoints: readonly ServedEndpoint[]
  /** Instances that stay from the configuration before. */
  readonly keptInstances: number
  /** What the next configuration may go on with. */
  readonly pools: UpstreamPools
  readonly filled: readonly Filled<Shared<Seated>>[]
  /**
   * Lets instances that stay see the consumers and keys of this configuration, and looks after its peers' health. Call it
   * when this one begins to serve.
   */
  begin(): void
  /** Closes what no other configuration uses: instances, then connections. Call it once. */
  close(): Promise<void>
}

/** A plugin instance, and its host. */
interface Seated {
  readonly instance: PluginInstance
  readonly handle: HostHandle
}

/** A plugin within another. */
interface Nested {
  readonly step: Step
  readonly definition: PluginDefinition
}

/** One use of a plugin. */
interface Use extends Wanted {
  readonly definition: PluginDefinition
  readonly use: LoadedUse
  readonly place: Place
}

/**
 * Sets everything up, in the order of the file.
 * @param before what serves now: instances and connections whose configuration has not changed stay.
 * @throws GatewayError when a plugin cannot be set up, or a route leads nowhere. What was set up is closed then.
 */
export async function assemble(loaded: LoadedConfiguration, base: HostBase, before?: Snapshot): Promise<Snapshot> {
  const wanted = usesOf(loaded)
  const seats = takeSeats(wanted.all, before?.filled ?? [], ({ value }) => isSound(value, base))
  const pools = openUpstreams(loaded.configuration.upstreams, base, before?.pools)
  const filled: Filled<Shared<Seated>>[] = []
  const close = async () => {
    for (const { instance } of filled.toReversed()) await instance.release()
    await releaseUpstreams(pools)
  }
  try {
    const steps = new Map<Use, readonly Step[]>()
    const nested = new Map<LoadedUse, Nested>()
    const instanceOf = new Map<LoadedUse, PluginInstance>()
    for (const [index, use] of wanted.all.entries()) {
      const seat = seats[index]
      if (seat === undefined) throw new TypeError('fewer seats than uses')
      const within = use.use.nested.flatMap(inner => nested.get(inner) ?? [])
      const shared = seat.kept ?? (await setUp(use, seat.name, base, within))
      filled.push({ ...use, name: seat.name, instance: shared.use() })
      const step = stepOf(use.use, shared.value)
      nested.set(use.use, { step, definition: use.definition })
      steps.set(
        use,
        withNestedSteps(
          step,
          within.map(inner => inner.step)
        )
      )
      instanceOf.set(use.use, shared.value.instance)
    }
    const endpoints = routeEndpoints(loaded, instanceOf, base)
    const { plans, routes } = planRoutes(loaded, wanted, { steps, endpoints }, pools.upstreams, before)
    const instances = filled.map(({ instance }) => instance.value.instance)
    return {
      loaded,
      plans,
      routes,
      instances,
      instanceOf,
      endpoints: adminEndpointsOf(instances),
      upstreams: [...pools.upstreams.values()],
      keptInstances: seats.filter(({ kept }) => kept !== undefined).length,
      pools,
      filled,
      begin() {
        for (const { instance } of filled) instance.value.handle.moveTo(base)
        pools.begin()
        warmUpstreams(pools)
      },
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether an instance sends only to upstreams that are still there. One that does not is set up anew, and says so itself. */
function isSound({ handle }: Seated, base: HostBase): boolean {
  return [...handle.upstreams].every(id => base.upstreams.has(id))
}

async function setUp(
  { definition, use: { config }, place }: Use,
  name: string,
  base: HostBase,
  within: readonly Nested[]
): Promise<Shared<Seated>> {
  const inner = within.map(({ step, definition: of }) => nestedPlugin(step, of))
  const handle = createHost(definition, name, base, inner)
  // An instance may outlive the configuration that it was set up for, and must not hold on to it.
  const { logger } = base
  try {
    const plan = { definition, config, host: handle.host, place } as InstancePlan
    const instance = await setUpInstance(plan.definition, plan.config, plan.host, plan.place)
    return new Shared({ instance, handle }, async () => {
      for (const part of [instance, handle]) {
        await part.close().catch(error => {
          logger.event('plugin_failed', { instance: name, phase: 'close', code: errorCode(error) })
        })
      }
    })
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Every use of a plugin, in the order in which they are set up. */
interface WantedUses {
  readonly all: readonly Use[]
  readonly everywhere: readonly Use[]
  readonly balancers: ReadonlyMap<string, Use>
  readonly upstreams: ReadonlyMap<string, readonly Use[]>
  readonly routes: ReadonlyMap<string, readonly Use[]>
}

function usesOf(loaded: LoadedConfiguration): WantedUses {
  const all: Use[] = []
  const want = (use: LoadedUse, kind: Place['kind'], owner: string): Use => {
    for (const inner of use.nested) want(inner, kind, `${owner} in ${use.definition.name}`)
    const { file, line } = loaded.problemAt(use.path, 'TACIT_PLUGIN_SETUP_FAILED', '')
    const { definition, fingerprint } = use
    const wanted = { owner, definition, fingerprint, use, place: { kind, at: `${file}:${line}` } }
    all.push(wanted)
    return wanted
  }
  const everywhere = loaded.plugins.map(use => want(use, 'route', 'everywhere'))
  const balancers = new Map<string, Use>()
  const upstreams = new Map<string, readonly Use[]>()
  for (const [id, { balancer, plugins }] of loaded.upstreams) {
    balancers.set(id, want(balancer, 'balancer', `balancer ${id}`))
    upstreams.set(
      id,
      plugins.map(use => want(use, 'upstream', `upstream ${id}`))
    )
  }
  const routes = new Map<string, readonly Use[]>()
  for (const { id } of loaded.configuration.routes) {
    const uses = loaded.routes.get(id) ?? []
    routes.set(
      id,
      uses.map(use => want(use, 'route', `route ${id}`))
    )
  }
  return { all, everywhere, balancers, upstreams, routes }
}

function planRoutes(
  loaded: LoadedConfiguration,
  wanted: WantedUses,
  {
    steps,
    endpoints
  }: { readonly steps: ReadonlyMap<Use, readonly Step[]>; readonly endpoints: ReadonlyMap<string, Step> },
  upstreams: ReadonlyMap<string, Upstream>,
  before: Snapshot | undefined
): Pick<Snapshot, 'plans' | 'routes'> {
  const stepsOf = (uses: readonly Use[] = []) => uses.flatMap(use => steps.get(use) ?? [])
  const reachable = new Map<string, Reachable>()
  for (const [id, balancer] of wanted.balancers) {
    const upstream = upstreams.get(id)
    const [step] = stepsOf([balancer])
    if (upstream && step) reachable.set(id, { upstream, steps: stepsOf(wanted.upstreams.get(id)), balancer: step })
  }
  const providers = new Map(loaded.configuration.upstreams.map(({ id, provider }) => [id, provider]))
  const routes = new Matcher<RoutePlan>()
  const plans = new Map<string, RoutePlan>()
  for (const route of loaded.configuration.routes) {
    const answering = endpoints.get(route.id)
    const chain = [...stepsOf(wanted.everywhere), ...stepsOf(wanted.routes.get(route.id))]
    const own = answering === undefined ? chain : [...chain, answering]
    const ids = new Set([
      ...(route.upstream === undefined ? [] : [route.upstream]),
      ...own.flatMap(step => [...step.upstreams])
    ])
    if (ids.size === 0 && own.every(step => step.phases.requestFilter === undefined)) {
      throw new GatewayError(
        'TACIT_ROUTE_NOWHERE',
        `The route "${route.id}" leads nowhere.`,
        'Give it an `upstream`, or a plugin that answers.'
      )
    }
    // What is read on for clients that have left counts on.
    const draining = before?.plans.get(route.id)?.draining ?? { count: 0 }
    const plan = planRoute(
      route,
      own,
      [...ids].flatMap(id => reachable.get(id) ?? []),
      draining,
      id => providers.get(id)
    )
    plans.set(route.id, plan)
    const { host = [], method = [], path } = route.match
    routes.add({ hosts: host.map(name => name.toLowerCase()), methods: method, path }, plan)
  }
  return { plans, routes }
}

/** What answers on routes with `endpoints`, by their ids. @throws GatewayError `TACIT_ENDPOINT_DUPLICATE`. */
function routeEndpoints(
  loaded: LoadedConfiguration,
  instanceOf: ReadonlyMap<LoadedUse, PluginInstance>,
  { logger }: HostBase
): ReadonlyMap<string, Step> {
  const byName = new Map([...instanceNames(loaded)].map(([use, name]) => [name, instanceOf.get(use)]))
  const failed = (instance: string, error: unknown) =>
    logger.event('plugin_failed', { instance, phase: 'endpoint', code: errorCode(error) })
  const steps = new Map<string, Step>()
  for (const { id, match, endpoints } of loaded.configuration.routes) {
    if (endpoints === undefined) continue
    const instances = endpoints.flatMap(name => byName.get(name) ?? [])
    const served = instances.flatMap(instance => publicEndpointsOf(instance, match.path))
    steps.set(id, endpointStep(new ServedEndpoints(served), failed))
  }
  return steps
}

function stepOf({ definition, failureMode }: LoadedUse, { instance, handle }: Seated): Step {
  const events = new Map<string, CompiledEvent>()
  for (const [name, schema] of Object.entries(definition.events ?? {})) {
    events.set(name, compileEvent(name, schema, { plugin: instance.name }))
  }
  return {
    name: instance.name,
    phases: instance.phases,
    readsRequestBody: instance.readsRequestBody,
    readsResponseBody: declares(definition, 'response-body'),
    allowsFailure: failureMode === 'allow',
    upstreams: handle.upstreams,
    events
  }
}

type Reachable = Parameters<typeof compileRoute>[0]['reachable'][number]

function planRoute(
  route: RouteConfiguration,
  steps: readonly Step[],
  reachable: readonly Reachable[],
  draining: RoutePlan['draining'],
  providerOf: (id: string) => string | undefined
): RoutePlan {
  const { id, stripPrefix, rewrite, limits, drain, upstream, onClientGone } = route
  return compileRoute({
    id,
    // Endpoints speak no dialect, whatever their path may suggest.
    dialect: route.endpoints === undefined ? route.dialect : 'http',
    targets: upstream === undefined ? undefined : [{ upstream: opaqueUpstream(upstream, providerOf) }],
    stripPrefix,
    rewrite,
    limits,
    websocket: route.websocket ?? null,
    drainsForClient: onClientGone === 'drain',
    drain,
    draining,
    steps,
    reachable
  })
}
