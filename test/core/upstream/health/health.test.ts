import t from 'tap'
import type {
  CheckConfiguration,
  HealthConfiguration,
  OutlierConfiguration
} from '../../../../core/configuration/health-schema.ts'
import type { Outcome } from '../../../../core/plugin.ts'
import { TimerWheel } from '../../../../core/timers.ts'
import { UpstreamHealth } from '../../../../core/upstream/health/health.ts'
import { ManualClock } from '../../../support/clock.ts'

class Peer {
  readonly id: string
  readonly origin: URL
  readonly fullWeight: number
  weight: number
  constructor(id: string, weight = 4, url = `http://${id}.test`) {
    this.id = id
    this.origin = new URL(url)
    this.fullWeight = weight
    this.weight = weight
  }
}

const OUTLIER: OutlierConfiguration = {
  consecutive5xx: 3,
  consecutiveGatewayFailure: 2,
  interval: 10_000,
  baseEjectionTime: 30_000,
  maxEjectionTime: 300_000,
  maxEjectionPercent: 0.5
}
const USUAL: HealthConfiguration = { outlier: OUTLIER, rest: { max: 60_000 }, panicThreshold: 0 }

const CHECK: CheckConfiguration = {
  path: '/',
  method: 'GET',
  headers: {},
  expect: ['2xx'],
  interval: 10_000,
  timeout: 1_000,
  unhealthyThreshold: 1,
  healthyThreshold: 1
}

/** Health of some peers on a clock of its own. */
function watching(ids: readonly string[], settings: HealthConfiguration | undefined = USUAL) {
  const clock = new ManualClock()
  const told: string[] = []
  const health = new UpstreamHealth<Peer>({
    clock,
    wheel: new TimerWheel(clock, { tickMs: 10 }),
    told: (peer, state, { reason }) => told.push([peer, state, ...(reason === null ? [] : [reason])].join(' '))
  })
  const peers = ids.map(id => new Peer(id))
  health.moveTo(peers, settings)
  const says = (id: string, status: number, given: { startedMs?: number; retryAfterMs?: number } = {}) => {
    const { startedMs = clock.monotonic(), retryAfterMs } = given
    health.observe({ id }, { outcome: 'committed', status, startedMs, retryAfterMs })
  }
  const ends = (id: string, outcome: Outcome) =>
    health.observe({ id }, { outcome, status: undefined, startedMs: clock.monotonic(), retryAfterMs: undefined })
  const used = () => (health.offer?.peers ?? peers).map(({ id }) => id).join('')
  const ejects = (id: string) => {
    for (let count = 0; count < 3; count++) says(id, 500)
  }
  return { clock, health, peers, told, says, ends, used, ejects }
}

t.test('as long as all is well there is nothing to look at', async t => {
  const { health, says, told } = watching(['a', 'b', 'c'])
  for (const id of ['a', 'b', 'c']) for (const status of [200, 404, 500, 200]) says(id, status)
  t.equal(health.offer, null)
  t.strictSame(told, [])
  t.ok(health.watches)
})

t.test('without settings nothing is learnt', async t => {
  const clock = new ManualClock()
  const health = new UpstreamHealth<Peer>({ clock, wheel: new TimerWheel(clock), told: () => {} })
  health.moveTo([new Peer('a'), new Peer('b')], undefined)
  for (let count = 0; count < 20; count++) {
    health.observe({ id: 'a' }, { outcome: 'reset', status: undefined, startedMs: 0, retryAfterMs: undefined })
  }
  t.strictSame([health.offer, health.watches], [null, false])
})

t.test('a peer that fails in a row is left out, and comes back by one good answer', async t => {
  const { clock, health, used, ejects, told, says } = watching(['a', 'b', 'c'])
  ejects('b')
  t.equal(used(), 'ac')
  t.match(health.factsOf('b'), { state: 'ejected', reason: 'consecutive_5xx', leftMs: 30_000, ejections: 1 })
  clock.advance(29_000)
  t.equal(health.offer?.hasProbes, false)
  clock.advance(1_100)
  t.strictSame([used(), health.offer?.hasProbes], ['ac', true], 'not for everybody yet')
  t.equal(health.takeProbe()?.id, 'b')
  t.equal(health.takeProbe(), undefined, 'one request at a time')
  says('b', 200)
  t.equal(health.offer, null)
  t.strictSame(told, ['b ejected consecutive_5xx', 'b probing consecutive_5xx', 'b serving'])
})

t.test('a probe that fails leaves the peer out for longer', async t => {
  const { clock, health, ejects, ends } = watching(['a', 'b', 'c'])
  ejects('b')
  for (const leftMs of [60_000, 90_000, 120_000]) {
    clock.advance(300_000)
    t.equal(health.takeProbe()?.id, 'b')
    ends('b', 'timed_out')
    t.match(health.factsOf('b'), { state: 'ejected', leftMs })
  }
})

