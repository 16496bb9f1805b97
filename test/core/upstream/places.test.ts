import t from 'tap'
import { type PlaceLimits, Places, type Waiter } from '../../../core/upstream/places.ts'
import type { LivePeer } from '../../../core/upstream/upstream.ts'
import { ManualClock } from '../../support/clock.ts'
import { upstreamAt } from '../../support/plans.ts'

const LIMITS: PlaceLimits = { inFlight: 3, peerInFlight: 2, retries: 10, waiting: 4, waitMs: 1_000 }

function placesWith(limits: Partial<PlaceLimits> = {}, random = () => 0) {
  const clock = new ManualClock()
  const places = new Places({ ...LIMITS, ...limits }, clock, random)
  const { peers } = upstreamAt(clock, ['http://a.test', 'http://b.test'])
  const [a, b] = peers
  if (a === undefined || b === undefined) throw new TypeError('no peers')
  return { clock, places, peers, a, b }
}

/** Somebody who waits, and takes a place at a peer when there is one. */
class Guest implements Waiter {
  nextWaiter: Waiter | undefined
  previousWaiter: Waiter | undefined
  readonly #places: Places
  readonly #peers: readonly LivePeer[]
  readonly #served: string[]
  readonly #name: string

  constructor(places: Places, peers: readonly LivePeer[], served: string[], name: string) {
    this.#places = places
    this.#peers = peers
    this.#served = served
    this.#name = name
  }

  hasPlace(): boolean {
    return this.#places.free(this.#peers).length > 0
  }

  take(): void {
    const [peer] = this.#places.free(this.#peers)
    if (peer === undefined) throw new TypeError('no place')
    this.#places.enter(peer, false)
    this.#served.push(this.#name)
  }
}

/** After the turn of the event loop in which places are handed out. */
const handedOut = () => new Promise(resolve => setImmediate(resolve))

t.test('a full peer is not offered, and nobody is when the upstream is full', async t => {
  const { places, peers, a, b } = placesWith()
  t.equal(places.free(peers), peers, 'no list is made while nobody is full')
  places.enter(a, false)
  places.enter(a, true)
  t.strictSame([places.inFlight, places.retries, a.inFlight], [2, 1, 2])
  t.strictSame(places.free(peers), [b])
  places.enter(b, false)
  t.strictSame(places.free(peers), [])
  places.leave(a, true)
  t.strictSame([places.inFlight, places.retries, places.free(peers).length], [2, 0, 2])
})

t.test('those who wait are served in order, and whoever gave up is passed over', async t => {
  const { places, peers, a, b } = placesWith({ inFlight: 1 })
  const served: string[] = []
  const [first, second, third, fourth] = ['first', 'second', 'third', 'fourth'].map(
    name => new Guest(places, peers, served, name)
  )
  if (!first || !second || !third || !fourth) throw new TypeError('no guests')
  places.enter(a, false)
  for (const guest of [first, second, third, fourth]) t.equal(places.wait(guest), undefined)
  t.equal(places.waiting, 4)
  places.giveUp(second)
  places.giveUp(fourth)
  places.leave(a, false)
  t.strictSame(served, [], 'not in the middle of what whoever left is doing')
  await handedOut()
  t.strictSame([served, places.waiting], [['first'], 1])
  places.leave(a, false)
  await handedOut()
  t.strictSame([served, places.waiting, a.inFlight, b.inFlight], [['first', 'third'], 0, 1, 0])
})

t.test('a place at a peer that the first cannot use leaves everybody waiting', async t => {
  const { places, peers, a, b } = placesWith({ peerInFlight: 1 })
  const served: string[] = []
  places.enter(a, false)
  places.enter(b, false)
  places.wait(new Guest(places, [a], served, 'only a'))
  places.wait(new Guest(places, peers, served, 'any'))
  places.leave(b, false)
  await handedOut()
  t.strictSame(served, [])
  places.leave(a, false)
  await handedOut()
  t.strictSame(served, ['only a', 'any'])
})

t.test('turns away at once whoever would wait in vain', async t => {
  const { places, peers, a, clock } = placesWith({ inFlight: 1, waiting: 3 })
  const served: string[] = []
  const wait = () => places.wait(new Guest(places, peers, served, 'guest'))
  places.enter(a, false)
  t.strictSame([wait(), wait(), wait()], [undefined, undefined, undefined])
  t.equal(wait(), 1_000, 'too many wait, and nothing is known of how long')
  // One place every 600 ms: the third would wait longer than anybody may.
  for (let round = 0; round < 3; round++) {
    clock.advance(600)
    places.leave(a, false)
    await handedOut()
  }
  t.strictSame([served.length, places.waiting], [3, 0])
  t.equal(wait(), undefined, 'the first may always wait')
  t.equal(wait(), 1_200, 'two places away, and as long as that is')
})

t.test('a place that does not become free counts as slow', async t => {
  const { places, peers, a, clock } = placesWith({ inFlight: 1 })
  places.enter(a, false)
  const served: string[] = []
  t.equal(places.wait(new Guest(places, peers, served, 'first')), undefined)
  clock.advance(900)
  t.equal(places.wait(new Guest(places, peers, served, 'second')), undefined)
  clock.advance(300)
  t.equal(places.wait(new Guest(places, peers, served, 'third')), 1_200)
})

t.test('those who are turned away are told to come back at different times', async t => {
  const numbers = [0, 0.5, 0.99]
  const { places } = placesWith({ waiting: 0 }, () => numbers.shift() ?? 0)
  t.strictSame([places.retryAfterMs(), places.retryAfterMs(), places.retryAfterMs(4_000)], [1_000, 1_500, 7_960])
})
