/**
 * One request to one endpoint: read strictly, answered, and checked on the way
 * out. Who may ask was decided before. Must not know what listens.
 */
import type { Refused } from '../errors.ts'
import { refusedOf } from '../opaque.ts'
import type { Consumer, EndpointRole } from '../plugin.ts'
import { type InputProblem, paramProblems, type Read, readBody, readQuery } from './input.ts'
import { writeOutput } from './output.ts'
import { endpointRefusal } from './reasons.ts'
import type { ServedEndpoint } from './served.ts'
import { writeAnswer } from './table.ts'

/** A request whose sender is known, not read yet. */
export interface EndpointRequest {
  readonly actor: string
  readonly role: EndpointRole
  readonly consumer: Consumer | undefined
  /** Of the path, as they were found. */
  readonly params: Readonly<Record<string, string>>
  /** Without `?`. */
  readonly query: string
  readonly contentType: string | undefined
  /** Media types that the sender takes, as it has written them. */
  readonly accept: string | undefined
  readonly body: Uint8Array | undefined
}

/** What came of a request. `failure` is what was thrown, for the log. */
export type EndpointOutcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly type: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  | {
      readonly kind: 'refused'
      readonly refused: Refused
      readonly problems?: readonly InputProblem[]
      readonly failure?: unknown
    }

/** Largest body of a request that says nothing of its own. */
export const DEFAULT_MAX_BYTES = 64 * 1024

const JSON_TYPE = /^application\/json(?:\s*;\s*charset=(?:utf-8|"utf-8"))?\s*$/i

/** Whether the body of a request to this endpoint is its input; else its query is. */
export function takesBody({ endpoint: { method } }: ServedEndpoint): boolean {
  return method !== 'GET' && method !== 'DELETE'
}

/** Reads the request, asks, and checks the answer. Never throws. */
export async function callEndpoint(served: ServedEndpoint, request: EndpointRequest): Promise<EndpointOutcome> {
  const { endpoint, handle } = served
  const hasBody = request.body !== undefined && request.body.length > 0
  if (hasBody && request.body.length > (endpoint.maxBytes ?? DEFAULT_MAX_BYTES)) return refused('body_too_large')
  if (hasBody && takesBody(served) && !JSON_TYPE.test(request.contentType ?? ''))
    return refused('unsupported_media_type')
  const { actor, role, consumer, params } = request
  const [input, unused] = inputsOf(served, request)
  const problems = [paramProblems(endpoint.params, params), problemsOf(input), problemsOf(unused)].flat()
  if (!('value' in input) || problems.length > 0) {
    return { kind: 'refused', refused: endpointRefusal('invalid_request'), problems }
  }
  try {
    const answer = await handle({ actor, role, consumer, input: input.value, params })
    const no = refusedOf(answer)
    if (no !== undefined) return { kind: 'refused', refused: no }
    const written = writeAnswer(endpoint, writeOutput(endpoint.response, answer), request.accept, request.query)
    return { kind: 'answered', status: endpoint.status ?? 200, ...written }
  } catch (failure) {
    const no = refusedOf(failure)
    if (no !== undefined) return { kind: 'refused', refused: no }
    return { kind: 'refused', refused: endpointRefusal('endpoint_failed'), failure }
  }
}

/** Body or query, whichever counts, and then the other, in which nothing may stand. */
function inputsOf(served: ServedEndpoint, { query, body }: EndpointRequest): readonly [Read, Read] {
  const { request } = served.endpoint
  if (takesBody(served)) return [readBody(request, body), readQuery(undefined, query)]
  return [readQuery(request, query), readBody(undefined, body)]
}

function refused(reason: 'body_too_large' | 'unsupported_media_type'): EndpointOutcome {
  return { kind: 'refused', refused: endpointRefusal(reason) }
}

function problemsOf(read: Read): readonly InputProblem[] {
  return 'problems' in read ? read.problems : []
}
