/**
 * Serves public endpoints of plugins on a route: the last step of its way in,
 * behind whatever authenticates and limits there. Knows no plugin; whoever is
 * not known as a consumer by then is refused.
 */
import { callEndpoint, type EndpointOutcome } from '../endpoints/call.ts'
import { endpointRefusal } from '../endpoints/reasons.ts'
import type { ServedEndpoints } from '../endpoints/served.ts'
import { opaqueRefusal } from '../opaque.ts'
import { type Answer, CONSUMER, type DownstreamRequest, type Exchange, type Refusal } from '../plugin.ts'
import type { Step } from './plan.ts'

/** Told when an endpoint has thrown, or has answered what it does not declare. */
export type EndpointFailed = (instance: string, error: unknown) => void

/** Name of the step in logs and decisions. No plugin can have it. */
const STEP = 'core/endpoints'

/** The step of a route that these endpoints are served on. */
export function endpointStep(endpoints: ServedEndpoints, failed: EndpointFailed): Step {
  return {
    name: STEP,
    phases: { requestFilter: (exchange, request) => answer(endpoints, failed, exchange, request) },
    readsRequestBody: true,
    readsResponseBody: false,
    allowsFailure: false,
    upstreams: new Set(),
    events: new Map()
  }
}

async function answer(
  endpoints: ServedEndpoints,
  failed: EndpointFailed,
  exchange: Exchange,
  request: DownstreamRequest
): Promise<Answer | Refusal> {
  const consumer = exchange.get(CONSUMER)
  if (consumer === undefined) return opaqueRefusal(endpointRefusal('consumer_missing'))
  const { method, target } = request
  const at = target.indexOf('?')
  const found = endpoints.find(method, at < 0 ? target : target.slice(0, at))
  if (found.served === undefined) {
    const { allowed } = found
    if (allowed.length === 0) return opaqueRefusal(endpointRefusal('route_not_found'))
    return opaqueRefusal(endpointRefusal('method_not_allowed', { headers: { allow: allowed.join(', ') } }))
  }
  exchange.decide('endpoint', { served: found.served.id })
  const outcome = await callEndpoint(found.served, {
    actor: consumer.id,
    role: 'consumer',
    consumer,
    params: found.params,
    query: at < 0 ? '' : target.slice(at + 1),
    contentType: request.headers.get('content-type'),
    accept: request.headers.get('accept'),
    body: request.body.bytes()
  })
  if (outcome.kind === 'answered') return answered(outcome)
  if (outcome.failure !== undefined) failed(found.served.owner, outcome.failure)
  return opaqueRefusal(outcome.refused)
}

function answered({ status, type, headers, body }: Extract<EndpointOutcome, { kind: 'answered' }>): Answer {
  return { status, headers: { ...headers, 'content-type': type, 'cache-control': 'no-store' }, body }
}
