import fc from 'fast-check'
import t from 'tap'
import { MetricRegistry } from '../../core/metrics.ts'
import { parsePrometheus, sampleOf } from '../support/prometheus.ts'

function setUp(maxSeries?: number) {
  const registry = new MetricRegistry(maxSeries === undefined ? {} : { maxSeries })
  const series = (metric: string) => Object.fromEntries(parsePrometheus(registry.text()).get(metric)?.samples ?? [])
  return { registry, series }
}

t.test('a counter adds up, by its labels', async t => {
  const { registry, series } = setUp()
  const counter = registry.counter('tacit_exchanges_total', 'Exchanges.', ['route', 'end'])
  const complete = counter.with('chat', 'complete')
  complete.add()
  complete.add(2.5)
  counter.with('chat', 'complete').add()
  counter.with('chat', 'deadline').add()
  t.strictSame(series('tacit_exchanges_total'), {
    'tacit_exchanges_total{route="chat",end="complete"}': 4.5,
    'tacit_exchanges_total{route="chat",end="deadline"}': 1
  })
})

t.test('a counter does not fall', async t => {
  const { registry, series } = setUp()
  const counter = registry.counter('a_total', 'A.', []).with()
  counter.add(3)
  for (const wrong of [-1, Number.NaN]) counter.add(wrong)
  t.strictSame(series('a_total'), { 'a_total{}': 3 })
})

t.test('a gauge says what it was last set to, and can be emptied', async t => {
  const { registry, series } = setUp()
  const gauge = registry.gauge('tacit_peers', 'Peers.', ['upstream'])
  gauge.with('chat').set(3)
  gauge.with('chat').add(-1)
  t.strictSame(series('tacit_peers'), { 'tacit_peers{upstream="chat"}': 2 })
  gauge.clear()
  t.strictSame(series('tacit_peers'), {})
})

t.test('a histogram counts a value in every bucket that it fits', async t => {
  const { registry, series } = setUp()
  const histogram = registry.histogram('took_seconds', 'Took.', ['route'], [0.1, 1]).with('chat')
  for (const value of [0.05, 0.1, 0.5, 2, Number.NaN]) histogram.observe(value)
  t.strictSame(series('took_seconds'), {
    'took_seconds_bucket{route="chat",le="0.1"}': 2,
    'took_seconds_bucket{route="chat",le="1"}': 3,
    'took_seconds_bucket{route="chat",le="+Inf"}': 4,
    'took_seconds_sum{route="chat"}': 2.65,
    'took_seconds_count{route="chat"}': 4
  })
})

t.test('metrics without labels are on the page before anything happened', async t => {
  const { registry, series } = setUp()
  registry.counter('a_total', 'A.', [])
  registry.histogram('b', 'B.', [], [1])
  t.strictSame(series('a_total'), { 'a_total{}': 0 })
  t.equal(series('b')['b_count{}'], 0)
})

t.test('a word that a label does not take becomes other', async t => {
  const { registry, series } = setUp()
  const counter = registry.counter('a_total', 'A.', [{ name: 'end', words: ['complete', 'deadline'] }])
  for (const end of ['complete', 'said the user', 'another']) counter.with(end).add()
  t.strictSame(series('a_total'), { 'a_total{end="complete"}': 1, 'a_total{end="other"}': 2 })
})

t.test('beyond its number of series a metric counts everything as other', async t => {
  const { registry, series } = setUp(2)
  const counter = registry.counter('a_total', 'A.', ['x', 'y'])
  for (const x of ['1', '2', '3', '4']) counter.with(x, 'y').add()
  t.strictSame(series('a_total'), {
    'a_total{x="1",y="y"}': 1,
    'a_total{x="2",y="y"}': 1,
    'a_total{x="other",y="other"}': 2
  })
  t.strictSame(series('tacit_metric_overflow_total'), { 'tacit_metric_overflow_total{metric="a_total"}': 2 })
})

t.test('the same words are the same series, also after many others', async t => {
  const { registry, series } = setUp()
  const counter = registry.counter('a_total', 'A.', ['x', { name: 'y', words: ['1'] }])
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 3_000; index++) counter.with(`${index % 10}`, `${index}`).add()
  }
  t.equal(
    Object.values(series('a_total')).reduce((sum, value) => sum + value, 0),
    9_000
  )
  t.strictSame([series('a_total')['a_total{x="1",y="1"}'], Object.keys(series('a_total')).length], [3, 11])
})

t.test('what is collected is set before each page; one that fails does not spoil the page', async t => {
  const { registry, series } = setUp()
  const gauge = registry.gauge('looks', 'Looks.', []).with()
  let looks = 0
  const stop = registry.onCollect(() => gauge.set(++looks))
  registry.onCollect(() => {
    throw new Error('broken')
  })
  t.strictSame(series('looks'), { 'looks{}': 1 })
  t.strictSame(series('tacit_metric_collect_failures_total'), { 'tacit_metric_collect_failures_total{}': 2 })
  stop()
  t.strictSame(series('looks'), { 'looks{}': 2 })
})

t.test('names that are taken or cannot be used are refused', async t => {
  const { registry } = setUp()
  registry.histogram('took', 'Took.', [], [1])
  const refused: (() => unknown)[] = [
    () => registry.counter('took_more', 'No ending.', []),
    () => registry.gauge('took', 'Taken.', []),
    () => registry.gauge('took_count', 'Taken by the histogram.', []),
    () => registry.gauge('Took', 'Upper case.', []),
    () => registry.gauge('a', 'A.', ['le']),
    () => registry.gauge('b', 'B.', ['x', 'x']),
    () => registry.histogram('c', 'C.', [], []),
    () => registry.histogram('d', 'D.', [], [2, 1]),
    () => registry.histogram('e', 'E.', [], [1, Number.POSITIVE_INFINITY])
  ]
  for (const refuse of refused) t.throws(refuse, { code: 'TACIT_METRIC_INVALID' }, String(refuse))
})

t.test('any label value comes back as it went in', async t => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 20 }), values => {
      const registry = new MetricRegistry()
      const counter = registry.counter('a_total', 'A "quoted" \\ help\nof two lines.', ['value'])
      for (const value of values) counter.with(value).add()
      const metric = parsePrometheus(registry.text()).get('a_total')
      const expected = new Map<string, number>()
      for (const value of values) {
        const key = `a_total{value="${value}"}`
        expected.set(key, (expected.get(key) ?? 0) + 1)
      }
      return (
        metric?.help === 'A "quoted" \\ help\nof two lines.' &&
        metric.samples.size === expected.size &&
        [...expected].every(([key, count]) => metric.samples.get(key) === count)
      )
    })
  )
  t.pass('every value came back')
})

t.test('a histogram agrees with counting', async t => {
  const bounds = [-1, 0, 0.5, 10, 1e6]
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), values => {
      const registry = new MetricRegistry()
      const histogram = registry.histogram('h', 'H.', [], bounds).with()
      for (const value of values) histogram.observe(value)
      const page = parsePrometheus(registry.text())
      return (
        sampleOf(page, 'h', 'h_count{}') === values.length &&
        bounds.every(
          bound => sampleOf(page, 'h', `h_bucket{le="${bound}"}`) === values.filter(value => value <= bound).length
        )
      )
    })
  )
  t.pass('every bucket agreed')
})
