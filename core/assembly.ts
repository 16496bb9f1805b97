/**
 * Turns a loaded configuration into a snapshot that serves: upstreams with
 * their connections, plugin instances, and routes compiled into plans. Does not
 * listen.
 */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { LoadedConfiguration, LoadedUse } from './configuration/load.ts'
import type { RouteConfiguration, UpstreamConfiguration } from './configuration/schema.ts'
import { GatewayError } from './errors.ts'
import { createHost, type HostBase, type HostHandle } from './host.ts'
import { closeInstances, type InstancePlan, type Place, type PluginInstance, setUpInstances } from './instances.ts'
import { type CompiledEvent, compileEvent } from './log.ts'
import { opaqueUpstream } from './opaque.ts'
import { compileRoute, declares, type RoutePlan, type Step } from './pipeline/plan.ts'
import { Matcher } from './server/matcher.ts'
import { RetryBudget } from './upstream/retry.ts'
import { LivePeer, type Upstream } from './upstream/upstream.ts'

/** Everything that one configuration needs to serve. Never changes; the next one is built beside it. */
export interface Snapshot {
  readonly loaded: LoadedConfiguration
  readonly plans: ReadonlySet<RoutePlan>
  readonly routes: Matcher<RoutePlan>
  readonly instances: readonly PluginInstance[]
  readonly upstreams: readonly Upstream[]
  /** Releases instances, then connections. */
  close(): Promise<void>
}

/** One use of a plugin, ready to be set up. */
interface Prepared {
  readonly use: LoadedUse
  readonly handle: HostHandle
  readonly plan: InstancePlan
}

/**
 * Sets everything up, in the order of the file.
 * @throws GatewayError when a plugin cannot be set up, or a route leads nowhere. What was set up is closed then.
 */
export async function assemble(loaded: LoadedConfiguration, base: HostBase): Promise<Snapshot> {
  const upstreams = new Map(loaded.configuration.upstreams.map(entry => [entry.id, buildUpstream(entry, base)]))
  const names = new Map<string, number>()
  const prepare = (use: LoadedUse, kind: Place['kind']): Prepared => {
    const { file, line } = loaded.problemAt(use.path, 'TACIT_PLUGIN_SETUP_FAILED', '')
    const place: Place = { kind, at: `${file}:${line}` }
    const name = use.definition.name
    const count = (names.get(name) ?? 0) + 1
    names.set(name, count)
    const instance = count === 1 ? name : `${name}#${count}`
    const handle = createHost(use.definition, instance, base)
    const { definition, config } = use
    return { use, handle, plan: { definition, config, host: handle.host, place } as InstancePlan }
  }

  const everywhere = loaded.plugins.map(use => prepare(use, 'route'))
  const atUpstreams = [...loaded.upstreams].map(([id, { balancer, plugins }]) => ({
    id,
    balancer: prepare(balancer, 'balancer'),
    plugins: plugins.map(use => prepare(use, 'upstream'))
  }))
  const atRoutes = loaded.configuration.routes.map(route => ({
    route,
    plugins: (loaded.routes.get(route.id) ?? []).map(use => prepare(use, 'route'))
  }))

  const prepared = [
    ...everywhere,
    ...atUpstreams.flatMap(({ balancer, plugins }) => [balancer, ...plugins]),
    ...atRoutes.flatMap(({ plugins }) => plugins)
  ]
  const handles = prepared.map(({ handle }) => handle)
  const close = async (instances: readonly PluginInstance[]) => {
    await closeInstances(instances)
    for (const handle of handles.toReversed()) await handle.close()
    const peers = [...upstreams.values()].flatMap(upstream => upstream.peers)
    await Promise.all(peers.map(peer => peer.connections.close()))
  }

  let instances: readonly PluginInstance[] = []
  try {
    instances = await setUpInstances(prepared.map(({ plan }) => plan))
    const steps = new Map(prepared.map((entry, index) => [entry, stepOf(entry, instances[index])]))
    const stepsOf = (entries: readonly Prepared[]) => entries.flatMap(entry => steps.get(entry) ?? [])
    const reachable = new Map(
      atUpstreams.flatMap(({ id, balancer, plugins }) => {
        const upstream = upstreams.get(id)
        const [step] = stepsOf([balancer])
        return upstream && step ? [[id, { upstream, steps: stepsOf(plugins), balancer: step }] as const] : []
      })
    )
    const routes = new Matcher<RoutePlan>()
    const plans = new Set<RoutePlan>()
    for (const { route, plugins } of atRoutes) {
      const own = stepsOf([...everywhere, ...plugins])
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
      const plan = planRoute(
        route,
        own,
        [...ids].flatMap(id => reachable.get(id) ?? [])
      )
      plans.add(plan)
      const { host = [], method = [], path } = route.match
      routes.add({ hosts: host.map(name => name.toLowerCase()), methods: method, path }, plan)
    }
    const ready = instances
    return { loaded, plans, routes, instances, upstreams: [...upstreams.values()], close: () => close(ready) }
  } catch (error) {
    await close(instances)
    throw error
  }
}

