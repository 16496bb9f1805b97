import fc from 'fast-check'
import t from 'tap'
import type { CounterName } from '../../../core/plugin.ts'
import { readHold, readTake } from '../../../core/store/hold-words.ts'
import { isFull } from '../../support/full.ts'
import { withoutRedis } from '../../support/redis.ts'
import { openDesks } from './limit-desk.ts'

const RUNS = isFull ? 2_000 : 40
const TIMEOUT = { timeout: 300_000 }

/** Time that is told runs so much faster than Redis's own, by which it forgets what does not count any more. */
const SPEED = 1_000
const slowly = (ms: number) => ms * SPEED

interface Step {
  readonly passesMs: number
  readonly amount: number
  readonly settles: { readonly which: number; readonly actual: number } | null
}

/** Time mostly passes, and now and then is set back or far ahead. */
const step: fc.Arbitrary<Step> = fc.record({
  passesMs: fc.oneof(
    { weight: 8, arbitrary: fc.nat({ max: 40 }).map(slowly) },
    { weight: 1, arbitrary: fc.nat({ max: 500 }).map(slowly) },
    { weight: 1, arbitrary: fc.integer({ min: -300, max: -1 }).map(slowly) }
  ),
  amount: fc.nat({ max: 60 }),
  settles: fc.option(fc.record({ which: fc.nat(), actual: fc.nat({ max: 90 }) }), { freq: 3 })
})

/** What was used, and since when it counts. */
interface Use {
  readonly atMs: number
  amount: number
}

/** What a plain model says: units that count at a time, from everything that was ever used; the least and the most. */
type Model = (uses: readonly Use[], nowMs: number) => { readonly least: number; readonly most: number }

const WINDOW_MS = 100 * SPEED
const LIMIT = 100
const exactly = (units: number) => ({ least: units, most: units })
const since = (uses: readonly Use[], fromMs: number) =>
  uses.filter(({ atMs }) => atMs > fromMs).reduce((sum, { amount }) => sum + amount, 0)

/** The level of a bucket that leaks its limit in each window. */
function levelOf(uses: readonly Use[], nowMs: number): number {
  let level = 0
  let atMs = 0
  for (const use of uses) {
    level = Math.max(level - (use.atMs - atMs) / SPEED, 0) + use.amount
    atMs = use.atMs
  }
  return Math.max(level - (nowMs - atMs) / SPEED, 0)
}

const models: { readonly [Algorithm in CounterName['algorithm']]: Model } = {
  gcra: (uses, nowMs) => ({ least: levelOf(uses, nowMs), most: Number.POSITIVE_INFINITY }),
  sliding: (uses, nowMs) => ({
    least: since(uses, nowMs - WINDOW_MS),
    most: since(uses, nowMs - WINDOW_MS - WINDOW_MS / 32)
  }),
  fixed: (uses, nowMs) => exactly(since(uses, Math.floor(nowMs / WINDOW_MS) * WINDOW_MS - 1)),
  calendar: uses => exactly(since(uses, Number.NEGATIVE_INFINITY)),
  total: uses => exactly(since(uses, Number.NEGATIVE_INFINITY)),
  concurrency: uses => exactly(since(uses, Number.NEGATIVE_INFINITY))
}

