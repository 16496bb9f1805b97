import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fc from 'fast-check'
import t from 'tap'
import { systemClock } from '../../core/clock.ts'
import { Timer, TimerWheel } from '../../core/timers.ts'
import { ManualClock } from '../support/clock.ts'

/** Calls back, and remembers when it fired. */
class Probe extends Timer {
  readonly firedAt: number[] = []
  readonly #clock: ManualClock
  readonly #then: ((probe: Probe) => void) | undefined
  constructor(clock: ManualClock, then?: (probe: Probe) => void) {
    super()
    this.#clock = clock
    this.#then = then
  }
  expire(): void {
    this.firedAt.push(this.#clock.monotonic())
    this.#then?.(this)
  }
}

function setUp(tickMs = 50) {
  const clock = new ManualClock()
  const errors: unknown[] = []
  const wheel = new TimerWheel(clock, { tickMs, onError: error => errors.push(error) })
  const probe = (then?: (probe: Probe) => void) => new Probe(clock, then)
  return { clock, wheel, errors, probe }
}

t.test('fires once, never before it is due and at most a tick after', async t => {
  const { clock, wheel, probe } = setUp()
  const timer = probe()
  wheel.schedule(timer, 120)
  clock.advance(119, 1)
  t.strictSame(timer.firedAt, [])
  clock.advance(500, 50)
  t.strictSame(timer.firedAt, [169])
  t.equal(timer.scheduled, false)
  t.equal(wheel.size, 0)
})

t.test('a cancelled timer does not fire, and cancelling it again changes nothing', async t => {
  const { clock, wheel, probe } = setUp()
  const timer = probe()
  wheel.schedule(timer, 100)
  t.equal(timer.scheduled, true)
  wheel.cancel(timer)
  wheel.cancel(timer)
  clock.advance(1_000, 10)
  t.strictSame([timer.firedAt, wheel.size], [[], 0])
})

t.test('scheduling a pending timer again moves it, to later and to sooner', async t => {
  const { clock, wheel, probe } = setUp()
  const later = probe()
  const sooner = probe()
  wheel.schedule(later, 100)
  wheel.schedule(later, 5_000)
  wheel.schedule(sooner, 5_000)
  wheel.schedule(sooner, 100)
  t.equal(wheel.size, 2)
  clock.advance(10_000, 10)
  t.strictSame([sooner.firedAt, later.firedAt], [[100], [5_000]])
})

t.test('a timer that is postponed with every chunk for an hour fires after the last', async t => {
  const { clock, wheel, probe } = setUp()
  const idle = probe()
  for (let sent = 0; sent < 3_600; sent++) {
    wheel.schedule(idle, clock.monotonic() + 60_000)
    clock.advance(1_000, 50)
  }
  t.strictSame(idle.firedAt, [])
  clock.advance(60_000, 50)
  t.strictSame(idle.firedAt, [3_599_000 + 60_000])
})

t.test('durations of more than a day are kept', async t => {
  const { clock, wheel, probe } = setUp()
  const day = 86_400_000
  const timer = probe()
  wheel.schedule(timer, 1.5 * day)
  clock.advance(1.5 * day - 1, 60_000)
  t.strictSame(timer.firedAt, [])
  clock.advance(1)
  t.strictSame(timer.firedAt, [1.5 * day])
})

t.test('after a stall of hours everything that is due fires, and nothing else', async t => {
  const { clock, wheel, probe } = setUp()
  const due = Array.from({ length: 500 }, () => probe())
  const pending = probe()
  for (const [index, timer] of due.entries()) wheel.schedule(timer, index * 10_000)
  wheel.schedule(pending, 5_000_001)
  clock.advance(5_000_000)
  t.ok(due.every(timer => timer.firedAt.length === 1))
  t.strictSame([pending.firedAt, wheel.size], [[], 1])
})

t.test('a wall clock that jumps fires nothing and delays nothing', async t => {
  const { clock, wheel, probe } = setUp()
  const timer = probe()
  wheel.schedule(timer, 1_000)
  clock.jump(clock.now() + 3_600_000)
  clock.advance(500, 50)
  clock.jump(clock.now() - 7_200_000)
  t.strictSame(timer.firedAt, [])
  clock.advance(500, 50)
  t.strictSame(timer.firedAt, [1_000])
})

t.test('a time that has passed means the next tick', async t => {
  const { clock, wheel, probe } = setUp()
  clock.advance(10_000)
  const timer = probe()
  wheel.schedule(timer, 3)
  t.strictSame(timer.firedAt, [])
  wheel.advance()
  t.strictSame(timer.firedAt, [10_000])
})

t.test('a timer may schedule itself again while it fires', async t => {
  const { clock, wheel, probe } = setUp()
  const every = probe(timer => wheel.schedule(timer, clock.monotonic() + 100))
  wheel.schedule(every, 100)
  clock.advance(350, 10)
  t.strictSame(every.firedAt, [100, 200, 300])
  t.equal(wheel.size, 1)
})

t.test('a timer that keeps scheduling itself for the past does not hold the tick', async t => {
  const { clock, wheel, probe } = setUp()
  const eager = probe(timer => wheel.schedule(timer, 0))
  wheel.schedule(eager, 0)
  clock.advance(150, 50)
  t.strictSame(eager.firedAt, [50, 100, 150])
})

t.test('one that fires may cancel or postpone another that is due in the same tick', async t => {
  const { clock, wheel, probe } = setUp()
  const cancelled = probe()
  const postponed = probe()
  const first = probe(() => {
    wheel.cancel(cancelled)
    wheel.schedule(postponed, 500)
  })
  for (const timer of [first, cancelled, postponed]) wheel.schedule(timer, 10)
  clock.advance(100)
  t.strictSame([first.firedAt, cancelled.firedAt, postponed.firedAt, wheel.size], [[100], [], [], 1])
  clock.advance(400)
  t.strictSame(postponed.firedAt, [500])
})

t.test('one that throws does not stop the others', async t => {
  const { clock, wheel, errors, probe } = setUp()
  const failure = new Error('broken')
  const before = probe()
  const broken = probe(() => {
    throw failure
  })
  const after = probe()
  for (const timer of [before, broken, after]) wheel.schedule(timer, 10)
  clock.advance(50)
  t.strictSame([before.firedAt, broken.firedAt, after.firedAt], [[50], [50], [50]])
  t.strictSame(errors, [failure])
})

t.test('without a handler an error becomes a process warning that does not repeat it', async t => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const broken = new Probe(clock, () => {
    throw new Error('the card number is 4111')
  })
  wheel.schedule(broken, 1)
  const warned = once(process, 'warning')
  clock.advance(50)
  const [warning] = await warned
  t.equal(warning.code, 'TACIT_TIMER_FAILED')
  t.notMatch(String(warning.stack), '4111')
})

