import t from 'tap'
import { opaqueUpstream } from '../../../core/opaque.ts'
import { LiveAttempt } from '../../../core/pipeline/attempt.ts'
import { followUp, mayFollow, spillsOver } from '../../../core/pipeline/follow-up.ts'
import type { Target } from '../../../core/plugin.ts'
import type { Failure } from '../../../core/upstream/retry.ts'
import { exchangeOf, servicesOf } from '../../support/exchanges.ts'
import { planOf, type UpstreamGiven, upstreamAt } from '../../support/plans.ts'

const REJECTED: Failure = { outcome: 'rejected', status: 503 }
const RESET: Failure = { outcome: 'reset', status: undefined }
const REFUSED: Failure = { outcome: 'connect_failed', status: undefined }

interface Given extends UpstreamGiven {
  readonly peers?: number
  readonly method?: string
  readonly dialect?: 'http' | 'openai-chat'
  readonly targets?: readonly Target['on'][]
  readonly asks?: number
  /** Tries that were made already, this one included. */
  readonly tries?: number
}

/** An exchange whose latest try is about to fail. */
function failing(given: Given = {}) {
  const { peers = 2, method = 'POST', dialect = 'openai-chat', targets, asks, tries = 1, ...upstream } = given
  const services = servicesOf()
  const urls = Array.from({ length: peers }, (_, index) => `http://peer-${index}.test`)
  const usual = { attempts: 3, on: ['connect_failed', 'reset', 'rejected', 503] as const, ...upstream }
  const at = upstreamAt(services.clock, urls, usual)
  const route = planOf(
    [{ upstream: at }],
    targets === undefined
      ? {}
      : { targets: targets.map(on => ({ upstream: opaqueUpstream('upstream'), ...(on === undefined ? {} : { on }) })) }
  )
  const plan = route.upstreams.get('upstream')
  if (plan === undefined) throw new TypeError('no plan')
  const exchange = exchangeOf(route, { services, dialect, method })
  exchange.targets = route.targets
  exchange.targetIndex = 0
  const conductor = {
    isRejected: () => false,
    shouldPeek: () => false,
    isLate: () => false,
    committed: () => {},
    failed: () => {},
    upgraded: () => {},
    informed: () => {},
    concluded: () => {},
    rearm: () => {}
  }
  let attempt: LiveAttempt | undefined
  for (let index = 0; index < tries; index++) {
    const peer = at.peers[index % peers]
    if (peer === undefined) throw new TypeError('no peer')
    attempt = new LiveAttempt(exchange, plan, peer, conductor)
    exchange.attempts.push(attempt)
    exchange.tries++
  }
  if (attempt === undefined) throw new TypeError('no try')
  attempt.retryAfterMs = asks
  return {
    exchange,
    attempt,
    places: at.places,
    clock: services.clock,
    decide: (failure: Failure) => followUp(exchange, attempt, failure)
  }
}

t.test('a peer that could not be connected to is followed by one that was not tried, at once', async t => {
  const given = { retry: { backoffMs: 100, maxBackoffMs: 1_000 }, random: () => 0.5, retriesPerSecond: 0 }
  t.strictSame(failing(given).decide(REFUSED), { next: 'retry', pauseMs: 0 }, 'without a share of the budget')
  t.strictSame(failing({ ...given, peers: 1 }).decide(REFUSED), { next: 'retry', pauseMs: 50 }, 'the same one again')
  t.strictSame(failing(given).decide(REJECTED), { next: 'none' }, 'an answer spends the budget')
})

t.test('pauses grow with each retry, by chance within their bounds', async t => {
  const retry = { backoffMs: 100, maxBackoffMs: 250 }
  const pauses = [1, 2, 3, 4].map(tries => {
    const follows = failing({ retry, tries, attempts: 9, random: () => 0.5 }).decide(REJECTED)
    return follows.next === 'retry' ? follows.pauseMs : undefined
  })
  t.strictSame(pauses, [50, 100, 125, 125])
  t.match(failing({ retry, random: () => 0 }).decide(REJECTED), { next: 'retry', pauseMs: 0 })
})

