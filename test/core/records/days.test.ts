import t from 'tap'
import { DAY_MS, dayOf, isExpired, startOfDay } from '../../../core/records/days.ts'

t.test('names the day of UTC that an instant belongs to', async t => {
  t.equal(dayOf(Date.UTC(2026, 1, 28, 23, 59, 59, 999)), '2026-02-28')
  t.equal(dayOf(Date.UTC(2026, 2, 1)), '2026-03-01')
  t.equal(dayOf(0), '1970-01-01')
})

t.test('knows when a day began, and what is no day', async t => {
  t.equal(startOfDay('2026-03-01'), Date.UTC(2026, 2, 1))
  for (const text of ['2026-02-30', '2026-3-1', '', '2026-03-01.sqlite', '../../etc', '2026-13-01']) {
    t.equal(startOfDay(text), undefined, text)
  }
})

t.test('lets no row live longer than its life: a day goes with its first row', async t => {
  const start = Date.UTC(2026, 0, 1)
  t.equal(isExpired('2026-01-01', 7 * DAY_MS, start + 7 * DAY_MS - 1), false)
  t.equal(isExpired('2026-01-01', 7 * DAY_MS, start + 7 * DAY_MS), true)
  t.equal(isExpired('no day', 0, start), false)
})
