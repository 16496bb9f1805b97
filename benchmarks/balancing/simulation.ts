/**
 * Lets requests come to a policy and three servers, in simulated time: nothing
 * waits, and the same seed gives the same run on every machine.
 */
import { seededRandom } from '../../core/testing/seeded-random.ts'
import type { Choice, MakePolicy } from './policies.ts'
import type { Scenario } from './scenarios.ts'
import { around, GIVEN_UP_MS, Server } from './servers.ts'

/** What came of a run. */
export interface Run {
  /** Of each request, in ms, in the order in which they came. Those given up took as long as that took. */
  readonly latenciesMs: readonly number[]
  /** Part of the requests whose client had an error. */
  readonly errors: number
  /** Part of the requests that each server got. */
  readonly shares: readonly number[]
  /** The same, in the last quarter of the run. */
  readonly lateShares: readonly number[]
}

interface UnderWay {
  readonly choice: Choice
  readonly sentMs: number
  readonly endsMs: number
}

const SERVERS = 3

/** Runs so many requests through one policy in one world. */
export async function simulate(make: MakePolicy, scenario: Scenario, requests: number, seed: number): Promise<Run> {
  // Whatever a policy asks of chance, the world stays the same for all of them.
  const world = seededRandom(seed)
  const servers = Array.from({ length: SERVERS }, (_, index) => new Server(index))
  let medians: readonly number[] = []
  let nowMs = 0
  const foresight = (server: Server) => server.beginsAtMs(nowMs) + (medians[server.index] ?? 0)
  const policy = await make(seededRandom(seed + 1), foresight)
  const underWay: UnderWay[] = []
  const latenciesMs: number[] = []
  const counts = [0, 0, 0]
  const lateCounts = [0, 0, 0]
  let failed = 0

  const moveTo = (untilMs: number) => {
    for (;;) {
      const first = underWay[0]
      if (first === undefined || first.endsMs > untilMs) break
      underWay.shift()
      policy.clock.advance(Math.max(0, first.endsMs - policy.clock.monotonic()))
      conclude(first)
    }
    policy.clock.advance(Math.max(0, untilMs - policy.clock.monotonic()))
  }

  const conclude = ({ choice, sentMs, endsMs }: UnderWay) => {
    choice.server.inFlight--
    const tookMs = endsMs - sentMs
    const isLate = tookMs >= GIVEN_UP_MS
    choice.told(
      isLate
        ? { outcome: 'timed_out', status: undefined, headersMs: undefined }
        : { outcome: 'committed', status: 200, headersMs: tookMs }
    )
  }

  for (let count = 0; count < requests; count++) {
    nowMs += (-Math.log(1 - world()) * 1_000) / scenario.perSecond
    moveTo(nowMs)
    const chance = world()
    // Drawn for each server, whoever is asked, so that every policy meets the same requests.
    medians = servers.map(({ index }) => scenario.medianMs(index, nowMs, () => chance))
    const services = medians.map(medianMs => around(medianMs, world))
    const choice = policy.choose(servers)
    const { server } = choice
    const answeredMs = server.take(nowMs, services[server.index] ?? 0)
    const endsMs = Math.min(answeredMs, nowMs + GIVEN_UP_MS)
    server.inFlight++
    latenciesMs.push(endsMs - nowMs)
    if (answeredMs > endsMs) failed++
    counts[server.index] = (counts[server.index] ?? 0) + 1
    if (count >= requests * 0.75) lateCounts[server.index] = (lateCounts[server.index] ?? 0) + 1
    insert(underWay, { choice, sentMs: nowMs, endsMs })
  }
  moveTo(Number.MAX_SAFE_INTEGER / 2)
  const late = lateCounts.reduce((sum, one) => sum + one, 0)
  return {
    latenciesMs,
    errors: failed / requests,
    shares: counts.map(one => one / requests),
    lateShares: lateCounts.map(one => one / late)
  }
}

/** Keeps the list in the order of the ends. */
function insert(list: UnderWay[], one: UnderWay): void {
  let index = list.length
  while (index > 0 && (list[index - 1]?.endsMs ?? 0) > one.endsMs) index--
  list.splice(index, 0, one)
}
