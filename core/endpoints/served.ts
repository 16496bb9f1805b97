/**
 * Endpoints that are served somewhere, found by method and path. Core's own and
 * those of plugins stand in the same table. Must not know what listens.
 */
import { GatewayError } from '../errors.ts'
import type { Endpoint, EndpointCall } from '../plugin.ts'
import { matchTemplate, parseTemplate, type Segment, shapeOf } from './template.ts'

/** An endpoint in its place, and what answers it. */
export interface ServedEndpoint {
  /** Unique among those that are served together, such as `metering.usage`; the `operationId` of its description. */
  readonly id: string
  /** What it belongs to, in descriptions: `gateway`, or the name of an instance. */
  readonly owner: string
  /** Where it is served: the declared path behind what its place puts in front. */
  readonly path: string
  readonly endpoint: Endpoint
  readonly handle: (call: EndpointCall) => unknown
}

/** What was found for a request. `allowed`: the path is known, but with other methods. */
export type FoundEndpoint =
  | { readonly served: ServedEndpoint; readonly params: Readonly<Record<string, string>> }
  | { readonly served: undefined; readonly allowed: readonly string[] }

interface Entry {
  readonly served: ServedEndpoint
  readonly segments: readonly Segment[]
}

/** All endpoints of one place. Where a word and a parameter would both fit, the word does. */
export class ServedEndpoints {
  readonly all: readonly ServedEndpoint[]
  /** By number of segments; words before parameters. */
  readonly #byLength = new Map<number, Entry[]>()

  /** @throws GatewayError `TACIT_ENDPOINT_DUPLICATE` for two that no request could tell apart, `TACIT_ENDPOINT_INVALID` for a path that is none. */
  constructor(all: readonly ServedEndpoint[]) {
    this.all = all
    const taken = new Map<string, ServedEndpoint>()
    for (const served of all) {
      const { method } = served.endpoint
      const segments = segmentsOf(served)
      const key = `${method} ${shapeOf(segments)}`
      const other = taken.get(key)
      if (other !== undefined) {
        throw new GatewayError(
          'TACIT_ENDPOINT_DUPLICATE',
          `Both ${other.owner} and ${served.owner} serve ${method} ${served.path}.`,
          'Serve one of them elsewhere.'
        )
      }
      taken.set(key, served)
      const entries = this.#byLength.get(segments.length) ?? []
      this.#byLength.set(segments.length, entries)
      entries.push({ served, segments })
    }
    for (const entries of this.#byLength.values()) entries.sort((one, other) => rank(one) - rank(other))
  }

  /** @param path of the request as it came, without query. */
  find(method: string, path: string): FoundEndpoint {
    const parts = path === '/' ? [] : path.slice(1).split('/')
    const allowed = new Set<string>()
    for (const { served, segments } of this.#byLength.get(parts.length) ?? []) {
      const params = matchTemplate(segments, parts)
      if (params === undefined) continue
      if (served.endpoint.method === method) return { served, params }
      allowed.add(served.endpoint.method)
    }
    return { served: undefined, allowed: [...allowed].sort() }
  }
}

/** What the place puts in front may hold upper case, as routes may; what is declared is checked with its definition. */
function segmentsOf({ path, endpoint }: ServedEndpoint): readonly Segment[] {
  const own = parseTemplate(endpoint.path)
  const front = endpoint.path === '/' ? path : path.slice(0, path.length - endpoint.path.length)
  if (own === undefined || !path.endsWith(endpoint.path === '/' ? '' : endpoint.path)) {
    throw new GatewayError('TACIT_ENDPOINT_INVALID', `"${path}" is no path of an endpoint.`)
  }
  const before = front.split('/').filter(part => part !== '')
  return [...before.map(word => ({ word })), ...own]
}

/** Where the first parameter stands, from the end: words go first. */
function rank({ segments }: Entry): number {
  return segments.reduce(
    (sum, segment, index) => sum + ('parameter' in segment ? 2 ** (segments.length - index) : 0),
    0
  )
}
