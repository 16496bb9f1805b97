import t from 'tap'
import type { HealthConfiguration } from '../../../../core/configuration/health-schema.ts'
import type { Store } from '../../../../core/plugin.ts'
import { LocalStore } from '../../../../core/store/values.ts'
import { TimerWheel } from '../../../../core/timers.ts'
import { UpstreamHealth } from '../../../../core/upstream/health/health.ts'
import { Sharing } from '../../../../core/upstream/health/sharing.ts'
import { ManualClock } from '../../../support/clock.ts'

const HEALTH: HealthConfiguration = {
  outlier: {
    consecutive5xx: 1,
    consecutiveGatewayFailure: 0,
    interval: 10_000,
    baseEjectionTime: 30_000,
    maxEjectionTime: 300_000,
    maxEjectionPercent: 0.5
  },
  rest: { max: 60_000 },
  panicThreshold: 0
}

/** A gateway, as far as its peers' health goes. */
async function gateway(store: Store, clock: ManualClock) {
  const telling: Promise<void>[] = []
  const health: UpstreamHealth<Peer> = new UpstreamHealth<Peer>({
    clock,
    wheel: new TimerWheel(clock, { tickMs: 10 }),
    told: (peer, state, facts) => telling.push(sharing.tell(peer, state, facts))
  })
  const sharing = new Sharing({ upstream: 'chat', store, clock, taker: health })
  const peers = ['a', 'b', 'c'].map(id => new Peer(id))
  health.moveTo(peers, HEALTH)
  await sharing.moveTo(peers)
  const states = async () => {
    await Promise.all(telling.splice(0))
    await sharing.poll()
    return peers.map(({ id }) => health.factsOf(id)?.state ?? 'none')
  }
  const fails = (id: string) =>
    health.observe(
      { id },
      { outcome: 'reset', status: undefined, retryAfterMs: undefined, startedMs: clock.monotonic() }
    )
  return { health, states, fails }
}

class Peer {
  readonly id: string
  readonly origin: URL
  readonly fullWeight = 1
  weight = 1
  constructor(id: string) {
    this.id = id
    this.origin = new URL(`http://${id}.test`)
  }
}

async function two(store?: Store) {
  const clock = new ManualClock()
  const shared = store ?? new LocalStore(clock)
  return { clock, store: shared, one: await gateway(shared, clock), other: await gateway(shared, clock) }
}

t.test('what one gateway leaves out the other does, for as long, and who finds it back tells', async t => {
  const { clock, one, other } = await two()
  one.fails('a')
  t.strictSame(await one.states(), ['ejected', 'serving', 'serving'])
  clock.advance(5_000)
  t.strictSame(await other.states(), ['ejected', 'serving', 'serving'])
  t.match(other.health.factsOf('a'), { reason: 'consecutive_5xx', ejections: 1 })
  t.equal(Math.round(other.health.factsOf('a')?.leftMs ?? 0), 25_000)
  clock.advance(26_000)
  t.equal(other.health.takeProbe()?.id, 'a')
  other.health.observe(
    { id: 'a' },
    { outcome: 'committed', status: 200, retryAfterMs: undefined, startedMs: clock.monotonic() }
  )
  t.strictSame(await other.states(), ['serving', 'serving', 'serving'])
  t.strictSame(await one.states(), ['serving', 'serving', 'serving'])
})

t.test('drains, rests and returns by hand hold everywhere, and for who starts later', async t => {
  const { clock, store, one, other } = await two()
  one.health.drain('b')
  one.health.rest('c', 60_000)
  await one.states()
  t.strictSame(await other.states(), ['serving', 'drained', 'resting'])
  t.equal(other.health.factsOf('c')?.reason, 'by_hand')
  const late = await gateway(store, clock)
  t.strictSame(await late.states(), ['serving', 'drained', 'resting'])
  late.health.restore('b')
  await late.states()
  t.strictSame(await one.states(), ['serving', 'serving', 'resting'])
})

t.test('no more are left out for what others say than may be', async t => {
  const { one, other } = await two()
  one.fails('a')
  other.fails('b')
  await one.states()
  await other.states()
  t.strictSame(await one.states(), ['ejected', 'serving', 'serving'])
  t.strictSame(await other.states(), ['serving', 'ejected', 'serving'])
})

t.test('what checks say is not told', async t => {
  const { one, other } = await two()
  one.health.checked('a', false)
  t.strictSame(await one.states(), ['failing', 'serving', 'serving'])
  t.strictSame(await other.states(), ['serving', 'serving', 'serving'])
})

t.test('a store that cannot be asked changes nothing', async t => {
  const broken: Store = {
    get: () => Promise.reject(new Error('down')),
    set: () => Promise.reject(new Error('down')),
    increment: () => Promise.reject(new Error('down'))
  }
  const { one } = await two(broken)
  one.fails('a')
  t.strictSame(await one.states(), ['ejected', 'serving', 'serving'])
})

t.test('what is not well-formed, or over, is passed over', async t => {
  const { clock, store, one } = await two()
  const sound = { author: 'x', state: 'ejected', reason: 'success_rate', untilAt: clock.now() + 9_000, ejections: 1 }
  const faults: readonly unknown[] = [
    'no json',
    null,
    1,
    {},
    { ...sound, state: 'gone' },
    { ...sound, reason: 'because' },
    { ...sound, untilAt: null },
    { ...sound, untilAt: clock.now() - 1 },
    { ...sound, untilAt: '9' },
    { ...sound, ejections: -1 },
    { ...sound, ejections: 1.5 },
    { ...sound, state: 'drained' }
  ]
  for (const fault of faults) {
    await store.set('tacit.health/chat/a', typeof fault === 'string' ? fault : JSON.stringify(fault), 1_000_000)
    await store.increment('tacit.health/chat/', 1, 1_000_000)
    t.strictSame(await one.states(), ['serving', 'serving', 'serving'], JSON.stringify(fault))
  }
  await store.set('tacit.health/chat/a', JSON.stringify(sound), 1_000_000)
  await store.increment('tacit.health/chat/', 1, 1_000_000)
  t.strictSame(await one.states(), ['ejected', 'serving', 'serving'])
})