t.test('in Redis', { skip: withoutRedis, timeout: 600_000 }, async t => {
  const deskOf = await openDesks(t)

  for (const algorithm of ['gcra', 'sliding', 'fixed', 'calendar', 'total', 'concurrency'] as const) {
    const window = algorithm === 'calendar' ? { startsAt: 0, endsAt: 1e12 } : { windowMs: WINDOW_MS }
    t.test(`${algorithm} decides as the plain model, however clocks jump`, TIMEOUT, async t => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
          const desk = deskOf()
          const limit = { algorithm, limit: LIMIT, ...window }
          const uses: Use[] = []
          const open = new Map<number, { readonly use: Use; readonly held: number }>()
          let toldMs = 1_000 * SPEED
          let latestMs = toldMs
          // How far the clock of the counter has come: what was refused wrote nothing.
          let writtenMs = toldMs
          for (const [at, { passesMs, amount, settles }] of steps.entries()) {
            // A counter with nothing in it is forgotten, and with it how far the clock had come.
            const counts = models[algorithm](uses, latestMs).least > 0
            toldMs = counts ? Math.max(toldMs + passesMs, 0) : latestMs + Math.abs(passesMs)
            latestMs = Math.max(latestMs, toldMs)
            const nowMs = Math.max(writtenMs, toldMs)
            const { least, most } = models[algorithm](uses, nowMs)
            const [answer] = await desk.run(desk.hold(`${at}`, [desk.claim(limit, amount)], toldMs))
            const granted = readHold(answer ?? '')?.granted === true
            if (granted ? least + amount > LIMIT + 1e-6 : most + amount <= LIMIT) return false
            if (granted) {
              writtenMs = nowMs
              const use = { atMs: nowMs, amount }
              uses.push(use)
              open.set(at, { use, held: amount })
            }
            if (settles === null) continue
            // Of one that was refused or is settled nothing comes.
            const which = settles.which % (at + 1)
            const { actual } = settles
            await desk.run(desk.settle(`${which}`, [desk.claim(limit, 0)], [actual], toldMs))
            const done = open.get(which)
            open.delete(which)
            if (done === undefined) continue
            writtenMs = nowMs
            done.use.amount = algorithm === 'concurrency' ? 0 : Math.min(actual, done.held)
            if (algorithm === 'concurrency' || actual <= done.held) continue
            uses.push({ atMs: nowMs, amount: actual - done.held })
          }
          return true
        }),
        { numRuns: RUNS }
      )
      t.pass('every decision was one of the model')
    })
  }

  t.test('a bucket refuses nothing that fits, as long as nothing is given back', TIMEOUT, async t => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const desk = deskOf()
        const limit = { algorithm: 'gcra', limit: LIMIT, windowMs: WINDOW_MS } as const
        let nowMs = 1_000 * SPEED
        const times = steps.map(({ passesMs }) => {
          nowMs += Math.abs(passesMs)
          return nowMs
        })
        const commands = steps.map(({ amount }, at) => desk.hold(`${at}`, [desk.claim(limit, amount)], times[at] ?? 0))
        const answers = await desk.run(...commands)
        const uses: Use[] = []
        return steps.every(({ amount }, at) => {
          const level = levelOf(uses, times[at] ?? 0) + amount
          const granted = readHold(answers[at] ?? '')?.granted === true
          if (granted) uses.push({ atMs: times[at] ?? 0, amount })
          return Math.abs(level - LIMIT) < 1e-6 || granted === level <= LIMIT
        })
      }),
      { numRuns: RUNS }
    )
    t.pass('every decision was that of the model')
  })

  t.test('whoever waits as long as told fits, if nobody else came', TIMEOUT, async t => {
    for (const algorithm of ['gcra', 'sliding', 'fixed', 'calendar'] as const) {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.integer({ min: 1, max: 100 }), async (steps, amount) => {
          const desk = deskOf()
          const window = algorithm === 'calendar' ? { startsAt: 0, endsAt: 10_000 * SPEED } : { windowMs: WINDOW_MS }
          const limit = { algorithm, limit: LIMIT, ...window }
          let nowMs = 1_000 * SPEED
          const commands = steps.map((each, at) => {
            nowMs += Math.abs(each.passesMs)
            return desk.hold(`${at}`, [desk.claim(limit, each.amount)], nowMs)
          })
          const answer = readHold(
            (await desk.run(...commands, desk.hold('last', [desk.claim(limit, amount)], nowMs))).at(-1) ?? ''
          )
          if (answer?.granted !== false) return true
          if (algorithm === 'calendar') return answer.retryAfterMs === 10_000 * SPEED - nowMs
          const [later] = await desk.run(desk.hold('later', [desk.claim(limit, amount)], nowMs + answer.retryAfterMs))
          return readHold(later ?? '')?.granted === true
        }),
        { numRuns: Math.ceil(RUNS / 3) }
      )
    }
    t.pass('everybody fitted')
  })

  t.test('what is more than the limit never fits, and nobody is told to wait for it', async t => {
    for (const algorithm of ['gcra', 'sliding', 'fixed', 'calendar', 'total', 'concurrency'] as const) {
      const desk = deskOf()
      const limit = { algorithm, limit: 5, windowMs: 1_000, startsAt: 0, endsAt: 1e12 }
      const [answer] = await desk.run(desk.hold('a', [desk.claim(limit, 6)], 1))
      t.strictSame(
        readHold(answer ?? ''),
        { granted: false, claim: 0, retryAfterMs: Number.POSITIVE_INFINITY },
        algorithm
      )
    }
  })

  t.test('two claims of one call on the same counter add up', async t => {
    const desk = deskOf()
    const claim = desk.claim({ algorithm: 'sliding', limit: 3, windowMs: 1_000 }, 2)
    const [both, one] = await desk.run(desk.hold('a', [claim, claim], 1), desk.hold('b', [claim], 1))
    t.match(readHold(both ?? ''), { granted: false, claim: 1 })
    t.match(readHold(one ?? ''), { granted: true, remaining: [1] })
  })

  t.test('a limit on trial counts, tells and never refuses', async t => {
    const desk = deskOf()
    const sum = desk.claim({ algorithm: 'fixed', limit: 5, windowMs: 1_000 }, 4, { shadow: true })
    const bucket = { ...sum, algorithm: 'gcra', counter: `${sum.counter}/bucket` } as const
    const answers = await desk.run(desk.hold('a', [sum, bucket], 1), desk.hold('b', [sum, bucket], 1))
    t.match(
      answers.map(answer => readHold(answer)),
      [{ shadowed: [] }, { granted: true, shadowed: [0, 1] }]
    )
    await desk.run(desk.settle('b', [sum, bucket], [4, 4], 1))
    t.strictSame(await desk.readingAt(sum, 1), [4, 4, 0, 0])
    t.strictSame(await desk.readingAt(bucket, 1), [0, 4, 0, 1])
  })

  t.test('counts exactly to the last unit that a number can tell', async t => {
    const desk = deskOf()
    const limit = { algorithm: 'total', limit: Number.MAX_SAFE_INTEGER } as const
    const most = Number.MAX_SAFE_INTEGER - 1
    const ids = await desk.run(
      desk.hold('a', [desk.claim(limit, most)], 1),
      desk.hold('b', [desk.claim(limit, 2)], 1),
      desk.hold('c', [desk.claim(limit, 1)], 1)
    )
    t.strictSame(
      ids.map(answer => readHold(answer ?? '')?.granted),
      [true, false, true]
    )
    t.strictSame(await desk.readingAt(desk.claim(limit, 0), 1), [0, Number.MAX_SAFE_INTEGER, 0, 0])
  })

  t.test('blocks are never over the limit, whenever their units are used', TIMEOUT, async t => {
    const block = fc.record({
      passesMs: fc.nat({ max: 60 }).map(slowly),
      most: fc.nat({ max: 50 }),
      usedAfterMs: fc.nat({ max: 40 }).map(slowly),
      used: fc.nat({ max: 50 })
    })
    for (const algorithm of ['gcra', 'sliding', 'fixed', 'total'] as const) {
      await fc.assert(
        fc.asyncProperty(fc.array(block, { maxLength: 25 }), async blocks => {
          const desk = deskOf()
          const claim = desk.claim({ algorithm, limit: LIMIT, windowMs: WINDOW_MS }, 0)
          const uses: Use[] = []
          const due: { readonly id: string; readonly atMs: number; readonly used: number }[] = []
          let nowMs = 1_000 * SPEED
          const release = async (untilMs: number) => {
            for (const { id, atMs, used } of due.filter(each => each.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)) {
              uses.push({ atMs, amount: used })
              await desk.run(desk.command('release', [claim], atMs, `${id} ${used}`))
            }
            due.splice(0, due.length, ...due.filter(each => each.atMs > untilMs))
          }
          for (const [at, { passesMs, most, usedAfterMs, used }] of blocks.entries()) {
            nowMs += passesMs
            await release(nowMs)
            const [answer] = await desk.run(desk.take(`${at}`, claim, most, 40 * SPEED, nowMs))
            const taken = readTake(answer ?? '')
            if (taken === undefined || !('usableMs' in taken)) return false
            // Before its time is over, and not when it is.
            const usedMs = nowMs + Math.min(usedAfterMs, Math.max(taken.usableMs - 1, 0))
            due.push({ id: `${at}`, atMs: usedMs, used: taken.usableMs > 0 ? Math.min(used, taken.units) : 0 })
          }
          await release(Number.POSITIVE_INFINITY)
          uses.sort((a, b) => a.atMs - b.atMs)
          return uses.every(({ atMs }, at) => models[algorithm](uses.slice(0, at + 1), atMs).least <= LIMIT + 1e-6)
        }),
        { numRuns: Math.ceil(RUNS / 5) }
      )
    }
    t.pass('no model was ever over its limit')
  })
})
