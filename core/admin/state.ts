/** What the gateway is made of: itself, its routes, its upstreams and their peers, its plugins. */
import { type Static, Type } from '@sinclair/typebox'
import type { LoadedConfiguration, LoadedUse } from '../configuration/load.ts'
import type { PluginInstance } from '../instances.ts'
import { samplesOf } from '../metrics/samples.ts'
import type { Health, Outcome } from '../plugin.ts'
import type { StandingFacts } from '../upstream/health/standing.ts'
import { VERSION } from '../version.ts'
import { loadOf } from './figures.ts'
import { ShownState, shownState } from './shown-state.ts'
import { type AdminSource, type CoreEndpoint, coreEndpoint } from './source.ts'

const Count = Type.Integer({ minimum: 0 })
const Text = Type.String()
const Texts = Type.Array(Text)

/** Who the gateway is, how it is, and whom it is talking to. */
export function statusEndpoint({ clock, startedAt, isReady, going, snapshot }: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'GET',
    path: '/v1/status',
    role: 'viewer',
    summary: 'Tells who the gateway is, how it is, and as whom it is asked.',
    response: Type.Object({
      version: Text,
      node: Text,
      startedAt: Count,
      uptimeMs: Count,
      ready: Type.Boolean(),
      file: Type.String({ description: 'The configuration, as it was given.' }),
      inFlight: Count,
      streams: Count,
      actor: Type.Object({ id: Text, role: Text })
    })
  } as const
  return coreEndpoint(endpoint, async ({ actor, role }) => ({
    version: VERSION,
    node: process.versions.node,
    startedAt: Math.round(startedAt),
    uptimeMs: Math.max(0, Math.round(clock.now() - startedAt)),
    ready: isReady(),
    file: snapshot().loaded.file,
    ...loadOf(await going.figures()),
    actor: { id: actor, role }
  }))
}

/** The routes, in the order of the file. */
export function routesEndpoint({ snapshot, going }: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'GET',
    path: '/v1/routes',
    role: 'viewer',
    summary: 'Lists the routes, with what they match, where they lead and which plugins they pass.',
    response: Type.Object({
      routes: Type.Array(
        Type.Object({
          id: Text,
          match: Type.Object({ hosts: Texts, methods: Texts, path: Text }),
          dialect: Type.Union([Text, Type.Null()], { description: 'Null where the path of each request tells.' }),
          upstreams: Type.Array(Text, { description: 'Every upstream that it can lead to.' }),
          plugins: Type.Array(Text, { description: 'Instances, in the order of the way in.' }),
          endpoints: Type.Array(Text, { description: 'Instances whose endpoints for consumers it serves.' }),
          inFlight: Count,
          streams: Count
        })
      )
    })
  } as const
  return coreEndpoint(endpoint, async () => {
    const { loads } = await going.figures()
    const { loaded, plans, instanceOf } = snapshot()
    const byRoute = new Map(loads.map(({ route, inFlight, streams }) => [route, { inFlight, streams }]))
    const nameOf = (use: LoadedUse) => instanceOf.get(use)?.name ?? use.definition.name
    return {
      routes: loaded.configuration.routes.map(({ id, match, dialect, endpoints = [] }) => ({
        id,
        match: { hosts: match.host ?? [], methods: match.method ?? [], path: match.path },
        dialect: dialect ?? null,
        upstreams: [...(plans.get(id)?.upstreams.keys() ?? [])],
        plugins: [...loaded.plugins, ...(loaded.routes.get(id) ?? [])].map(nameOf),
        endpoints,
        ...(byRoute.get(id) ?? { inFlight: 0, streams: 0 })
      }))
    }
  })
}

/** Of a peer that nobody looks after: the configuration has just been taken. */
const SERVING: StandingFacts = {
  state: 'serving',
  reason: null,
  forMs: 0,
  leftMs: null,
  ejections: 0,
  consecutive5xx: 0,
  consecutiveGatewayFailure: 0
}

