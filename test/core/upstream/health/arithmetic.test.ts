import t from 'tap'
import {
  allowedEjections,
  ejectionMs,
  successRateThreshold,
  warmth
} from '../../../../core/upstream/health/arithmetic.ts'

t.test('each time in a row a peer is left out for longer, up to the longest', async t => {
  t.strictSame(
    [1, 2, 3, 9, 10, 11, 1000].map(times => ejectionMs(30_000, 300_000, times)),
    [30_000, 60_000, 90_000, 270_000, 300_000, 300_000, 300_000]
  )
  t.equal(ejectionMs(30_000, 10_000, 1), 30_000, 'never shorter than the first time')
})

t.test('one of several peers may always be left out, the only one at 100 % alone', async t => {
  t.strictSame(
    [1, 2, 3, 4, 10, 100].map(peers => allowedEjections(peers, 0.5)),
    [0, 1, 1, 2, 5, 50]
  )
  t.strictSame(
    [1, 2, 3, 100].map(peers => allowedEjections(peers, 0.1)),
    [0, 1, 1, 10]
  )
  t.strictSame(
    [1, 3].map(peers => allowedEjections(peers, 1)),
    [1, 3]
  )
})

t.test('an outlier is so many standard deviations below the mean', async t => {
  t.equal(successRateThreshold([1, 1, 1, 1], 1.9), 1)
  t.equal(successRateThreshold([0.8, 1], 1), 0.8)
  t.equal(successRateThreshold([0.8, 1], 0), 0.9)
})

t.test('a peer warms up from its least weight to its full one', async t => {
  const linear = { window: 1000, minWeight: 0.1, aggression: 1 }
  t.strictSame(
    [-1, 0, 50, 100, 500, 999, 1000, 5000].map(elapsedMs => warmth(elapsedMs, linear)),
    [0.1, 0.1, 0.1, 0.1, 0.5, 0.999, 1, 1]
  )
  t.equal(warmth(250, { ...linear, aggression: 2 }), 0.5, 'quickly at first')
  t.equal(warmth(500, { ...linear, aggression: 0.5 }), 0.25, 'slowly at first')
  t.equal(warmth(0, { ...linear, window: 0 }), 1)
})
