import t from 'tap'
import { Latencies } from '../../../benchmarks/load/latencies.ts'

t.test('a quantile is right to within 2 %', async t => {
  const latencies = new Latencies()
  for (let us = 1; us <= 10_000; us++) latencies.record(us)
  for (const share of [0.1, 0.5, 0.99, 1]) {
    const expected = share * 10_000
    const found = latencies.quantileUs(share)
    t.ok(Math.abs(found / expected - 1) < 0.02, `${share}: ${found} for ${expected}`)
  }
})

t.test('a rare long duration shows in the last quantile only', async t => {
  const latencies = new Latencies()
  for (let count = 0; count < 999; count++) latencies.record(100)
  latencies.record(50_000)
  t.ok(latencies.quantileUs(0.99) < 102)
  t.ok(latencies.quantileUs(1) > 49_000)
})

t.test('durations outside of the range count at its ends', async t => {
  const latencies = new Latencies()
  latencies.record(0)
  latencies.record(1e12)
  t.equal(latencies.total, 2)
  t.ok(latencies.quantileUs(0.5) < 2)
  t.ok(latencies.quantileUs(1) > 6e7)
})

t.test('the quantile of nothing is 0', async t => {
  const latencies = new Latencies()
  latencies.record(5)
  latencies.clear()
  t.strictSame([latencies.total, latencies.quantileUs(0.5)], [0, 0])
})
