import t from 'tap'
import {
  isUnsteady,
  median,
  quantile,
  ratiosOf,
  spreadOf,
  UNSTEADY_ABOVE
} from '../../../benchmarks/harness/statistics.ts'

t.test('the median of an even number of values lies between the middle two', async t => {
  t.equal(median([4, 1, 3, 2]), 2.5)
})

t.test('a quantile is interpolated between its neighbours', async t => {
  t.strictSame(
    [0, 0.25, 0.5, 0.9, 1].map(share => quantile([10, 20, 30, 40, 50], share)),
    [10, 20, 30, 46, 50]
  )
})

t.test('nothing measured is no number', async t => {
  t.strictSame([median([]), spreadOf([]).low, spreadOf([]).high], [Number.NaN, Number.NaN, Number.NaN])
})

t.test('a spread names the ends, the middle and the width of the middle half', async t => {
  t.strictSame(spreadOf([8, 10, 12, 9, 11]), { median: 10, low: 8, high: 12, unsteadiness: 0.2, rounds: 5 })
})

t.test('ratios are taken round by round', async t => {
  t.strictSame(ratiosOf([2, 30], [1, 10]), [2, 3])
})

t.test('rounds that do not pair up have no ratios', async t => {
  t.throws(() => ratiosOf([1, 2], [1]), RangeError)
})

t.test('one outlier among steady rounds is not unsteadiness', async t => {
  t.equal(isUnsteady(spreadOf([10, 10, 10, 10, 90])), false)
})

t.test('rounds that disagree are unsteady', async t => {
  t.equal(isUnsteady(spreadOf([10, 20, 10, 20, 15])), true)
})

t.test('a spread of exactly the limit is still steady', async t => {
  t.equal(isUnsteady({ median: 1, low: 0, high: 2, unsteadiness: UNSTEADY_ABOVE, rounds: 9 }), false)
})

t.test('a spread that is no number is unsteady', async t => {
  t.equal(isUnsteady(spreadOf([Number.NaN, 1])), true)
})