function stepOf({ use, handle }: Prepared, instance: PluginInstance | undefined): Step {
  if (instance === undefined) throw new TypeError('fewer instances than uses')
  const { definition } = use
  const events = new Map<string, CompiledEvent>()
  for (const [name, schema] of Object.entries(definition.events ?? {})) {
    events.set(name, compileEvent(name, schema, { plugin: instance.name }))
  }
  return {
    name: instance.name,
    phases: instance.phases,
    readsRequestBody: declares(definition, 'request-body'),
    readsResponseBody: declares(definition, 'response-body'),
    allowsFailure: use.failureMode === 'allow',
    upstreams: handle.upstreams,
    events
  }
}

function planRoute(
  route: RouteConfiguration,
  steps: readonly Step[],
  reachable: Parameters<typeof compileRoute>[0]['reachable']
): RoutePlan {
  const { id, dialect, stripPrefix, rewrite, limits, drain, upstream, onClientGone } = route
  return compileRoute({
    id,
    dialect,
    targets: upstream === undefined ? undefined : [{ upstream: opaqueUpstream(upstream) }],
    stripPrefix,
    rewrite,
    limits,
    drainsForClient: onClientGone === 'drain',
    drain,
    draining: { count: 0 },
    steps,
    reachable
  })
}

function buildUpstream(configuration: UpstreamConfiguration, { clock, connect }: HostBase): Upstream {
  const { id, hostHeader, timeouts, retry, connections, tls } = configuration
  const ca = tls?.ca === undefined ? undefined : readAuthorities(tls.ca)
  const peers = configuration.peers.map(({ id: peerId, url, weight, region, labels }) => {
    const origin = new URL(url)
    const name = tls?.serverName ?? (isIP(origin.hostname.replace(/^\[|\]$/g, '')) === 0 ? origin.hostname : undefined)
    const serverName = origin.protocol === 'https:' ? name : undefined
    const options = { max: connections.max, keepAliveMs: connections.keepAlive, ca, serverName }
    const all = region === undefined ? labels : { ...labels, region }
    return new LivePeer({ id: peerId, origin, weight, labels: all }, connect(origin.origin, options))
  })
  return {
    id,
    peers,
    hostHeader,
    timeouts,
    retry: { attempts: retry.attempts, on: new Set(retry.on), nonIdempotent: retry.nonIdempotent },
    budget: new RetryBudget(clock, retry.budget, retry.minPerSecond)
  }
}

/** @throws GatewayError `TACIT_AUTHORITIES_UNREADABLE`. */
function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new GatewayError(
      'TACIT_AUTHORITIES_UNREADABLE',
      `The authorities in "${file}" could not be read.`,
      'Check `tls.ca`.'
    )
  }
}
