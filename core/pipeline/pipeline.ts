/**
 * The life of one exchange, from the accepted request to its last byte. Read it
 * from top to bottom: each function does one step and calls the next.
 *
 *     run → requestFilter → nextTarget → startTry → upstreamRequestFilter → send
 *         → (decided: again, elsewhere, or) committed → responseFilter → deliver → finish
 *
 * Everything is synchronous unless a plugin, the client or an upstream is
 * waited for. How plugins are run, and how an exchange ends, is in `stages.ts`.
 */
import { CORE_REASONS, type CoreReason, coreRefusal, GatewayError, Refused } from '../errors.ts'
import type { Outcome } from '../plugin.ts'
import type { Failure } from '../upstream/retry.ts'
import type { LivePeer } from '../upstream/upstream.ts'
import { LiveAttempt } from './attempt.ts'
import { candidates, choosePeer, isReadOnTheWay, planOf, probeFor } from './choice.ts'
import type { Conductor } from './conductor.ts'
import { Delivery, type DeliveryOwner } from './delivery.ts'
import { MAX_HINTS, plainLinks } from './early-hints.ts'
import { endReasonFor, reasonFor } from './ends.ts'
import type { LiveExchange } from './exchange.ts'
import { followUp, isModelStream, mayFollow, spillsOver } from './follow-up.ts'
import { addIdempotencyKey } from './idempotency.ts'
import { isCollected, isSmall, streamBody } from './incoming.ts'
import { draftFor, frame, passingHeaders, Reply } from './messages.ts'
import { Pause, type PauseOwner, PlaceWait } from './pause.ts'
import type { UpstreamPlan } from './plan.ts'
import { finishHeaders } from './respond.ts'
import {
  advance,
  breakOwn,
  call,
  collapse,
  collect,
  finish,
  leave,
  phaseFailed,
  rearm,
  refuse,
  type Stage,
  tooLarge
} from './stages.ts'
import { connectTunnel } from './upgrade.ts'

/** Starts an exchange. The listener has judged and matched the request. */
export function run(exchange: LiveExchange): void {
  const { services, accepted } = exchange
  services.live.add(exchange)
  accepted.connection.add(exchange)
  exchange.deadline.onDue = onDue
  try {
    begin(exchange)
  } catch (error) {
    collapse(exchange, error)
  }
}

function begin(exchange: LiveExchange): void {
  const { accepted, plan } = exchange
  if (accepted.contentLength !== undefined && accepted.contentLength > plan.limits.maxBody) tooLarge(exchange)
  else advance(exchange, REQUEST, 0)
}

const REQUEST: Stage = {
  phase: 'requestFilter',
  collectsBody: true,
  steps: exchange => exchange.plan.requestFilters,
  call: (phases, exchange) => phases.requestFilter?.(exchange, exchange.downstream),
  next: prepareBody
}

/** A short body is collected even if nobody has read it: it can then be sent again. */
function prepareBody(exchange: LiveExchange): void {
  exchange.targets ??= exchange.plan.targets
  if (!isCollected(exchange) && (isSmall(exchange) || isReadOnTheWay(exchange))) collect(exchange, nextTarget)
  else nextTarget(exchange)
}

function nextTarget(exchange: LiveExchange): void {
  exchange.targetIndex++
  exchange.tries = 0
  planOf(exchange)?.upstream.budget.earn()
  startTry(exchange)
}

function startTry(exchange: LiveExchange): void {
  const plan = planOf(exchange)
  if (plan === undefined) {
    refuse(exchange, coreRefusal('no_target'), 'no_upstream')
    return
  }
  const { health, places } = plan.upstream
  const probe = health.offer === null ? undefined : probeFor(exchange, plan)
  const peers = candidates(exchange, plan)
  if (probe !== undefined) tryAt(exchange, plan, probe)
  else if (health.offer?.peers.length === 0) noPeerLeft(exchange, plan)
  else if (peers.length === 0 || places.waiting > 0) waitForPlace(exchange, plan)
  else tryOneOf(exchange, plan, peers)
}

