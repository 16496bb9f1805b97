import fc from 'fast-check'
import t from 'tap'
import { LowWaterMarks } from '../../../core/store/low-water-marks.ts'

t.test('lowers by what is asked, and by no more than the lowest level since', async t => {
  const marks = new LowWaterMarks()
  const moment = marks.open(0)
  marks.note(40)
  t.equal(marks.lower(moment, 30, 100), 30)
  t.equal(marks.lower(moment, 30, 70), 10)
  t.equal(marks.lower(moment, 30, 60), 0)
})

t.test('what was low before a moment does not count', async t => {
  const marks = new LowWaterMarks()
  marks.open(0)
  const later = marks.open(50)
  t.equal(marks.lower(later, 100, 80), 80)
})

t.test('nothing is kept when nobody can ask any more', async t => {
  const marks = new LowWaterMarks()
  for (let level = 0; level < 10; level++) marks.open(level)
  t.equal(marks.size, 10)
  for (let closed = 0; closed < 9; closed++) marks.close()
  t.equal(marks.size, 10)
  marks.close()
  t.equal(marks.size, 0)
})

/** A level that rises when a moment opens and falls in between, with the whole history kept. */
class Reference {
  /** Every level, with the number of moments that were open before it. */
  readonly history: { level: number; moments: number }[] = []
  moments = 0
  open(level: number): number {
    this.history.push({ level, moments: this.moments })
    return ++this.moments
  }
  lower(moment: number, amount: number, level: number): number {
    this.history.push({ level, moments: this.moments })
    const since = this.history.filter(entry => entry.moments >= moment)
    const lowest = Math.min(...since.map(entry => entry.level))
    const taken = Math.max(Math.min(amount, lowest), 0)
    // Each level is lower by as much as was possible until then.
    let lowestSoFar = Number.POSITIVE_INFINITY
    for (const entry of since) {
      lowestSoFar = Math.min(lowestSoFar, entry.level)
      entry.level -= Math.max(Math.min(amount, lowestSoFar), 0)
    }
    return taken
  }
}

const step = fc.record({
  falls: fc.nat({ max: 60 }),
  rises: fc.integer({ min: 1, max: 50 }),
  asks: fc.option(fc.record({ which: fc.nat(), amount: fc.nat({ max: 50 }) }), { freq: 2 })
})

function compare(steps: readonly { falls: number; rises: number; asks: { which: number; amount: number } | null }[]) {
  const marks = new LowWaterMarks()
  const reference = new Reference()
  const open: number[] = []
  const answers: { taken: number; expected: number; size: number }[] = []
  let level = 0
  for (const { falls, rises, asks } of steps) {
    level = Math.max(level - falls, 0)
    const moment = marks.open(level)
    if (moment !== reference.open(level)) throw new Error('moments are not counted alike')
    open.push(moment)
    level += rises
    if (asks === null) continue
    const [asked] = open.splice(asks.which % open.length, 1)
    if (asked === undefined) continue
    const before = level
    const taken = marks.lower(asked, asks.amount, before)
    answers.push({ taken, expected: reference.lower(asked, asks.amount, before), size: marks.size })
    // From the first difference on, the two levels have different histories.
    if (answers.at(-1)?.taken !== answers.at(-1)?.expected) break
    marks.close()
    level -= taken
    if (open.length === 0) reference.history.length = 0
  }
  return answers
}

t.test('agrees with a whole history', async t => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps =>
      compare(steps).every(({ taken, expected }) => taken === expected)
    ),
    { numRuns: 2_000 }
  )
  t.pass('every answer was the same')
})

t.test('with more moments than it can tell apart it lowers by less, never by more', async t => {
  const rising = fc.record({
    falls: fc.nat({ max: 3 }),
    rises: fc.integer({ min: 1, max: 50 }),
    asks: step.map(({ asks }) => asks)
  })
  let merged = false
  fc.assert(
    fc.property(fc.array(rising, { minLength: 150, maxLength: 300 }), steps =>
      compare(steps).every(({ taken, expected, size }) => {
        merged ||= taken < expected
        return taken <= expected && size <= 64
      })
    ),
    { numRuns: 100 }
  )
  t.ok(merged, 'it was tried')
})