/** The upstreams, with how each peer is doing. */
export function upstreamsEndpoint({ snapshot, measures, workersPage }: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'GET',
    path: '/v1/upstreams',
    role: 'viewer',
    summary: 'Lists the upstreams, with the connections of their peers and what their balancers know of them.',
    response: Type.Object({
      upstreams: Type.Array(
        Type.Object({
          id: Text,
          balancer: Text,
          plugins: Texts,
          panicking: Type.Boolean({ description: 'Whether so few peers are left that all are used.' }),
          places: Type.Object(
            {
              inFlight: Count,
              waiting: Count,
              retries: Count,
              limit: Type.Union([Count, Type.Null()], {
                description: 'Tries that may be under way; null for any number.'
              })
            },
            { description: 'Tries under way, and requests that wait for a place.' }
          ),
          peers: Type.Array(
            Type.Object({
              id: Text,
              origin: Text,
              weight: Type.Number({ minimum: 0, description: 'As it counts now: less while the peer warms up.' }),
              priority: Count,
              state: Type.String({
                enum: ['serving', 'warming', 'resting', 'ejected', 'probing', 'failing', 'drained']
              }),
              reason: Type.Union([Text, Type.Null()], { description: 'Why it is left out.' }),
              forMs: Type.Number({ description: 'Time in this state so far.' }),
              leftMs: Type.Union([Type.Number(), Type.Null()], { description: 'Until the state ends by itself.' }),
              ejections: Count,
              consecutive5xx: Count,
              consecutiveGatewayFailure: Count,
              labels: Type.Record(Text, Text),
              inFlight: Count,
              connections: Count,
              tries: Count,
              failures: Count,
              balancer: Type.Optional(Type.Record(Text, Type.Union([Type.Number(), Type.Boolean(), Text])))
            })
          )
        })
      )
    })
  } as const
  const tell = (ofWorkers: ReadonlyMap<string, number> | undefined) => {
    const { loaded, upstreams, instanceOf } = snapshot()
    const counted = new Map<string, { tries: number; failures: number }>()
    for (const { upstream, peer, tries, failures } of measures.peerFigures()) {
      counted.set(`${upstream}\0${peer}`, { tries, failures })
    }
    return {
      upstreams: upstreams.map(({ id, peers, health, places }) => {
        const uses = loaded.upstreams.get(id)
        const balancer = uses === undefined ? undefined : instanceOf.get(uses.balancer)
        const state = balancer === undefined ? undefined : shownState(balancer)
        return {
          id,
          balancer: balancer?.name ?? '',
          plugins: (uses?.plugins ?? []).flatMap(use => instanceOf.get(use)?.name ?? []),
          panicking: health.isPanicking,
          places: {
            inFlight: ofUpstream(ofWorkers, 'in_flight', id) ?? places.inFlight,
            waiting: ofUpstream(ofWorkers, 'waiting', id) ?? places.waiting,
            retries: ofUpstream(ofWorkers, 'retries_in_flight', id) ?? places.retries,
            limit: Number.isFinite(places.limits.inFlight) ? places.limits.inFlight : null
          },
          peers: peers.map(({ id: peer, origin, weight, priority, labels, inFlight, connections }) => ({
            id: peer,
            origin: origin.origin,
            weight,
            priority,
            ...(health.factsOf(peer) ?? SERVING),
            labels: { ...labels },
            inFlight: ofPeer(ofWorkers, 'peer_in_flight', id, peer) ?? inFlight,
            connections: ofPeer(ofWorkers, 'peer_connections', id, peer) ?? connections.size,
            ...(triesOf(ofWorkers, id, peer) ?? counted.get(`${id}\0${peer}`) ?? { tries: 0, failures: 0 }),
            ...(state?.[peer] !== undefined && { balancer: state[peer] })
          }))
        }
      })
    }
  }
  return coreEndpoint(endpoint, () => workersPage()?.then(page => tell(samplesOf(page, 'tacit_'))) ?? tell(undefined))
}

/** Figures of all processes together, where others than this one carry the exchanges. */
type Samples = ReadonlyMap<string, number> | undefined

function ofUpstream(samples: Samples, name: string, upstream: string): number | undefined {
  return samples?.get(`tacit_upstream_${name}{upstream="${upstream}"}`)
}

function ofPeer(samples: Samples, name: string, upstream: string, peer: string): number | undefined {
  return samples?.get(`tacit_${name}{upstream="${upstream}",peer="${peer}"}`)
}