/** Everybody is busy. Where else to go is known, or the exchange waits its turn, or is turned away. */
function waitForPlace(exchange: LiveExchange, { upstream }: UpstreamPlan): void {
  if (spillsOver(exchange)) {
    nextTarget(exchange)
    return
  }
  const retryAfterMs = new PlaceWait(exchange, PLACES, upstream.places).queue()
  if (retryAfterMs === undefined) rearm(exchange)
  else turnAway(exchange, retryAfterMs)
}

/** Nobody is in use. There is nothing to wait for. */
function noPeerLeft(exchange: LiveExchange, { upstream }: UpstreamPlan): void {
  if (spillsOver(exchange)) nextTarget(exchange)
  else turnAway(exchange, upstream.health.backInMs(), 'no_healthy_peer')
}

function turnAway(
  exchange: LiveExchange,
  retryAfterMs: number | undefined,
  reason: CoreReason & ('upstream_busy' | 'no_healthy_peer') = 'upstream_busy'
): void {
  const isBusy = reason === 'upstream_busy'
  exchange.error ??= isBusy ? { code: 'NO_PLACE', origin: 'gateway' } : { code: 'NO_HEALTHY_PEER', origin: 'upstream' }
  refuse(exchange, new Refused(reason, CORE_REASONS[reason], retryAfterMs), 'no_upstream')
}

const PLACES: PauseOwner = {
  hasPlace(exchange) {
    const plan = planOf(exchange)
    return plan !== undefined && candidates(exchange, plan).length > 0
  },
  goOn(exchange) {
    const plan = planOf(exchange)
    if (plan !== undefined) tryOneOf(exchange, plan, candidates(exchange, plan))
  },
  tooLong(exchange) {
    turnAway(exchange, planOf(exchange)?.upstream.places.retryAfterMs() ?? 0)
  }
}

const RETRIES: PauseOwner = { ...PLACES, goOn: startTry }

function tryOneOf(exchange: LiveExchange, plan: UpstreamPlan, peers: readonly LivePeer[]): void {
  const peer = choosePeer(exchange, plan, peers)
  if (peer !== undefined) tryAt(exchange, plan, peer)
}

function tryAt(exchange: LiveExchange, plan: UpstreamPlan, peer: LivePeer): void {
  const attempt = new LiveAttempt(exchange, plan, peer, CONDUCTOR)
  exchange.tries++
  exchange.followUp = undefined
  exchange.attempt = attempt
  exchange.attempts.push(attempt)
  exchange.draft = draftFor(exchange, plan.upstream, peer, plan.readsRequestBody)
  if (plan.upstream.retry.idempotencyKey) addIdempotencyKey(exchange, exchange.draft)
  advance(exchange, ATTEMPT, 0)
}

const ATTEMPT: Stage = {
  phase: 'upstreamRequestFilter',
  steps: exchange => planOf(exchange)?.requestFilters ?? null,
  call: (phases, exchange) =>
    exchange.draft &&
    exchange.attempt &&
    phases.upstreamRequestFilter?.(exchange, exchange.draft, exchange.attempt.peer),
  next: send
}

function send(exchange: LiveExchange): void {
  const { attempt, draft, accepted } = exchange
  if (attempt === undefined || draft === undefined) return
  const { content } = draft.body
  const streams = content === undefined && accepted.hasBody
  if (streams && accepted.contentLength !== undefined)
    draft.headers.put('content-length', String(accepted.contentLength))
  const body = streams ? streamBody(exchange) : content !== undefined && content.length > 0 ? content : null
  const { method, target: path, headers } = draft
  attempt.begin()
  const { connections } = attempt.peer
  const request = { method, path, headers: headers.flat, body }
  const transmission = accepted.upgrades ? connections.upgrade?.(request, attempt) : connections.send(request, attempt)
  if (transmission === undefined) attempt.fail('connect_failed', 'NO_FREE_CONNECTION')
  else attempt.attach(transmission)
  if (!exchange.ended) rearm(exchange)
}

