/** What goes through the gateway: figures of the last minutes, and the exchanges under way. */
import { type Static, Type } from '@sinclair/typebox'
import { type Course, SAMPLE_MS } from '../traffic.ts'
import { loadOf } from './figures.ts'
import { type AdminSource, type CoreEndpoint, coreEndpoint } from './source.ts'

const Count = Type.Integer({ minimum: 0 })
const Text = Type.String()
const Milliseconds = Type.Array(Type.Union([Type.Number(), Type.Null()]))

const CourseSchema = Type.Object(
  { requests: Type.Array(Count), errors: Type.Array(Count), p50Ms: Milliseconds, p95Ms: Milliseconds },
  { description: 'One entry for each look since `from`. Times are null while nothing ended.' }
)

/** Figures since the start, and their course. */
export function trafficEndpoint({ traffic, going, snapshot }: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'GET',
    path: '/v1/traffic',
    role: 'viewer',
    summary: 'Tells requests, errors and times of the gateway, of its routes and of its peers over the last minutes.',
    request: Type.Object({
      since: Type.Integer({
        minimum: 0,
        default: 0,
        description: 'The `looks` of an earlier answer: courses begin after it.'
      })
    }),
    response: Type.Object({
      everyMs: Type.Integer({ minimum: 1, description: 'Time between two looks.' }),
      looks: Type.Integer({ minimum: 0, description: 'Number of the latest look.' }),
      from: Type.Integer({ minimum: 1, description: 'Number of the first look in the courses.' }),
      total: Type.Object({
        inFlight: Count,
        streams: Count,
        requests: Count,
        errors: Type.Integer({ minimum: 0, description: 'Answered 5xx, or broken off after a good beginning.' }),
        refusals: Type.Integer({ minimum: 0, description: 'The gateway said no.' }),
        course: CourseSchema
      }),
      routes: Type.Array(
        Type.Object({
          id: Text,
          inFlight: Count,
          streams: Count,
          requests: Count,
          errors: Count,
          refusals: Count,
          course: CourseSchema
        })
      ),
      peers: Type.Array(
        Type.Object({
          upstream: Text,
          id: Text,
          inFlight: Count,
          connections: Count,
          tries: Count,
          failures: Count,
          course: CourseSchema
        })
      )
    })
  } as const
  return coreEndpoint(endpoint, async ({ input: { since } }) => {
    const figures = await going.figures()
    const { loaded, upstreams } = snapshot()
    const loads = new Map(figures.loads.map(each => [each.route, each]))
    const routes = new Map(figures.routes.map(each => [each.route, each]))
    const peers = new Map(figures.peers.map(each => [`${each.upstream}\0${each.peer}`, each]))
    const peerLoads = new Map(figures.peerLoads.map(each => [`${each.upstream}\0${each.peer}`, each]))
    const sums = { requests: 0, errors: 0, refusals: 0 }
    for (const { requests, errors, refusals } of routes.values()) {
      sums.requests += requests
      sums.errors += errors
      sums.refusals += refusals
    }
    return {
      everyMs: SAMPLE_MS,
      looks: traffic.looks,
      from: traffic.firstAfter(since),
      total: { ...loadOf(figures), ...sums, course: written(traffic.total(since)) },
      routes: loaded.configuration.routes.map(({ id }) => {
        const { requests = 0, errors = 0, refusals = 0 } = routes.get(id) ?? {}
        const { inFlight = 0, streams = 0 } = loads.get(id) ?? {}
        return { id, inFlight, streams, requests, errors, refusals, course: written(traffic.route(id, since)) }
      }),
      peers: upstreams.flatMap(upstream =>
        upstream.peers.map(({ id }) => {
          const { tries = 0, failures = 0 } = peers.get(`${upstream.id}\0${id}`) ?? {}
          const { inFlight = 0, connections = 0 } = peerLoads.get(`${upstream.id}\0${id}`) ?? {}
          const course = written(traffic.peer(upstream.id, id, since))
          return { upstream: upstream.id, id, inFlight, connections, tries, failures, course }
        })
      )
    }
  })
}

function written({ requests, errors, p50Ms, p95Ms }: Course): Static<typeof CourseSchema> {
  return { requests: [...requests], errors: [...errors], p50Ms: [...p50Ms], p95Ms: [...p95Ms] }
}

/** The exchanges that have been under way for the longest time. */
export function exchangesEndpoint({ going }: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'GET',
    path: '/v1/exchanges',
    role: 'viewer',
    summary: 'Lists exchanges under way, the oldest first, without anything of what is said in them.',
    request: Type.Object({
      limit: Type.Integer({ minimum: 1, maximum: 500, default: 100, description: 'How many are listed at most.' })
    }),
    response: Type.Object({
      inFlight: Count,
      exchanges: Type.Array(
        Type.Object({
          id: Text,
          route: Text,
          dialect: Text,
          ageMs: Count,
          stream: Type.Boolean(),
          upstream: Type.Union([Text, Type.Null()]),
          peer: Type.Union([Text, Type.Null()]),
          tries: Count,
          status: Type.Integer({ minimum: 0, description: 'That the client was sent; 0 while it was sent none.' }),
          requestBytes: Count,
          responseBytes: Count,
          draining: Type.Boolean({ description: 'The client has gone, and the answer is read on without it.' })
        })
      )
    })
  } as const
  return coreEndpoint(endpoint, async ({ input: { limit } }) => {
    const { inFlight, exchanges } = await going.oldest(limit)
    return { inFlight, exchanges: exchanges.map(exchange => ({ ...exchange })) }
  })
}
