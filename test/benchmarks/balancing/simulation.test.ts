import t from 'tap'
import { POLICIES } from '../../../benchmarks/balancing/policies.ts'
import { SCENARIOS, type Scenario } from '../../../benchmarks/balancing/scenarios.ts'
import { type Run, simulate } from '../../../benchmarks/balancing/simulation.ts'
import { quantile } from '../../../benchmarks/harness/statistics.ts'
import { isFull } from '../../support/full.ts'

const SEEDS = isFull ? 9 : 3
const REQUESTS = isFull ? 10_000 : 4_000

function world(name: string): Scenario {
  const found = SCENARIOS.find(scenario => scenario.name === name)
  if (found === undefined) throw new Error(`no world is called ${name}`)
  return found
}

/** What came of a policy in a world, as medians over some seeds. */
async function courseOf(policy: string, scenario: string) {
  const make = POLICIES.get(policy)
  if (make === undefined) throw new Error(`no policy is called ${policy}`)
  const runs: Run[] = []
  for (let seed = 1; seed <= SEEDS; seed++) runs.push(await simulate(make, world(scenario), REQUESTS, seed))
  const middle = (values: readonly number[]) => quantile(values, 0.5)
  return {
    p99Ms: middle(runs.map(({ latenciesMs }) => quantile(latenciesMs, 0.99))),
    errors: middle(runs.map(({ errors }) => errors)),
    shares: [0, 1, 2].map(index => middle(runs.map(({ shares }) => shares[index] ?? 0))),
    lateShares: [0, 1, 2].map(index => middle(runs.map(({ lateShares }) => lateShares[index] ?? 0)))
  }
}

t.test('the same seed gives the same run', async t => {
  for (const make of POLICIES.values()) {
    const run = () => simulate(make, world('degraded'), 500, 7)
    t.strictSame(await run(), await run())
  }
})

t.test('with one slow server of three, least-latency has less than half the p99 of round robin', async t => {
  const [ours, turns, oracle] = await Promise.all(
    ['least-latency', 'round robin', 'oracle'].map(policy => courseOf(policy, 'degraded'))
  )
  if (ours === undefined || turns === undefined || oracle === undefined) throw new Error('three were asked for')
  t.ok(turns.p99Ms >= 2 * ours.p99Ms, `${Math.round(turns.p99Ms)} against ${Math.round(ours.p99Ms)} ms`)
  t.ok(ours.p99Ms <= 1.3 * oracle.p99Ms, `${Math.round(ours.p99Ms)} ms, the oracle ${Math.round(oracle.p99Ms)} ms`)
  t.ok((ours.shares[0] ?? 1) > 0.002 && (ours.shares[0] ?? 1) < 0.02, `${ours.shares[0]} of the requests probe it`)
})

t.test('where all are alike nobody is preferred, and nothing is lost against turns', async t => {
  const ours = await courseOf('least-latency', 'even')
  const turns = await courseOf('round robin', 'even')
  t.ok(ours.p99Ms < 1.1 * turns.p99Ms, `${Math.round(ours.p99Ms)} against ${Math.round(turns.p99Ms)} ms`)
  for (const share of ours.shares) t.ok(share > 0.25 && share < 0.42, `${share}`)
})

t.test('a server that is well again gets its share back', async t => {
  const { lateShares } = await courseOf('least-latency', 'recovering')
  t.ok((lateShares[0] ?? 0) > 0.2, `${lateShares[0]}`)
})

t.test('outlier detection makes a black hole cost fewer clients an error', async t => {
  const alone = await courseOf('least-latency', 'black hole')
  const watched = await courseOf('least-latency, health', 'black hole')
  const turns = await courseOf('round robin', 'black hole')
  t.ok(turns.errors > 0.3, `${turns.errors}`)
  t.ok(alone.errors < 0.02, `${alone.errors}`)
  t.ok(watched.errors < alone.errors, `${watched.errors}`)
})
