import fc from 'fast-check'
import t from 'tap'
import { type Bounds, type Counter, LeakyBucket, SLIDING_PARTS, SlidingWindow } from '../../../core/store/counters.ts'
import { FixedWindow } from '../../../core/store/fixed-window.ts'
import { drive, LIMIT, step, sumSince, type Use } from './counter-steps.ts'

/** The level of a bucket that leaks one unit each ms, from everything that was ever put into it. */
function levelOf(uses: readonly Use[], nowMs: number): number {
  let level = 0
  let atMs = 0
  for (const use of uses) {
    level = Math.max(level - (use.atMs - atMs), 0) + use.amount
    atMs = use.atMs
  }
  return Math.max(level - (nowMs - atMs), 0)
}

t.test('leaky bucket', async t => {
  t.test('lets the limit pass at once, and as much again in each window', async t => {
    const bucket = new LeakyBucket()
    const minute: Bounds = { limit: 60, windowMs: 60_000 }
    for (let request = 0; request < 60; request++) {
      t.equal(bucket.waitMs(minute, 1, 5_000), 0)
      bucket.charge(minute, 1, 5_000)
    }
    t.strictSame(
      [bucket.waitMs(minute, 1, 5_000), bucket.remaining(minute, 5_000), bucket.resetMs(minute, 5_000)],
      [1_000, 0, 60_000]
    )
    t.equal(bucket.waitMs(minute, 1, 6_000), 0)
    t.equal(bucket.waitMs(minute, 2, 6_000), 1_000)
    t.equal(bucket.remaining(minute, 65_000), 60)
  })

  t.test('is full again after exactly one window, however odd the limit', async t => {
    for (const limit of [3, 7, 11, 99, 100_003]) {
      const odd: Bounds = { limit, windowMs: 60_000 }
      const bucket = new LeakyBucket()
      bucket.charge(odd, limit, 17)
      t.ok(bucket.waitMs(odd, limit, 60_016) > 0)
      t.equal(bucket.waitMs(odd, limit, 60_017), 0)
    }
  })

  t.test('gives back what was not used, but no more than has not leaked since', async t => {
    const bucket = new LeakyBucket()
    const mark = bucket.charge(LIMIT, 50, 0)
    bucket.charge(LIMIT, 50, 50)
    // What was held leaked away before the second claim came, which would have fitted without it too.
    bucket.settle(LIMIT, mark, 50, 0, 50)
    t.equal(bucket.remaining(LIMIT, 50), 50)
  })

  t.test('charges what was used beyond the claim, also over the limit', async t => {
    const bucket = new LeakyBucket()
    const mark = bucket.charge(LIMIT, 90, 0)
    bucket.settle(LIMIT, mark, 90, 150, 0)
    t.strictSame([bucket.remaining(LIMIT, 0), bucket.waitMs(LIMIT, 1, 0), bucket.waitMs(LIMIT, 0, 0)], [0, 51, 50])
  })

  t.test('decides as if every true amount had been known from the start', async t => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), steps => {
        let agrees = true
        drive(new LeakyBucket(), LIMIT, steps, (fits, { uses, amount, nowMs }) => {
          agrees &&= fits === levelOf(uses, nowMs) + amount <= LIMIT.limit
        })
        return agrees
      }),
      { numRuns: 2_000 }
    )
    t.pass('every decision was the same')
  })

  t.test('never lets too much pass, however many are under way', async t => {
    const busy = fc.record({
      passesMs: fc.nat({ max: 3 }),
      amount: fc.constantFrom(0, 1, 2),
      settles: fc.option(fc.record({ which: fc.nat(), actual: fc.nat({ max: 2 }) }), { freq: 1 })
    })
    fc.assert(
      fc.property(fc.array(busy, { minLength: 300, maxLength: 400 }), steps => {
        let holds = true
        drive(new LeakyBucket(), { limit: 300, windowMs: 300 }, steps, (fits, { uses, amount, nowMs }) => {
          holds &&= !fits || levelOf(uses, nowMs) + amount <= 300
        })
        return holds
      }),
      { numRuns: 50 }
    )
    t.pass('the level was never over the limit')
  })

  t.test('a limit that changes counts from then on', async t => {
    const bucket = new LeakyBucket()
    bucket.charge({ limit: 10, windowMs: 1_000 }, 10, 0)
    t.equal(bucket.remaining({ limit: 100, windowMs: 1_000 }, 0), 90)
    t.equal(bucket.waitMs({ limit: 0, windowMs: 1_000 }, 1, 0), Number.POSITIVE_INFINITY)
    t.equal(bucket.resetMs({ limit: 0, windowMs: 1_000 }, 0), Number.POSITIVE_INFINITY)
  })
})