t.test('a time that is not finite is refused', async t => {
  const { wheel, probe } = setUp()
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => wheel.schedule(probe(), wrong), RangeError)
  }
  t.throws(() => new TimerWheel(new ManualClock(), { tickMs: 0 }), RangeError)
  t.equal(wheel.size, 0)
})

t.test('it listens to the clock only while something is pending', async t => {
  const { clock, wheel, probe } = setUp()
  t.equal(clock.listeners, 0)
  wheel.schedule(probe(), 10)
  t.equal(clock.listeners, 1)
  clock.advance(50)
  t.equal(clock.listeners, 0)
  clock.advance(1_000_000)
  const again = probe()
  wheel.schedule(again, clock.monotonic() + 70)
  clock.advance(70, 10)
  t.strictSame(again.firedAt, [1_000_120])
})

t.test('closing drops everything, and nothing can be scheduled any more', async t => {
  const { clock, wheel, probe } = setUp()
  const timers = [probe(), probe(), probe()]
  for (const [index, timer] of timers.entries()) wheel.schedule(timer, index * 100)
  wheel.close()
  const late = probe()
  wheel.schedule(late, 10)
  clock.advance(1_000, 10)
  t.strictSame(
    [...timers, late].flatMap(timer => timer.firedAt),
    []
  )
  t.strictSame([wheel.size, clock.listeners, late.scheduled], [0, 0, false])
})

t.test('with the system clock it fires by itself, not early', async t => {
  const wheel = new TimerWheel(systemClock, { tickMs: 5 })
  const keptAlive = setInterval(() => {}, 1_000)
  const dueAtMs = systemClock.monotonic() + 30
  const firedAtMs = await new Promise<number>(resolve => {
    wheel.schedule(
      new (class extends Timer {
        expire(): void {
          resolve(systemClock.monotonic())
        }
      })(),
      dueAtMs
    )
  })
  clearInterval(keptAlive)
  t.ok(firedAtMs >= dueAtMs, `${firedAtMs} is before ${dueAtMs}`)
  t.equal(wheel.size, 0)
})

t.test('a pending timer does not keep the process alive', async t => {
  const script = `
    import { systemClock } from './core/clock.ts'
    import { Timer, TimerWheel } from './core/timers.ts'
    class Never extends Timer { expire() { console.log('fired') } }
    new TimerWheel(systemClock).schedule(new Never(), 1e9)
  `
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: new URL('../../', import.meta.url),
    env: {},
    encoding: 'utf8',
    timeout: 30_000
  })
  t.strictSame({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
})

t.test('it agrees with a plain list of due times, whatever is done to it', async t => {
  const delayMs = fc.oneof(
    fc.integer({ min: -100, max: 300 }),
    fc.integer({ min: 0, max: 200_000 }),
    fc.double({ min: 0, max: 90_000_000, noNaN: true })
  )
  const which = fc.nat({ max: 9 })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('schedule' as const), which, delayMs }),
    fc.record({ kind: fc.constant('cancel' as const), which, delayMs: fc.constant(0) }),
    fc.record({ kind: fc.constant('advance' as const), which: fc.constant(0), delayMs })
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 100 }), (steps, tickMs) => {
      const clock = new ManualClock()
      const wheel = new TimerWheel(clock, { tickMs })
      const fired: number[] = []
      const timers = Array.from({ length: 10 }, (_, index) => new Probe(clock, () => fired.push(index)))
      const model = new Map<number, number>()
      for (const { kind, which, delayMs } of steps) {
        const timer = timers[which]
        if (timer === undefined) throw new RangeError('no such timer')
        if (kind === 'schedule') {
          wheel.schedule(timer, clock.monotonic() + delayMs)
          model.set(which, clock.monotonic() + delayMs)
        } else if (kind === 'cancel') {
          wheel.cancel(timer)
          model.delete(which)
        } else {
          fired.length = 0
          clock.advance(Math.abs(delayMs))
          const expected = [...model].filter(([, dueAtMs]) => dueAtMs <= clock.monotonic()).map(([index]) => index)
          for (const index of expected) model.delete(index)
          t.strictSame(
            fired.sort((a, b) => a - b),
            expected.sort((a, b) => a - b)
          )
        }
        if (wheel.size !== model.size) t.fail(`${wheel.size} pending, not ${model.size}`)
      }
      return t.passing()
    }),
    { numRuns: 300 }
  )
})
