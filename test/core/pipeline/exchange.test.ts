import { Type } from '@sinclair/typebox'
import t from 'tap'
import { compileEvent } from '../../../core/log.ts'
import { opaqueUpstream } from '../../../core/opaque.ts'
import { privateKey, sharedKey } from '../../../core/plugin.ts'
import { exchangeOf, servicesOf } from '../../support/exchanges.ts'
import { planOf, stepOf } from '../../support/plans.ts'

const plan = planOf([], { id: 'some-route', limits: { deadline: 5_000 } })

t.test('says what it is and when it came', async t => {
  const services = servicesOf()
  services.clock.advance(250)
  const exchange = exchangeOf(plan, { id: 'id-1', dialect: 'gemini', services, method: 'PUT', target: '/x?y' })
  const { id, route, dialect, receivedAt, startedMs, deadlineMs, downstream } = exchange
  t.strictSame(
    { id, route, dialect, receivedAt, startedMs, deadlineMs },
    {
      id: 'id-1',
      route: 'some-route',
      dialect: 'gemini',
      receivedAt: services.clock.now(),
      startedMs: 250,
      deadlineMs: 5_250
    }
  )
  const { method, target, clientIp, headers } = downstream
  t.strictSame([method, target, clientIp, headers.flat], ['PUT', '/x?y', '192.0.2.1', []])
  services.clock.advance(40)
  t.equal(exchange.elapsedMs(), 40)
})

t.test('a key names one value, whoever asks', async t => {
  const exchange = exchangeOf(plan)
  const own = privateKey<number>('same name')
  const other = privateKey<number>('same name')
  t.equal(exchange.get(own), undefined)
  exchange.set(own, 1)
  exchange.set(other, 2)
  t.strictSame([exchange.get(own), exchange.get(other)], [1, 2])
  exchange.set(own, 3)
  t.strictSame([exchange.get(own), exchange.need(own), exchange.get(other)], [3, 3, 2])
  exchange.set(sharedKey<string>('acme/fact'), 'x')
  t.equal(exchange.get(sharedKey<string>('acme/fact')), 'x')
})

t.test('a fact that nobody has set is no value, even one that is needed', async t => {
  const exchange = exchangeOf(plan)
  const key = privateKey<number | undefined>('k')
  t.throws(() => exchange.need(key), { code: 'TACIT_KEY_MISSING' })
  exchange.set(key, undefined)
  t.throws(() => exchange.need(key), { code: 'TACIT_KEY_MISSING' })
})

t.test('values of one exchange are not another’s', async t => {
  const key = privateKey<number>('k')
  const one = exchangeOf(plan)
  one.set(key, 1)
  t.equal(exchangeOf(plan).get(key), undefined)
})

t.test('targets are chosen in requestFilter, among upstreams that were declared', async t => {
  const exchange = exchangeOf(plan)
  const declared = { upstream: opaqueUpstream('a'), model: 'm' }
  exchange.step = stepOf('router', {}, { upstreams: new Set(['a']) })
  for (const phase of [undefined, 'upstreamRequestFilter', 'responseFilter', 'finish']) {
    exchange.phase = phase
    t.throws(() => exchange.routeTo([declared]), { code: 'TACIT_PHASE_WRONG' })
  }
  exchange.phase = 'requestFilter'
  t.throws(() => exchange.routeTo([declared, { upstream: opaqueUpstream('b') }]), { code: 'TACIT_TARGET_UNDECLARED' })
  t.equal(exchange.targets, undefined, 'and none of them was chosen')
  exchange.routeTo([declared])
  t.strictSame(exchange.targets, [declared])
  t.equal(exchange.target, undefined, 'no attempt goes there yet')
  exchange.targetIndex = 0
  t.equal(exchange.target, declared)
})

t.test('a declaration does for its own plugin only', async t => {
  const exchange = exchangeOf(plan)
  exchange.phase = 'requestFilter'
  exchange.step = stepOf('other')
  t.throws(() => exchange.routeTo([{ upstream: opaqueUpstream('a') }]), { code: 'TACIT_TARGET_UNDECLARED' })
  exchange.step = undefined
  t.throws(() => exchange.routeTo([{ upstream: opaqueUpstream('a') }]), { code: 'TACIT_TARGET_UNDECLARED' })
})

t.test('an event is one of those that the plugin has declared', async t => {
  const services = servicesOf()
  const exchange = exchangeOf(plan, { services })
  const event = compileEvent('limited', Type.Object({ count: Type.Integer() }))
  exchange.step = stepOf('limiter', {}, { events: new Map([['limited', event]]) })
  exchange.log('limited', { count: 3 })
  t.throws(() => exchange.log('other', {}), { code: 'TACIT_EVENT_UNKNOWN' })
  exchange.step = stepOf('other')
  t.throws(() => exchange.log('limited', { count: 3 }), { code: 'TACIT_EVENT_UNKNOWN' })
  t.strictSame(services.written, [{ event: 'limited', facts: { count: 3 } }])
})

t.test('decisions are kept only where somebody reads them', async t => {
  const exchange = exchangeOf(plan)
  exchange.step = stepOf('router')
  exchange.decide('unread', {})
  t.equal(exchange.decisions, undefined)
  t.equal(exchange.isExplained, false)
  exchange.decisions = []
  t.equal(exchange.isExplained, true)
  exchange.decide('model', { chosen: 'm', count: 2 })
  t.strictSame(exchange.decisions, [{ by: 'router', name: 'model', facts: { chosen: 'm', count: 2 } }])
})

t.test('the signal tells those who ask before and those who ask after', async t => {
  const exchange = exchangeOf(plan)
  const { signal } = exchange
  t.equal(signal.aborted, false)
  t.equal(exchange.signal, signal)
  exchange.abortSignal()
  t.equal(signal.aborted, true)
  const late = exchangeOf(plan)
  late.abortSignal()
  t.equal(late.signal.aborted, true)
})

t.test('the timer of an exchange calls whoever drives it, with the time', async t => {
  const services = servicesOf()
  const exchange = exchangeOf(plan, { services })
  const told: unknown[] = []
  exchange.deadline.onDue = (which, nowMs) => told.push([which === exchange, nowMs])
  services.wheel.schedule(exchange.deadline, 100)
  services.clock.advance(160)
  t.strictSame(told, [[true, 160]])
})
