import fc from 'fast-check'
import t from 'tap'
import { LocalStore } from '../../../core/store/values.ts'
import { ManualClock } from '../../support/clock.ts'

function setUp(maxValues?: number) {
  const clock = new ManualClock()
  return { clock, store: new LocalStore(clock, maxValues === undefined ? {} : { maxValues }) }
}

t.test('a value is there until its life is over', async t => {
  const { clock, store } = setUp()
  await store.set('key', 'value', 1_000)
  clock.advance(999)
  t.equal(await store.get('key'), 'value')
  clock.advance(1)
  t.equal(await store.get('key'), undefined)
  t.equal(await store.get('another'), undefined)
  t.equal(store.size, 0)
})

t.test('writing a value again begins a new life', async t => {
  const { clock, store } = setUp()
  await store.set('key', 'first', 1_000)
  clock.advance(900)
  await store.set('key', 'second', 1_000)
  clock.advance(900)
  t.equal(await store.get('key'), 'second')
})

t.test('a wall clock that jumps neither ends nor prolongs a life', async t => {
  const { clock, store } = setUp()
  await store.set('key', 'value', 1_000)
  clock.jump(clock.now() + 86_400_000)
  t.equal(await store.get('key'), 'value')
  clock.jump(clock.now() - 2 * 86_400_000)
  clock.advance(1_000)
  t.equal(await store.get('key'), undefined)
})

t.test('increments count from 0, and do not prolong the life', async t => {
  const { clock, store } = setUp()
  t.equal(await store.increment('hits', 2, 1_000), 2)
  clock.advance(600)
  t.equal(await store.increment('hits', 3, 1_000), 5)
  t.equal(await store.get('hits'), '5')
  t.equal(await store.increment('hits', -6, 1_000), -1)
  clock.advance(400)
  t.equal(await store.get('hits'), undefined)
  t.equal(await store.increment('hits', 1, 1_000), 1)
})

t.test('increments that come together are all counted', async t => {
  const { store } = setUp()
  const sums = await Promise.all(Array.from({ length: 100 }, () => store.increment('hits', 1, 1_000)))
  t.strictSame(
    sums,
    Array.from({ length: 100 }, (_, index) => index + 1)
  )
})

t.test('what is no whole number cannot be incremented, and keeps its value', async t => {
  const { store } = setUp()
  for (const value of ['text', '', ' ', '1.5', 'Infinity', `${Number.MAX_SAFE_INTEGER}`]) {
    await store.set('key', value, 1_000)
    await t.rejects(store.increment('key', 1, 1_000), { code: 'TACIT_STORE_REFUSED' }, JSON.stringify(value))
    t.equal(await store.get('key'), value)
  }
  await t.rejects(store.increment('new', 0.5, 1_000), { code: 'TACIT_STORE_REFUSED' })
})

t.test('what is too long, or has no life, is refused', async t => {
  const { store } = setUp()
  const refused = { code: 'TACIT_STORE_REFUSED' }
  await t.rejects(store.set('k'.repeat(513), 'value', 1_000), refused)
  await t.rejects(store.set('key', 'v'.repeat(65_537), 1_000), refused)
  for (const ttlMs of [0, -1, Number.NaN]) await t.rejects(store.set('key', 'value', ttlMs), refused)
  await t.rejects(store.increment('key', 1, 0), refused)
  t.equal(store.size, 0)
})

t.test('when it is full, what was written longest ago is forgotten', async t => {
  const { store } = setUp(3)
  for (const key of ['a', 'b', 'c']) await store.set(key, key, 1_000)
  await store.set('a', 'again', 1_000)
  await store.set('d', 'd', 1_000)
  t.strictSame(await Promise.all(['a', 'b', 'c', 'd'].map(key => store.get(key))), ['again', undefined, 'c', 'd'])
  t.equal(store.size, 3)
})

t.test('lives that are over make room before anything is forgotten', async t => {
  const { clock, store } = setUp(1_000)
  for (let number = 0; number < 100_000; number++) {
    await store.set(`${number}`, 'value', 100)
    clock.advance(1)
  }
  t.ok(store.size <= 210, `${store.size} values for 100 that live`)
})

t.test('agrees with a plain list of lives', async t => {
  const key = fc.constantFrom('a', 'b', 'c')
  const ttlMs = fc.integer({ min: 1, max: 50 })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, ttlMs, number: fc.nat({ max: 9 }) }),
    fc.record({ kind: fc.constant('increment' as const), key, ttlMs, number: fc.nat({ max: 9 }) }),
    fc.record({ kind: fc.constant('advance' as const), key, ttlMs: fc.nat({ max: 40 }), number: fc.constant(0) }),
    fc.record({ kind: fc.constant('jump' as const), key, ttlMs: fc.constant(0), number: fc.integer() })
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step), async steps => {
      const { clock, store } = setUp()
      const model = new Map<string, { value: number; endsMs: number }>()
      for (const { kind, key, ttlMs, number } of steps) {
        const nowMs = clock.monotonic()
        for (const [name, { endsMs }] of model) if (endsMs <= nowMs) model.delete(name)
        const before = model.get(key)
        if (kind === 'set') {
          await store.set(key, `${number}`, ttlMs)
          model.set(key, { value: number, endsMs: nowMs + ttlMs })
        } else if (kind === 'increment') {
          const value = (before?.value ?? 0) + number
          if ((await store.increment(key, number, ttlMs)) !== value) return false
          model.set(key, { value, endsMs: before?.endsMs ?? nowMs + ttlMs })
        } else if (kind === 'advance') clock.advance(ttlMs)
        else clock.jump(clock.now() + number)
        for (const name of ['a', 'b', 'c']) {
          const entry = model.get(name)
          const alive = entry !== undefined && entry.endsMs > clock.monotonic() ? `${entry.value}` : undefined
          if ((await store.get(name)) !== alive) return false
        }
      }
      return true
    })
  )
  t.pass('every value was the same')
})