t.test('a probe that was given up is made again', async t => {
  const { clock, health, ejects, ends } = watching(['a', 'b'])
  ejects('b')
  clock.advance(31_000)
  t.equal(health.takeProbe()?.id, 'b')
  ends('b', 'cancelled')
  t.equal(health.takeProbe()?.id, 'b')
  clock.advance(61_000)
  t.equal(health.takeProbe()?.id, 'b', 'and so is one that was lost')
})

t.test('answers to what was sent before a peer was left out change nothing', async t => {
  const { clock, health, ejects, says } = watching(['a', 'b'])
  clock.advance(1_000)
  ejects('b')
  says('b', 200, { startedMs: 500 })
  t.match(health.factsOf('b'), { state: 'ejected' })
  clock.advance(31_000)
  says('b', 500, { startedMs: 500 })
  t.match(health.factsOf('b'), { state: 'probing', ejections: 1 })
})

t.test('no more peers are left out than may be', async t => {
  const { used, ejects, says } = watching(['a', 'b', 'c'])
  ejects('a')
  ejects('b')
  t.equal(used(), 'bc')
  says('b', 200)
  const all = watching(['a', 'b', 'c'], { ...USUAL, outlier: { ...OUTLIER, maxEjectionPercent: 1 } })
  for (const id of ['a', 'b', 'c']) all.ejects(id)
  t.strictSame([all.used(), all.health.backInMs()], ['', 30_000])
  const one = watching(['a'])
  one.ejects('a')
  t.equal(one.health.offer, null, 'the only peer stays')
})

t.test('a peer that could not be left out is when another is back', async t => {
  const { clock, health, used, ejects, says } = watching(['a', 'b'])
  ejects('a')
  ejects('b')
  clock.advance(31_000)
  health.takeProbe()
  says('a', 200)
  says('b', 500)
  t.equal(used(), 'a')
})

t.test('a good while makes the next time shorter', async t => {
  const { clock, health, ejects, says } = watching(['a', 'b', 'c'])
  const again = () => {
    ejects('b')
    const { ejections } = health.factsOf('b') ?? {}
    clock.advance(400_000)
    health.takeProbe()
    says('b', 200)
    return ejections
  }
  t.strictSame([again(), again(), again()], [1, 2, 3])
  clock.advance(10_000)
  clock.advance(10_000)
  t.equal(again(), 2)
  for (let count = 0; count < 10; count++) clock.advance(10_000)
  t.equal(again(), 1)
})

t.test('rates are judged when an interval is over, and counted anew', async t => {
  const failurePercentage = { threshold: 0.5, minimumHosts: 3, requestVolume: 4 }
  const { clock, says, used, health } = watching(['a', 'b', 'c'], {
    ...USUAL,
    outlier: { ...OUTLIER, failurePercentage }
  })
  const round = (id: string, statuses: readonly number[]) => {
    for (const status of statuses) says(id, status)
  }
  round('a', [200, 200, 200, 200])
  round('b', [200, 500, 200, 500])
  round('c', [200, 200, 200])
  clock.advance(10_000)
  t.equal(health.offer, null, 'too few tries')
  round('a', [200, 200, 200, 200])
  round('b', [200, 500, 200, 500])
  round('c', [200, 200, 200, 200])
  clock.advance(10_000)
  t.equal(used(), 'ac')
  t.match(health.factsOf('b'), { reason: 'failure_percentage' })
})

t.test('a 429 with retry-after lets a peer rest without blame, while another can be used', async t => {
  const { clock, health, says, used } = watching(['a', 'b'])
  for (let count = 0; count < 10; count++) says('a', 429)
  t.equal(health.offer, null, 'without retry-after nobody rests')
  says('a', 429, { retryAfterMs: 5_000 })
  t.equal(used(), 'b')
  t.match(health.factsOf('a'), { state: 'resting', reason: 'retry_after', leftMs: 5_000, consecutive5xx: 0 })
  says('b', 429, { retryAfterMs: 500_000 })
  t.equal(used(), 'ab', 'those who rest are better than nobody')
  t.match(health.factsOf('b'), { leftMs: 60_000 }, 'no longer than configured')
  clock.advance(5_100)
  t.equal(used(), 'a')
  says('a', 429, { retryAfterMs: 1_000 })
  clock.advance(60_000)
  t.equal(health.offer, null)
  const never = watching(['a', 'b'], { ...USUAL, rest: { max: 0 } })
  never.says('a', 429, { retryAfterMs: 5_000 })
  t.equal(never.health.offer, null)
})