t.test('sliding window', async t => {
  const partMs = LIMIT.windowMs / SLIDING_PARTS

  t.test('counts what was used in the last window, whenever it is asked', async t => {
    const sliding = new SlidingWindow()
    const minute: Bounds = { limit: 10, windowMs: 60_000 }
    sliding.charge(minute, 6, 59_000)
    sliding.charge(minute, 4, 61_000)
    t.ok(sliding.waitMs(minute, 1, 118_000) > 0)
    t.strictSame([sliding.remaining(minute, 121_000), sliding.remaining(minute, 124_000)], [6, 10])
  })

  t.test(
    'never lets more than the limit pass in any window, and refuses nothing that a longer one would take',
    async t => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), steps => {
          let holds = true
          drive(new SlidingWindow(), LIMIT, steps, (fits, { uses, amount, nowMs }) => {
            const least = sumSince(uses, nowMs - LIMIT.windowMs) + amount
            const most = sumSince(uses, nowMs - LIMIT.windowMs - partMs) + amount
            holds &&= fits ? least <= LIMIT.limit : most > LIMIT.limit
          })
          return holds
        }),
        { numRuns: 2_000 }
      )
      t.pass('every decision lay in between')
    }
  )

  t.test('takes nothing back that has left the window', async t => {
    const sliding = new SlidingWindow()
    const mark = sliding.charge(LIMIT, 80, 0)
    sliding.charge(LIMIT, 50, 250)
    sliding.settle(LIMIT, mark, 80, 0, 250)
    t.equal(sliding.remaining(LIMIT, 250), 50)
  })

  t.test('gives back to a part until the part has left', async t => {
    for (const [nowMs, remaining] of [
      [0, 80],
      [SLIDING_PARTS * partMs, 80],
      [(SLIDING_PARTS + 1) * partMs, 80]
    ] as const) {
      const sliding = new SlidingWindow()
      const mark = sliding.charge(LIMIT, 80, 0)
      sliding.charge(LIMIT, 20, nowMs)
      sliding.settle(LIMIT, mark, 80, 0, nowMs)
      t.equal(sliding.remaining(LIMIT, nowMs), remaining)
    }
  })

  t.test('forgets everything after a long pause', async t => {
    const sliding = new SlidingWindow()
    sliding.charge(LIMIT, 80, 0)
    t.equal(sliding.isIdle(100), false)
    t.equal(sliding.isIdle(104), true)
    t.equal(sliding.remaining(LIMIT, 1e9), 100)
    t.equal(sliding.resetMs(LIMIT, 1e9), 0)
  })
})

t.test('of every counter', async t => {
  const makers: Record<string, () => Counter> = {
    'leaky bucket': () => new LeakyBucket(),
    'sliding window': () => new SlidingWindow(),
    'fixed window': () => new FixedWindow(12_345)
  }
  for (const [name, make] of Object.entries(makers)) {
    t.test(`${name}: who waits as long as told fits, if nobody else came`, async t => {
      const limit = fc.record({
        limit: fc.integer({ min: 1, max: 1_000 }),
        windowMs: fc.integer({ min: 1, max: 100_000 })
      })
      fc.assert(
        fc.property(limit, fc.array(step, { maxLength: 40 }), fc.nat({ max: 1_000 }), (limit, steps, amount) => {
          const counter = make()
          let nowMs = 0
          drive(counter, limit, steps, (_, asked) => {
            nowMs = asked.nowMs
          })
          const asked = Math.min(amount, limit.limit)
          const waitMs = counter.waitMs(limit, asked, nowMs)
          return (
            Number.isInteger(waitMs) &&
            counter.waitMs(limit, asked, nowMs + waitMs) === 0 &&
            counter.remaining(limit, nowMs + waitMs) >= asked
          )
        }),
        { numRuns: 1_000 }
      )
      t.pass('it always fitted')
    })

    t.test(`${name}: what was undone leaves no trace`, async t => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 30 }), fc.nat({ max: 50 }), (steps, amount) => {
          const [plain, undone] = [make(), make()]
          let nowMs = 0
          const seen: boolean[] = []
          drive(plain, LIMIT, steps, (fits, asked) => {
            nowMs = asked.nowMs
            seen.push(fits)
          })
          let agrees = true
          drive(undone, LIMIT, steps, (fits, asked) => {
            undone.undo(undone.charge(LIMIT, amount, asked.nowMs), amount)
            agrees &&= fits === seen.shift()
          })
          return agrees && plain.remaining(LIMIT, nowMs) === undone.remaining(LIMIT, nowMs)
        })
      )
      t.pass('both were alike')
    })

    t.test(`${name}: what is more than the limit never fits, and no wait is told`, async t => {
      t.equal(make().waitMs(LIMIT, 101, 0), Number.POSITIVE_INFINITY)
    })

    t.test(`${name}: is idle when all of the limit fits again`, async t => {
      const counter = make()
      t.equal(counter.isIdle(0), true)
      counter.charge(LIMIT, 70, 0)
      t.equal(counter.isIdle(0), false)
      t.equal(counter.isIdle(counter.resetMs(LIMIT, 0)), true)
    })
  }
})
