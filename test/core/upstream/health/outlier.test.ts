import t from 'tap'
import type { OutlierConfiguration } from '../../../../core/configuration/health-schema.ts'
import { countTry, judgeRates } from '../../../../core/upstream/health/outlier.ts'
import { Standing } from '../../../../core/upstream/health/standing.ts'
import type { Verdict } from '../../../../core/upstream/health/verdict.ts'

const SETTINGS: OutlierConfiguration = {
  consecutive5xx: 3,
  consecutiveGatewayFailure: 2,
  interval: 10_000,
  baseEjectionTime: 30_000,
  maxEjectionTime: 300_000,
  maxEjectionPercent: 0.5
}

/** What each of these tries leads to, one after the other. */
function tries(verdicts: readonly Verdict[], settings = SETTINGS) {
  const standing = new Standing(0)
  return verdicts.map(verdict => countTry(standing, verdict, settings))
}

t.test('failures in a row are counted, and one good answer ends the row', async t => {
  t.strictSame(tries(['failed', 'failed', 'ok', 'failed', 'failed', 'failed']), [
    ...[undefined, undefined, undefined, undefined, undefined],
    'consecutive_5xx'
  ])
})

t.test('gateway failures count as failures, and other failures end their row', async t => {
  t.strictSame(tries(['gateway_failed', 'gateway_failed']), [undefined, 'consecutive_gateway_failure'])
  t.strictSame(tries(['gateway_failed', 'failed', 'gateway_failed']), [undefined, undefined, 'consecutive_5xx'])
})

t.test('being limited or given up neither ends nor lengthens a row', async t => {
  t.strictSame(tries(['failed', 'limited', 'failed', 'unclear', 'failed']).at(-1), 'consecutive_5xx')
  t.strictSame(tries(['limited', 'limited', 'limited', 'limited']), [undefined, undefined, undefined, undefined])
})

t.test('0 stands for never, and beyond the limit still counts', async t => {
  const never = { ...SETTINGS, consecutive5xx: 0, consecutiveGatewayFailure: 0 }
  t.strictSame(new Set(tries(Array(20).fill('gateway_failed'), never)), new Set([undefined]))
  t.strictSame(tries(Array(5).fill('failed')).slice(2), ['consecutive_5xx', 'consecutive_5xx', 'consecutive_5xx'])
})

/** Peers with so many successes and failures. */
function peers(...counts: readonly (readonly [successes: number, failures: number])[]): readonly Standing[] {
  return counts.map(([successes, failures]) => Object.assign(new Standing(0), { successes, failures }))
}

/** Who is found, by index, and why. */
function judged(standings: readonly Standing[], settings: Partial<OutlierConfiguration>) {
  return judgeRates(standings, { ...SETTINGS, ...settings }).map(([standing, reason]) => [
    standings.indexOf(standing),
    reason
  ])
}

t.test('a peer that succeeds much less often than the others is found', async t => {
  const successRate = { minimumHosts: 5, requestVolume: 100, stdevFactor: 1.9 }
  const four: readonly (readonly [number, number])[] = [
    [100, 0],
    [99, 1],
    [100, 0],
    [98, 2]
  ]
  t.strictSame(judged(peers(...four, [50, 50]), { successRate }), [[4, 'success_rate']])
  t.strictSame(judged(peers(...four, [49, 50]), { successRate }), [], 'too few tries at one of them')
  t.strictSame(judged(peers(...four), { successRate }), [], 'too few peers')
  t.strictSame(judged(peers(...four, [97, 3]), { successRate: { ...successRate, stdevFactor: 3 } }), [])
  t.strictSame(judged(peers(...four, [50, 50]), {}), [], 'off')
})

t.test('a peer of which too many tries fail is found, whatever the others do', async t => {
  const failurePercentage = { threshold: 0.85, minimumHosts: 2, requestVolume: 20 }
  const standings = peers([3, 17], [0, 20], [4, 16], [0, 19])
  t.strictSame(judged(standings, { failurePercentage }), [
    [1, 'failure_percentage'],
    [0, 'failure_percentage']
  ])
  t.strictSame(judged(peers([0, 20]), { failurePercentage }), [], 'too few peers')
})