t.test('with too few peers left all are used, but for those drained by hand', async t => {
  const { health, used, ejects } = watching(['a', 'b', 'c', 'd'], { ...USUAL, panicThreshold: 0.75 })
  ejects('a')
  t.strictSame([used(), health.isPanicking], ['bcd', false])
  health.drain('d')
  t.strictSame([used(), health.isPanicking], ['abc', true])
  health.restore('d')
  t.strictSame([used(), health.isPanicking], ['bcd', false])
})

t.test('an ejected peer that is used in a panic comes back by a good answer', async t => {
  const { clock, health, ejects, says, ends } = watching(['a', 'b'], { ...USUAL, panicThreshold: 0.6 })
  ejects('a')
  t.ok(health.isPanicking)
  clock.advance(1_000)
  ends('a', 'reset')
  t.match(health.factsOf('a'), { state: 'ejected', leftMs: 29_000, ejections: 1 })
  says('a', 200)
  t.equal(health.offer, null)
})

t.test('a peer that is back warms up', async t => {
  const slowStart = { window: 10_000, minWeight: 0.25, aggression: 1 }
  const { clock, health, peers, ejects, says } = watching(['a', 'b'], { ...USUAL, slowStart })
  const [a] = peers
  ejects('a')
  clock.advance(31_000)
  health.takeProbe()
  says('a', 200)
  t.strictSame([a?.weight, health.factsOf('a')?.state, health.offer], [1, 'warming', null])
  clock.advance(5_000)
  t.equal(a?.weight, 2)
  clock.advance(2_500)
  t.equal(a?.weight, 3)
  clock.advance(3_000)
  t.strictSame([a?.weight, health.factsOf('a')?.state], [4, 'serving'])
})

t.test('what is done by hand holds until it is undone, without settings as well', async t => {
  const { clock, health, used, told } = watching(['a', 'b'], undefined)
  t.notOk(health.drain('c') || health.rest('c', 1) || health.restore('c'), 'nobody is called that')
  t.ok(health.drain('a'))
  clock.advance(10_000_000)
  t.equal(used(), 'b')
  t.ok(health.drain('b'))
  t.strictSame([used(), health.backInMs()], ['', undefined])
  t.ok(health.restore('a') && health.restore('b'))
  t.equal(health.offer, null)
  t.ok(health.rest('a', 1_000))
  t.match(health.factsOf('a'), { state: 'resting', reason: 'by_hand', leftMs: 1_000 })
  clock.advance(1_100)
  t.equal(health.offer, null)
  t.strictSame(told, [
    ...['a drained by_hand', 'b drained by_hand', 'a serving', 'b serving'],
    ...['a resting by_hand', 'a serving']
  ])
})

t.test('returning by hand forgets what counted against a peer', async t => {
  const { health, ejects, used } = watching(['a', 'b'])
  ejects('a')
  t.equal(used(), 'b')
  t.ok(health.restore('a'))
  t.match(health.factsOf('a'), { state: 'serving', ejections: 0 })
})

t.test('where peers are checked, a check and no request of a client brings one back', async t => {
  const { clock, health, used, ejects } = watching(['a', 'b'], { ...USUAL, check: CHECK })
  ejects('a')
  clock.advance(31_000)
  t.strictSame([health.offer?.hasProbes, health.factsOf('a')?.state], [false, 'probing'])
  health.checked('a', true)
  t.equal(health.offer, null)
  health.checked('b', false)
  t.strictSame([used(), health.factsOf('b')?.state], ['a', 'failing'])
  health.restore('b')
  t.equal(used(), 'a', 'what checks say holds')
  health.checked('b', true)
  t.equal(health.offer, null)
  health.checked('nobody', false)
})

t.test('a reload keeps how peers stand that are at the same place, and new ones warm up', async t => {
  const slowStart = { window: 10_000, minWeight: 0.25, aggression: 1 }
  const { health, ejects, clock } = watching(['a', 'b'], USUAL)
  ejects('a')
  health.drain('b')
  const next = [new Peer('a', 8), new Peer('b', 4, 'http://elsewhere.test'), new Peer('c')]
  health.moveTo(next, { ...USUAL, slowStart })
  t.strictSame(health.offer?.peers, next.slice(1))
  t.strictSame(
    next.map(({ id, weight }) => [health.factsOf(id)?.state, weight]),
    [
      ['ejected', 8],
      ['warming', 1],
      ['warming', 1]
    ]
  )
  health.moveTo(next, undefined)
  clock.advance(31_000)
  t.equal(health.takeProbe(), next[0], 'what was said before still counts')
  health.close()
})
