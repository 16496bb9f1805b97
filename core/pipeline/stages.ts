/**
 * Runs the phases of plugins one after the other, and ends an exchange when one
 * of them, or core, says so. Knows nothing of upstreams.
 */
import { coreRefusal, type Refused } from '../errors.ts'
import { errorCode } from '../log.ts'
import { isAnswer, refusedOf } from '../opaque.ts'
import type { AccessFacts, Answer, EndReason, MaybePromise, Phases } from '../plugin.ts'
import type { LiveExchange } from './exchange.ts'
import { isPromise } from './flows.ts'
import { collectBody, isCollected } from './incoming.ts'
import type { Reply } from './messages.ts'
import type { Step } from './plan.ts'
import { answerReply, breakOff, refusalReply, sendReply } from './respond.ts'
import type { FailedPhase } from './services.ts'

const PLUGIN_FAILED = coreRefusal('plugin_failed')

/** A phase in which every plugin has its say in turn, and may stop the exchange. */
export interface Stage {
  readonly phase: FailedPhase
  /** Whether the request's body is collected just before the first plugin that reads it. */
  readonly collectsBody?: boolean
  steps(exchange: LiveExchange): readonly Step[] | null
  call(phases: Phases, exchange: LiveExchange): MaybePromise<unknown>
  next(exchange: LiveExchange): void
}

/** Runs a stage from one of its steps on, then goes on to what follows it. */
export function advance(exchange: LiveExchange, stage: Stage, from: number): void {
  const steps = stage.steps(exchange)
  for (let index = from; steps !== null && index < steps.length; index++) {
    const step = steps[index]
    if (step === undefined) break
    if (stage.collectsBody && step.readsRequestBody && !isCollected(exchange)) {
      collect(exchange, () => advance(exchange, stage, index))
      return
    }
    enter(exchange, step, stage.phase)
    let outcome: MaybePromise<unknown>
    try {
      outcome = stage.call(step.phases, exchange)
    } catch (error) {
      outcome = phaseFailed(exchange, step, stage.phase, error)
    }
    if (isPromise(outcome)) {
      waitFor(exchange, stage, index, step, outcome)
      return
    }
    if (outcome !== undefined && stopped(exchange, step, stage, outcome)) return
  }
  stage.next(exchange)
}

/** Collects the request's body, then goes on; at once when there is none. */
export function collect(exchange: LiveExchange, next: (exchange: LiveExchange) => void): void {
  const goOn = () => {
    try {
      next(exchange)
    } catch (error) {
      collapse(exchange, error)
    }
  }
  collectBody(exchange, goOn, tooLarge)
  if (!isCollected(exchange)) rearm(exchange)
}

function waitFor(exchange: LiveExchange, stage: Stage, index: number, step: Step, outcome: Promise<unknown>): void {
  exchange.isWaiting = true
  const { turn } = exchange
  // What an upstream sends meanwhile has nowhere to go yet.
  if (stage.phase === 'responseFilter') exchange.attempt?.pause()
  rearm(exchange)
  outcome
    .catch((error: unknown) => phaseFailed(exchange, step, stage.phase, error))
    .then(settled => {
      // Refused meanwhile, by the deadline for one.
      if (exchange.ended || turn !== exchange.turn) return
      exchange.isWaiting = false
      // Whoever left meanwhile had to wait for the plugin, so that what it holds is settled in `finish`.
      if (exchange.clientGone && !exchange.isDraining) leave(exchange)
      else if (settled === undefined || !stopped(exchange, step, stage, settled)) advance(exchange, stage, index + 1)
    })
    .catch((error: unknown) => collapse(exchange, error))
}

/** A plugin's turn: what it may read and whose events it logs. */
export function enter(exchange: LiveExchange, step: Step, phase: FailedPhase): void {
  exchange.step = step
  exchange.phase = phase
  exchange.downstream.body.readable = step.readsRequestBody
  if (exchange.draft !== undefined) exchange.draft.body.readable = step.readsRequestBody
  if (exchange.reply !== undefined) exchange.reply.body.readable = step.readsResponseBody
}

/** Calls a phase that must not wait and whose failure changes nothing: it is told, and that is all. */
export function call<Value>(
  exchange: LiveExchange,
  step: Step,
  phase: FailedPhase,
  work: () => Value
): Value | undefined {
  const tell = (error: unknown) => exchange.services.pluginFailed(step.name, phase, exchange.route, error)
  enter(exchange, step, phase)
  try {
    const value = work()
    // An async function is a function without a result to TypeScript. Nobody waits for it, but somebody has to hear it fail.
    if (isPromise(value)) value.then(undefined, tell)
    return value
  } catch (error) {
    tell(error)
    return undefined
  }
}

/** A phase has thrown. @returns what stops the exchange; undefined where the operator lets it pass. */
export function phaseFailed(
  exchange: LiveExchange,
  step: Step | undefined,
  phase: FailedPhase,
  error: unknown
): Refused | undefined {
  const refused = refusedOf(error)
  if (refused !== undefined) return refused
  exchange.services.pluginFailed(step?.name ?? exchange.step?.name ?? 'core', phase, exchange.route, error)
  if (step?.allowsFailure) return undefined
  exchange.error = { code: errorCode(error), origin: 'plugin' }
  return coreRefusal('plugin_failed')
}

