import fc from 'fast-check'
import t from 'tap'
import { PeakEwma } from '../../../plugins/least-latency/ewma.ts'

const DECAY_MS = 10_000
const latencies = fc.double({ min: 0.01, max: 100_000, noNaN: true })
const pauses = fc.double({ min: 0, max: 100_000, noNaN: true })

t.test('expects nothing before anything was learnt', async t => {
  t.equal(new PeakEwma(DECAY_MS).estimateMs(5), undefined)
})

t.test('believes the first sample', async t => {
  const ewma = new PeakEwma(DECAY_MS)
  ewma.observe(120, 1000)
  t.equal(ewma.estimateMs(1000), 120)
})

t.test('believes a peak at once', async t => {
  const ewma = new PeakEwma(DECAY_MS)
  ewma.observe(100, 0)
  ewma.observe(900, 1)
  t.equal(ewma.estimateMs(1), 900)
})

t.test('gives 63 % to a faster sample after one decay', async t => {
  const ewma = new PeakEwma(DECAY_MS)
  ewma.observe(1000, 0)
  ewma.observe(0, DECAY_MS)
  t.equal(Math.round(ewma.estimateMs(DECAY_MS) ?? 0), 368)
})

t.test('lets an estimate fade to 37 % in ten decays without a sample', async t => {
  const ewma = new PeakEwma(DECAY_MS)
  ewma.observe(1000, 0)
  t.equal(Math.round(ewma.estimateMs(10 * DECAY_MS) ?? 0), 368)
})

t.test('is always between the smallest and the largest sample when the last one has just come', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(latencies, pauses), { minLength: 1 }), samples => {
      const ewma = new PeakEwma(DECAY_MS)
      let now = 0
      for (const [latency, pause] of samples) {
        now += pause
        ewma.observe(latency, now)
      }
      const all = samples.map(([latency]) => latency)
      const estimate = ewma.estimateMs(now) ?? -1
      return estimate >= Math.min(...all) * 0.999_999 && estimate <= Math.max(...all) * 1.000_001
    })
  )
})

t.test('is never below a sample that has just come', async () => {
  fc.assert(
    fc.property(latencies, latencies, pauses, (first, second, pause) => {
      const ewma = new PeakEwma(DECAY_MS)
      ewma.observe(first, 0)
      ewma.observe(second, pause)
      return (ewma.estimateMs(pause) ?? -1) >= second * 0.999_999
    })
  )
})

t.test('only falls while nothing is learnt', async () => {
  fc.assert(
    fc.property(latencies, pauses, pauses, (latency, one, two) => {
      const ewma = new PeakEwma(DECAY_MS)
      ewma.observe(latency, 0)
      return (ewma.estimateMs(Math.max(one, two)) ?? -1) <= (ewma.estimateMs(Math.min(one, two)) ?? -1)
    })
  )
})

t.test('comes arbitrarily close to a latency that stays the same', async t => {
  const ewma = new PeakEwma(DECAY_MS)
  ewma.observe(5000, 0)
  for (let now = 100; now <= 20 * DECAY_MS; now += 100) ewma.observe(80, now)
  t.ok(Math.abs((ewma.estimateMs(20 * DECAY_MS) ?? 0) - 80) < 0.01)
})

t.test('an observation of "at least" lifts the estimate and never lowers it', async () => {
  fc.assert(
    fc.property(latencies, latencies, pauses, (first, least, pause) => {
      const ewma = new PeakEwma(DECAY_MS)
      ewma.observe(first, 0)
      const before = ewma.estimateMs(pause) ?? -1
      ewma.observeAtLeast(least, pause)
      return ewma.estimateMs(pause) === Math.max(before, least)
    })
  )
})