const CONDUCTOR: Conductor = {
  isRejected(attempt, status, inStream) {
    const { exchange } = attempt
    exchange.followUp = followUp(exchange, attempt, { outcome: 'rejected', status, inStream })
    return exchange.followUp.next !== 'none'
  },

  isLate(attempt) {
    const { exchange } = attempt
    exchange.followUp = followUp(exchange, attempt, lost(attempt, 'timed_out'))
    return exchange.followUp.next !== 'none'
  },

  shouldPeek: mayFollow,

  failed(attempt) {
    const { exchange } = attempt
    if (exchange.ended) return
    if (attempt.refused !== undefined) {
      refuse(exchange, attempt.refused, 'refused')
      return
    }
    const follows = exchange.followUp ?? followUp(exchange, attempt, lost(attempt, attempt.outcome))
    exchange.followUp = follows
    if (follows.next === 'retry') {
      if (follows.pauseMs === 0) startTry(exchange)
      else new Pause(exchange, RETRIES).begin(follows.pauseMs)
    } else if (follows.next === 'next_target') nextTarget(exchange)
    else if (exchange.clientGone) leave(exchange)
    else {
      exchange.error ??= { code: attempt.failureCode ?? 'UNKNOWN', origin: 'upstream' }
      refuse(exchange, coreRefusal(reasonFor(attempt)), 'no_upstream')
    }
  },

  /** The answer is the client's: its head is filtered, then its body flows. */
  committed(attempt) {
    const { exchange } = attempt
    exchange.source = 'upstream'
    exchange.reply = new Reply(
      'upstream',
      attempt.status ?? 502,
      passingHeaders(attempt.headers),
      attempt.isEventStream,
      exchange
    )
    // Without a client the bounds of draining hold.
    if (attempt.isEventStream && !exchange.isDraining) {
      exchange.deadlineMs = exchange.startedMs + exchange.plan.limits.maxStreamDuration
    }
    advance(exchange, RESPONSE, 0)
  },

  upgraded: connectTunnel,

  informed({ exchange }, status, { link }) {
    if (status !== 103 || link === undefined || exchange.hints === MAX_HINTS) return
    const { accepted, clientGone, reply } = exchange
    // RFC 9110, 15.2: a client of HTTP/1.0 would take it for the answer.
    if (clientGone || reply !== undefined || accepted.request.httpVersion === '1.0') return
    const links = plainLinks(link)
    if (links === undefined) return
    exchange.hints++
    accepted.response.writeEarlyHints({ link: links })
  },

  concluded(attempt) {
    const { exchange, plan } = attempt
    exchange.services.attemptDone(attempt)
    const { health } = plan.upstream
    if (health.watches) health.observe(attempt.peer, attempt)
    if (plan.results === null) return
    for (const step of plan.results) {
      call(exchange, step, 'upstreamResult', () => step.phases.upstreamResult?.(exchange, attempt))
    }
  },

  rearm
}

const RESPONSE: Stage = {
  phase: 'responseFilter',
  steps: exchange =>
    (exchange.source === 'upstream' ? planOf(exchange)?.responseFilters : exchange.plan.responseFilters) ?? null,
  call: (phases, exchange) => exchange.reply && phases.responseFilter?.(exchange, exchange.reply),
  next: deliver
}