/** Acts on what a phase handed back. @returns whether the exchange is stopped. */
function stopped(exchange: LiveExchange, step: Step, stage: Stage, outcome: unknown): boolean {
  const refused = refusedOf(outcome)
  if (refused !== undefined) {
    exchange.attempt?.cancel()
    refuse(exchange, refused, refused.reason === 'plugin_failed' ? 'plugin_failed' : 'refused')
    return true
  }
  let error: unknown
  if (stage.collectsBody && isAnswer(outcome)) {
    let reply: Reply | undefined
    try {
      reply = answerReply(exchange, outcome)
    } catch (thrown) {
      error = thrown
    }
    if (reply !== undefined) {
      exchange.source = 'gateway'
      sendOwn(exchange, reply, outcome.body, 'complete')
      return true
    }
  }
  error ??= new TypeError('a phase handed back something that is neither a refusal nor an answer')
  const failed = phaseFailed(exchange, step, stage.phase, error)
  if (failed === undefined) return false
  exchange.attempt?.cancel()
  refuse(exchange, failed, 'plugin_failed')
  return true
}

/** Says no to the client, before anything was sent to it. */
export function refuse(exchange: LiveExchange, refused: Refused, end: EndReason): void {
  if (exchange.ended) return
  exchange.reason = refused.reason
  if (exchange.clientGone) {
    leave(exchange)
    return
  }
  exchange.source = 'gateway'
  let made: ReturnType<typeof refusalReply>
  try {
    made = refusalReply(exchange, refused)
  } catch (error) {
    // A plugin has refused with a header that cannot be sent.
    refuse(exchange, phaseFailed(exchange, undefined, 'requestFilter', error) ?? PLUGIN_FAILED, 'plugin_failed')
    return
  }
  sendOwn(exchange, made.reply, made.body, end)
}

/** The request's body is larger than the route allows. */
export function tooLarge(exchange: LiveExchange): void {
  refuse(exchange, coreRefusal('body_too_large'), 'refused')
}

function sendOwn(exchange: LiveExchange, reply: Reply, body: Answer['body'], end: EndReason): void {
  // A refusal by a plugin that filters refusals is not filtered again.
  const filtered = exchange.reply?.source === 'gateway'
  exchange.turn++
  exchange.isWaiting = false
  exchange.pause?.cancel()
  exchange.reply = reply
  const stage: Stage = {
    phase: 'responseFilter',
    steps: () => (filtered ? null : exchange.plan.responseFilters),
    call: phases => phases.responseFilter?.(exchange, reply),
    next: () => {
      // What plugins made may be long in coming.
      rearm(exchange)
      sendReply(exchange, reply, body).then(
        () => (exchange.status === 0 ? leave(exchange) : finish(exchange, end)),
        (error: unknown) => {
          const refused = phaseFailed(exchange, undefined, 'body', error) ?? PLUGIN_FAILED
          if (exchange.accepted.response.headersSent) {
            breakOff(exchange.accepted)
            finish(exchange, 'plugin_failed')
          } else refuse(exchange, refused, 'plugin_failed')
        }
      )
    }
  }
  advance(exchange, stage, 0)
}

/** Ends an exchange in the middle of an answer that a plugin makes as it goes. */
export function breakOwn(exchange: LiveExchange, refused: Refused, end: EndReason): void {
  exchange.reason = refused.reason
  try {
    exchange.reply?.body.endObservers(false)
  } catch (error) {
    phaseFailed(exchange, undefined, 'body', error)
  }
  breakOff(exchange.accepted)
  finish(exchange, end)
}

/** Moves the exchange's timer to what is due next. */
export function rearm(exchange: LiveExchange): void {
  if (exchange.ended) return
  const { deadline, attempt, services } = exchange
  const dueMs = Math.min(exchange.deadlineMs, attempt?.dueMs ?? Number.POSITIVE_INFINITY)
  if (!deadline.scheduled || dueMs < deadline.dueAtMs) services.wheel.schedule(deadline, dueMs)
}

/** Ends an exchange in which core itself has failed; the others do not notice. */
export function collapse(exchange: LiveExchange, error: unknown): void {
  const { services, accepted } = exchange
  services.exchangeFailed(exchange.route, error)
  exchange.error = { code: errorCode(error), origin: 'gateway' }
  exchange.attempt?.cancel()
  accepted.response.destroy()
  finish(exchange, 'gateway_failed')
}

/** Ends an exchange whose client has gone. */
export function leave(exchange: LiveExchange): void {
  exchange.attempt?.cancel()
  exchange.delivery?.drop()
  exchange.error ??= { code: 'CLIENT_GONE', origin: 'client' }
  finish(exchange, 'client_gone')
}

/** The end of an exchange, once, however it came: final figures, then the records. */
export function finish(exchange: LiveExchange, reason: EndReason): void {
  if (exchange.ended) return
  exchange.ended = true
  const { services, plan, accepted } = exchange
  services.wheel.cancel(exchange.deadline)
  exchange.pause?.cancel()
  services.live.delete(exchange)
  accepted.connection.delete(exchange)
  if (exchange.isDraining) plan.draining.count--
  const end = { reason, status: exchange.status, durationMs: exchange.elapsedMs() }
  if (plan.finishers !== null) {
    for (const step of plan.finishers) call(exchange, step, 'finish', () => step.phases.finish?.(exchange, end))
  }
  const balancer = exchange.source === 'upstream' ? (exchange.attempt?.plan.ended ?? null) : null
  if (balancer !== null) call(exchange, balancer, 'finish', () => balancer.phases.finish?.(exchange, end))
  const facts: AccessFacts = {
    end,
    method: accepted.method,
    source: exchange.source,
    reason: exchange.reason,
    firstByteMs: exchange.firstByteMs,
    overheadMs: Math.max(0, (exchange.firstByteMs ?? end.durationMs) - exchange.waitedMs),
    requestBytes: exchange.requestBytes,
    responseBytes: exchange.responseBytes,
    attempts: exchange.attempts,
    error: exchange.error
  }
  if (plan.loggers !== null) {
    for (const step of plan.loggers) call(exchange, step, 'logging', () => step.phases.logging?.(exchange, facts))
  }
  services.exchangeDone(exchange, facts)
}
