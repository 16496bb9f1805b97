import t from 'tap'
import { Standing } from '../../../../core/upstream/health/standing.ts'

t.test('a new peer serves', async t => {
  t.strictSame(new Standing(5).facts(7), {
    state: 'serving',
    reason: null,
    forMs: 2,
    leftMs: null,
    ejections: 0,
    consecutive5xx: 0,
    consecutiveGatewayFailure: 0
  })
})

t.test('the strongest of several states is told', async t => {
  const standing = new Standing(0)
  const told = (nowMs: number) => {
    const { state, reason, leftMs } = standing.facts(nowMs)
    return [state, reason, leftMs]
  }
  standing.warmFromMs = 0
  t.strictSame(told(1), ['warming', null, null])
  standing.restUntilMs = 10
  t.strictSame(told(1), ['resting', 'retry_after', 9])
  t.strictSame(told(10), ['warming', null, null], 'a rest ends by itself')
  standing.isFailing = true
  t.strictSame(told(1), ['failing', 'check_failed', null])
  standing.isEjected = true
  standing.ejectedUntilMs = 20
  standing.ejectedReason = 'success_rate'
  t.strictSame(told(1), ['ejected', 'success_rate', 19])
  t.strictSame(told(20), ['probing', 'success_rate', null])
  standing.isDrained = true
  t.strictSame(told(1), ['drained', 'by_hand', null])
})

t.test('what counted against a peer is forgotten, and what its checks say is not', async t => {
  const standing = new Standing(0)
  Object.assign(standing, { isDrained: true, isEjected: true, ejections: 3, restUntilMs: 9, consecutive5xx: 2 })
  Object.assign(standing, { isFailing: true, failures: 4, successes: 1, probedAtMs: 1 })
  standing.clear()
  t.match(standing, {
    isDrained: false,
    isEjected: false,
    ejections: 0,
    restUntilMs: 0,
    consecutive5xx: 0,
    isFailing: true,
    failures: 0,
    successes: 0,
    probedAtMs: undefined
  })
})