function deliver(exchange: LiveExchange): void {
  const { attempt, reply } = exchange
  if (attempt === undefined || reply === undefined) return
  const { status, headers, body } = reply
  if (!body.isUntouched && attempt.isEncoded) {
    attempt.cancel()
    refuse(exchange, coreRefusal('encoded_response'), 'no_upstream')
    return
  }
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    const error = new GatewayError('TACIT_STATUS_INVALID', 'A plugin set a status that cannot be sent.')
    attempt.cancel()
    refuse(
      exchange,
      phaseFailed(exchange, undefined, 'responseFilter', error) ?? coreRefusal('plugin_failed'),
      'plugin_failed'
    )
    return
  }
  const contentLength = frame(reply, attempt.headers)
  if (body.isEventStream) headers.put('x-accel-buffering', 'no')
  finishHeaders(exchange, reply)
  exchange.delivery = new Delivery(exchange, attempt, reply, OWNER)
  if (exchange.clientGone) exchange.delivery.detach()
  else exchange.delivery.start(contentLength)
  attempt.deliverTo(exchange.delivery)
}

const OWNER: DeliveryOwner = {
  delivered: exchange => finish(exchange, exchange.endReason ?? 'complete'),
  drained: exchange => finish(exchange, 'client_gone'),
  refuse(exchange, refused) {
    exchange.delivery = undefined
    refuse(exchange, refused, endReasonFor(refused))
  },
  broken(exchange, refused, code) {
    exchange.reason = refused.reason
    exchange.error ??= { code, origin: refused.reason === 'deadline_exceeded' ? 'gateway' : 'upstream' }
    finish(exchange, endReasonFor(refused))
  },
  bodyFailed(exchange, error) {
    if (error instanceof Refused) return error
    phaseFailed(exchange, undefined, 'body', error)
    return coreRefusal('plugin_failed')
  }
}

/** The client's connection has closed. */
export function clientGone(exchange: LiveExchange): void {
  if (exchange.ended || exchange.clientGone) return
  // A tunnel sees its own ends.
  if (exchange.tunnel !== undefined) return
  exchange.clientGone = true
  try {
    withoutClient(exchange)
  } catch (error) {
    collapse(exchange, error)
  }
}

function withoutClient(exchange: LiveExchange): void {
  const { attempt, delivery, plan, services } = exchange
  // What was not asked of an upstream yet need not be.
  const isAsked = attempt?.isSent === true
  const drains = plan.drainsForClient && isAsked && plan.draining.count < plan.drain.maxConcurrent
  if (!drains) exchange.abortSignal()
  if (drains) {
    plan.draining.count++
    exchange.isDraining = true
    exchange.deadlineMs = services.clock.monotonic() + plan.drain.maxDuration
    rearm(exchange)
    delivery?.detach()
  } else if (!exchange.isWaiting) leave(exchange)
}

/** The gateway stops: ends an exchange that has outlived the grace. */
export function shutDown(exchange: LiveExchange): void {
  stop(exchange, 'shutting_down', 'SHUTDOWN')
}

/** What an exchange waits for has not come in time. */
function onDue(exchange: LiveExchange, nowMs: number): void {
  if (exchange.ended) return
  const { attempt } = exchange
  if (nowMs >= exchange.deadlineMs) stop(exchange, 'deadline_exceeded', 'DEADLINE')
  else if (attempt !== undefined && nowMs >= attempt.dueMs) attempt.overdue()
  rearm(exchange)
}

function stop(exchange: LiveExchange, reason: CoreReason, code: string): void {
  if (exchange.ended) return
  const refused = coreRefusal(reason)
  exchange.error = { code, origin: 'gateway' }
  exchange.abortSignal()
  if (exchange.tunnel !== undefined) exchange.tunnel.close(endReasonFor(refused), reason)
  else if (exchange.clientGone) leave(exchange)
  else if (exchange.delivery !== undefined) exchange.delivery.abort(refused, code)
  else if (exchange.accepted.response.headersSent) breakOwn(exchange, refused, endReasonFor(refused))
  else {
    exchange.attempt?.cancel()
    refuse(exchange, refused, endReasonFor(refused))
  }
}

/** A failure without an answer, or in the middle of one: the head of a stream had come, and nothing that it says. */
function lost({ exchange, isEventStream }: LiveAttempt, outcome: Outcome): Failure {
  return { outcome, status: undefined, inStream: isEventStream && isModelStream(exchange) }
}