function triesOf(samples: Samples, upstream: string, peer: string) {
  if (samples === undefined) return undefined
  const of = (outcome: Outcome) =>
    samples.get(`tacit_attempts_total{upstream="${upstream}",peer="${peer}",outcome="${outcome}"}`) ?? 0
  const failures = FAILED.reduce((sum, outcome) => sum + of(outcome), 0)
  return { tries: failures + of('committed') + of('cancelled'), failures }
}

const FAILED: readonly Outcome[] = ['rejected', 'connect_failed', 'reset', 'timed_out']

const Place = Type.Object({
  kind: Type.String({ enum: ['everywhere', 'route', 'upstream', 'balancer'] }),
  of: Type.Union([Text, Type.Null()], { description: 'The route or the upstream.' }),
  line: Count
})

/** The instances of plugins, where they stand and what they may read. */
export function pluginsEndpoint({ snapshot, health }: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'GET',
    path: '/v1/plugins',
    role: 'viewer',
    summary: 'Lists the instances of plugins, with where they stand, what they read and how they are.',
    response: Type.Object({
      plugins: Type.Array(
        Type.Object({
          instance: Text,
          plugin: Text,
          summary: Text,
          place: Place,
          guard: Type.Boolean(),
          failureMode: Text,
          reads: Texts,
          egress: Type.Array(Type.Object({ to: Text, what: Text })),
          phases: Texts,
          endpoints: Type.Array(
            Type.Object({ name: Text, listener: Text, method: Text, path: Text, role: Text, summary: Text })
          ),
          health: Type.Optional(Type.Object({ status: Text, detail: Type.Optional(Text) })),
          state: Type.Optional(ShownState)
        })
      )
    })
  } as const
  return coreEndpoint(endpoint, async () => {
    const { loaded, instanceOf } = snapshot()
    const healths = await health()
    return {
      plugins: placesOf(loaded).flatMap(({ use, place }) => {
        const instance = instanceOf.get(use)
        if (instance === undefined) return []
        const state = shownState(instance)
        const told = healths[instance.name]
        return [
          {
            ...describe(instance, use),
            place,
            ...(told !== undefined && { health: healthOf(told) }),
            ...(state !== undefined && { state })
          }
        ]
      })
    }
  })
}

/** Nothing besides what the contract names, whatever a plugin in JavaScript may have added. */
function healthOf({ status, detail }: Health) {
  return { status, ...(detail !== undefined && { detail }) }
}

/** What a set-up returns besides the phases of an exchange. */
const BESIDES: ReadonlySet<string> = new Set(['endpoints', 'health', 'show', 'close'])

function describe({ name, definition, phases }: PluginInstance, { failureMode }: LoadedUse) {
  const { summary, guard = false, data, endpoints = {} } = definition
  return {
    instance: name,
    plugin: definition.name,
    summary,
    guard,
    failureMode,
    reads: [...data.reads],
    egress: (data.egress ?? []).map(({ to, what }) => ({ to, what })),
    phases: Object.keys(phases).filter(phase => !BESIDES.has(phase)),
    endpoints: Object.entries(endpoints).map(([operation, { listener, method, path, role, summary }]) => ({
      name: operation,
      listener,
      method,
      path,
      role,
      summary
    }))
  }
}

interface Placed {
  readonly use: LoadedUse
  readonly place: Static<typeof Place>
}

/** Every use of a plugin, in the order in which they are set up. */
function placesOf(loaded: LoadedConfiguration): readonly Placed[] {
  const at = (use: LoadedUse, kind: string, of: string | null): Placed => {
    const { line } = loaded.problemAt(use.path, 'TACIT_PLUGIN_SETUP_FAILED', '')
    return { use, place: { kind, of, line } }
  }
  return [
    ...loaded.plugins.map(use => at(use, 'everywhere', null)),
    ...[...loaded.upstreams].flatMap(([id, { balancer, plugins }]) => [
      at(balancer, 'balancer', id),
      ...plugins.map(use => at(use, 'upstream', id))
    ]),
    ...[...loaded.routes].flatMap(([id, uses]) => uses.map(use => at(use, 'route', id)))
  ]
}
