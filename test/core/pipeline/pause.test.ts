import t from 'tap'
import { Pause, type PauseOwner, PlaceWait } from '../../../core/pipeline/pause.ts'
import { exchangeOf, servicesOf } from '../../support/exchanges.ts'
import { planOf, type UpstreamGiven, upstreamAt } from '../../support/plans.ts'

function start(given: UpstreamGiven = {}) {
  const services = servicesOf()
  const upstream = upstreamAt(services.clock, ['http://a.test'], given)
  const exchange = exchangeOf(planOf([{ upstream }]), { services })
  const told: string[] = []
  const owner: PauseOwner = {
    hasPlace: () => upstream.places.free(upstream.peers).length > 0,
    goOn: () => void told.push('goOn'),
    tooLong: () => void told.push('tooLong')
  }
  const [peer] = upstream.peers
  if (peer === undefined) throw new TypeError('no peer')
  return { services, clock: services.clock, places: upstream.places, peer, exchange, owner, told }
}

/** After the turn of the event loop in which places are handed out. */
const handedOut = () => new Promise(resolve => setImmediate(resolve))

t.test('goes on after its time, which is none of the gateway’s own', async t => {
  const { exchange, owner, told, clock } = start()
  new Pause(exchange, owner).begin(100)
  clock.advance(99)
  t.strictSame([told, exchange.waitedMs], [[], 0])
  clock.advance(1)
  t.strictSame([told, exchange.waitedMs, exchange.pause], [['goOn'], 100, undefined])
})

t.test('an exchange that ends meanwhile does not go on', async t => {
  const { exchange, owner, told, clock, services } = start()
  new Pause(exchange, owner).begin(100)
  exchange.pause?.cancel()
  clock.advance(1_000)
  t.strictSame([told, services.wheel.size], [[], 0])
})

t.test('a place that becomes free is taken; the wait is over then', async t => {
  const { exchange, owner, told, clock, places, peer } = start({ max: 1, limits: { waiting: 1 } })
  places.enter(peer, false)
  t.equal(new PlaceWait(exchange, owner, places).queue(), undefined)
  clock.advance(30)
  places.leave(peer, false)
  await handedOut()
  t.strictSame([told, places.waiting, exchange.waitedMs], [['goOn'], 0, 30])
  clock.advance(5_000)
  t.strictSame(told, ['goOn'])
})

t.test('says when there was no place in time, and who left is not waited for', async t => {
  const { exchange, owner, told, clock, places, peer } = start({ max: 1, limits: { waiting: 2, waitMs: 500 } })
  places.enter(peer, false)
  new PlaceWait(exchange, owner, places).queue()
  clock.advance(500)
  t.strictSame([told, places.waiting, exchange.pause], [['tooLong'], 0, undefined])
  new PlaceWait(exchange, owner, places).queue()
  exchange.pause?.cancel()
  t.equal(places.waiting, 0)
  places.leave(peer, false)
  await handedOut()
  t.strictSame(told, ['tooLong'])
})

t.test('waiting in vain is no pause', async t => {
  const { exchange, owner, places } = start({ limits: { waiting: 0 } })
  t.equal(new PlaceWait(exchange, owner, places).queue(), 1_000)
  t.equal(exchange.pause, undefined)
})
