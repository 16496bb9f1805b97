import t from 'tap'
import { END_REASONS } from '../../../core/contract/end-reasons.ts'

t.test('every way of ending is named once, in words that a metric and a column take', async t => {
  t.equal(new Set(END_REASONS).size, END_REASONS.length)
  t.strictSame(
    END_REASONS.filter(reason => !/^[a-z]+(_[a-z]+)*$/.test(reason)),
    []
  )
})