t.test('what a peer asks for is waited for when there is no other, within the bounds', async t => {
  const retry = { backoffMs: 100, maxBackoffMs: 100, maxRetryAfterMs: 5_000 }
  const given = { retry, peers: 1, random: () => 0.5 }
  t.strictSame(failing({ ...given, asks: 2_000 }).decide(REJECTED), { next: 'retry', pauseMs: 2_050 })
  t.strictSame(failing({ ...given, asks: 5_001 }).decide(REJECTED), { next: 'none' }, 'longer than the operator allows')
  t.strictSame(
    failing({ ...given, peers: 2, asks: 60_000 }).decide(REJECTED),
    { next: 'retry', pauseMs: 50 },
    'another peer did not ask'
  )
  const targets = [undefined, undefined]
  t.strictSame(
    failing({ ...given, asks: 2_000, targets }).decide(REJECTED),
    { next: 'next_target' },
    'somewhere else to go'
  )
  const late = failing({ ...given, asks: 2_000 })
  late.clock.advance(600_000 - 2_000)
  t.strictSame(late.decide(REJECTED), { next: 'none' }, 'longer than the route allows')
})

t.test('a POST that was sent is not repeated, unless its key tells the peer', async t => {
  t.strictSame(failing().decide(RESET), { next: 'none' })
  t.match(failing({ retry: { idempotencyKey: true } }).decide(RESET), { next: 'retry' })
  t.match(failing({ method: 'PUT' }).decide(RESET), { next: 'retry' })
  const targets = [undefined, undefined]
  t.strictSame(failing({ targets }).decide(RESET), { next: 'none' }, 'nor at the next target')
  const keyed = failing({ targets, attempts: 1, retry: { idempotencyKey: true } })
  t.strictSame(keyed.decide(RESET), { next: 'none' }, 'which does not know the key')
})

t.test('a stream of a model that broke off before any content is repeated', async t => {
  const cut: Failure = { ...RESET, inStream: true }
  t.match(failing().decide(cut), { next: 'retry' })
  t.match(failing({ attempts: 1, targets: [undefined, undefined] }).decide(cut), { next: 'next_target' })
})

t.test('retries under way are bounded, whatever the budget says', async t => {
  const full = failing({ limits: { retries: 1 }, tries: 2 })
  t.equal(full.places.retries, 1)
  t.strictSame(full.decide(REJECTED), { next: 'none' })
})

t.test('an exchange whose client has left, or whose body is gone, is not tried again', async t => {
  for (const fact of ['bodyConsumed', 'clientGone', 'ended'] as const) {
    const { exchange, decide } = failing({ targets: [undefined, undefined] })
    exchange[fact] = true
    t.strictSame(decide(REFUSED), { next: 'none' }, fact)
  }
})

t.test('a stream is held back only where something could follow', async t => {
  const may = (given: Given) => mayFollow(failing(given).attempt)
  t.equal(may({}), true, 'an answer may be rejected')
  t.equal(may({ tries: 3 }), false, 'no try is left')
  t.equal(may({ tries: 3, targets: [undefined, undefined] }), true, 'a target is')
  t.equal(may({ on: ['connect_failed'] }), false)
  t.equal(may({ on: ['reset'] }), true, 'a stream may break off')
  t.equal(may({ on: ['reset'], dialect: 'http' }), false, 'of which nobody knows what it did')
  t.equal(may({ on: ['timed_out'], dialect: 'http', method: 'PUT' }), true)
})

t.test('goes on to the next target rather than wait for a place, where the target lets it', async t => {
  t.equal(spillsOver(failing().exchange), false)
  t.equal(spillsOver(failing({ targets: [undefined, undefined] }).exchange), true)
  t.equal(spillsOver(failing({ targets: [[429], undefined] }).exchange), false)
})
