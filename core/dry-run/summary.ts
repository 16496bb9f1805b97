/** Puts together what is known of a request that was run dry. Masks secrets; decides nothing. */
import type { LiveAttempt } from '../pipeline/attempt.ts'
import type { LiveExchange } from '../pipeline/exchange.ts'
import type { RoutePlan, Step, UpstreamPlan } from '../pipeline/plan.ts'
import { CONSUMER, CREDENTIAL, type EndReason, type Facts, MODEL } from '../plugin.ts'
import type {
  DryRequest,
  ExplainedAttempt,
  ExplainedCall,
  ExplainedMessage,
  ExplainedPeer,
  ExplainedPhase,
  ExplainedTarget,
  Explanation
} from './explanation.ts'
import type { Masks } from './masks.ts'
import type { MemoryResponse } from './memory-connection.ts'

/** Everything that was seen. */
export interface Seen {
  readonly request: DryRequest
  readonly response: MemoryResponse
  /** Undefined when the request was refused before it had a route. */
  readonly exchange: LiveExchange | undefined
  /** Why it was refused then. */
  readonly refused: string | undefined
  readonly end: EndReason | undefined
  readonly calls: readonly ExplainedCall[]
  readonly sent: WeakMap<LiveAttempt, ExplainedMessage>
  readonly masks: Masks
}

/** What Node adds to every answer: of the connection, or of the moment. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['connection', 'date', 'keep-alive'])

/** Stands for the id of the exchange, which is another each time. */
const ID = '[request id]'

/** Makes the explanation. */
export function summarise(seen: Seen): Explanation {
  const { request, exchange, masks } = seen
  const calls = seen.calls.map(call => ({
    ...call,
    decisions: call.decisions.map(({ name, facts }) => ({ name, facts: masked(facts, masks) }))
  }))
  return {
    method: request.method,
    target: request.target,
    route: exchange?.route,
    dialect: exchange?.dialect,
    consumer: exchange?.get(CONSUMER)?.id,
    credential: exchange?.get(CREDENTIAL)?.id,
    model: exchange?.get(MODEL),
    phases: exchange === undefined ? [] : phasesOf(exchange.plan),
    calls,
    targets: exchange === undefined ? [] : targetsOf(exchange),
    attempts: exchange?.attempts.map(attempt => attemptOf(attempt, calls, seen)) ?? [],
    response: responseOf(seen),
    end: seen.end
  }
}

function masked(facts: Facts, masks: Masks): Facts {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, typeof value === 'string' ? masks.text(value) : value])
  )
}

/** Who acts in each phase, in the order of the phases. */
function phasesOf(plan: RoutePlan): readonly ExplainedPhase[] {
  const phases: ExplainedPhase[] = []
  const add = (way: ExplainedPhase['way'], phase: string, steps: readonly Step[] | null, upstream?: string) => {
    if (steps !== null) phases.push({ way, phase, upstream, plugins: steps.map(({ name }) => name) })
  }
  add('in', 'requestFilter', plan.requestFilters)
  for (const [id, upstream] of plan.upstreams) {
    add('try', 'upstreamPeers', upstream.narrowers, id)
    add('try', 'upstreamPeer', [upstream.balancer], id)
    add('try', 'upstreamRequestFilter', upstream.requestFilters, id)
    add('try', 'upstreamResult', upstream.results, id)
    add('out', 'responseFilter', upstream.responseFilters, id)
  }
  // Of what the gateway answers itself.
  add('out', 'responseFilter', plan.responseFilters)
  add('end', 'finish', plan.finishers)
  add('end', 'logging', plan.loggers)
  return phases
}

function targetsOf(exchange: LiveExchange): readonly ExplainedTarget[] {
  const { targets = [], attempts, source } = exchange
  const answered = source === 'upstream' ? exchange.targetIndex : undefined
  return targets.map(({ upstream: { id: upstream }, model }, index) => {
    const tries = attempts.filter(attempt => attempt.upstream === upstream).length
    const chosen = index === answered
    return { upstream, model, chosen, why: whyTarget(index, answered, exchange.targetIndex, tries) }
  })
}

function whyTarget(index: number, answered: number | undefined, reached: number, tries: number): string {
  if (index === answered) return index === 0 ? 'the first choice, and it answered' : 'those before it failed'
  if (index > reached) return answered === undefined ? 'it was never its turn' : 'one before it answered'
  return tries === 0 ? 'nothing was sent to it' : `failed in ${tries} ${tries === 1 ? 'try' : 'tries'}`
}

function attemptOf(
  attempt: LiveAttempt,
  calls: readonly ExplainedCall[],
  { sent, exchange, masks }: Seen
): ExplainedAttempt {
  const { number, upstream, peer, outcome, status, plan } = attempt
  const request = sent.get(attempt)
  const id = exchange?.id ?? ''
  return {
    number,
    upstream,
    peer: peer.id,
    origin: peer.origin.origin,
    outcome,
    status,
    request: request === undefined ? undefined : shown(request, id, masks),
    others: othersOf(attempt, plan, calls)
  }
}

function shown(request: ExplainedMessage, id: string, masks: Masks): ExplainedMessage {
  return { ...request, target: masks.target(request.target), headers: hidden(request.headers, id, masks) }
}

/** Phases that say which peers a try does not go to. */
const CHOOSING: ReadonlySet<string> = new Set(['upstreamPeers', 'upstreamPeer'])

/** Why each of the other peers has not got this try: plugins of the upstream and the balancer say, where they were asked about them. */
function othersOf(
  attempt: LiveAttempt,
  { upstream }: UpstreamPlan,
  calls: readonly ExplainedCall[]
): readonly ExplainedPeer[] {
  const asked = calls.filter(({ phase, attempt: number }) => CHOOSING.has(phase) && number === attempt.number)
  const said = new Map(
    asked
      .flatMap(({ decisions }) => decisions)
      .filter(({ name }) => name === 'not_chosen')
      .map(({ facts }) => [facts.peer, facts])
  )
  const earlier = attempt.exchange.attempts.filter(({ number }) => number < attempt.number)
  return upstream.peers
    .filter(peer => peer !== attempt.peer)
    .map(({ id }) => {
      const { peer: _, why, ...facts } = said.get(id) ?? {}
      const wasTried = earlier.some(({ peer }) => peer.id === id)
      return {
        peer: id,
        why: why === undefined ? (wasTried ? 'it was tried before' : 'the balancer does not say') : String(why),
        facts
      }
    })
}

function responseOf({ response, exchange, refused, masks }: Seen): Explanation['response'] {
  return {
    status: response.status,
    source: exchange?.source ?? 'gateway',
    reason: exchange === undefined ? refused : exchange.reason,
    headers: hidden(
      response.headers.filter(([name]) => !OF_THE_CONNECTION.has(name)),
      exchange?.id ?? '',
      masks
    ),
    bodyBytes: response.body.length
  }
}

function hidden(
  headers: readonly (readonly [name: string, value: string])[],
  id: string,
  masks: Masks
): readonly (readonly [name: string, value: string])[] {
  return headers.map(([name, value]) => [name, value === id ? ID : masks.header(name, value)])
}
