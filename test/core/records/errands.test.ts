import t from 'tap'
import { Errands } from '../../../core/records/errands.ts'
import { ManualClock } from '../../support/clock.ts'
import { openTestRecords } from './support.ts'

t.test('asks the thread of the records that it belongs to', async t => {
  const records = await openTestRecords(t, new ManualClock())
  t.ok(records instanceof Errands)
  t.strictSame(await records.counts(), { waiting: 0, dead: 0 })
  t.strictSame(await records.due('hook', 0, 1), [])
  t.strictSame(await records.spooled(1), [])
  await records.unspool([])
  await records.collect([])
  await records.settle([])
  await records.tidy([], 0)
})
