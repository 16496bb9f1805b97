import t from 'tap'
import { cover, QUARTER_MS, startOf } from '../../../core/records/rollup-cover.ts'
import { seededRandom } from '../../../core/testing/seeded-random.ts'
import { DAY_MS, NEW_YEAR } from './support.ts'

const HOUR_MS = 3_600_000

/** How often each quarter of an hour is counted by a cover. */
function counted(from: number, to: number): Map<number, number> {
  const counts = new Map<number, number>()
  for (const stretch of cover(from, to)) {
    for (let at = stretch.from; at < stretch.to; at += QUARTER_MS) {
      const count = (counts.get(at) ?? 0) + stretch.sign
      if (count === 0) counts.delete(at)
      else counts.set(at, count)
    }
  }
  return counts
}

t.test('counts every quarter of an hour of a stretch once, and no other', async t => {
  const random = seededRandom(3)
  for (let round = 0; round < 200; round++) {
    const from = NEW_YEAR + Math.floor(random() * 96 * 70) * QUARTER_MS
    const to = from + Math.floor(random() * 96 * 70) * QUARTER_MS
    const counts = counted(from, to)
    const expected = (to - from) / QUARTER_MS
    const isExact = counts.size === expected && [...counts].every(([at, n]) => n === 1 && at >= from && at < to)
    t.ok(isExact, `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`)
  }
})

t.test('takes whole months and days where it can, and takes away what was too much', async t => {
  const march = Date.UTC(2026, 2, 1)
  t.strictSame(cover(NEW_YEAR, march), [{ grain: 'month', from: NEW_YEAR, to: march, sign: 1 }])
  t.strictSame(
    cover(NEW_YEAR + DAY_MS - 2 * HOUR_MS, NEW_YEAR + 2 * DAY_MS - 2 * HOUR_MS),
    [
      { grain: 'hour', from: NEW_YEAR + 22 * HOUR_MS, to: NEW_YEAR + 24 * HOUR_MS, sign: 1 },
      { grain: 'day', from: NEW_YEAR + DAY_MS, to: NEW_YEAR + 2 * DAY_MS, sign: 1 },
      { grain: 'hour', from: NEW_YEAR + 46 * HOUR_MS, to: NEW_YEAR + 48 * HOUR_MS, sign: -1 }
    ],
    'a day in Berlin'
  )
  t.strictSame(cover(NEW_YEAR + DAY_MS, march), [
    { grain: 'day', from: NEW_YEAR, to: NEW_YEAR + DAY_MS, sign: -1 },
    { grain: 'month', from: NEW_YEAR, to: march, sign: 1 }
  ])
  t.strictSame(cover(march, march), [])
})

t.test('knows where cells begin', async t => {
  const at = Date.UTC(2024, 1, 29, 13, 44, 59, 999)
  t.equal(startOf('quarter', at), Date.UTC(2024, 1, 29, 13, 30))
  t.equal(startOf('hour', at), Date.UTC(2024, 1, 29, 13))
  t.equal(startOf('day', at), Date.UTC(2024, 1, 29))
  t.equal(startOf('month', at), Date.UTC(2024, 1, 1))
})
