import t from 'tap'
import {
  formatNumber,
  isLabelName,
  isMetricName,
  labelPair,
  metricHead,
  sample
} from '../../../core/metrics/exposition.ts'

t.test('help keeps its line, and values their quotes', async t => {
  t.equal(
    metricHead('a_total', 'counter', 'a \\ b\nc "d"'),
    '# HELP a_total a \\\\ b\\nc "d"\n# TYPE a_total counter\n'
  )
  t.equal(labelPair('peer', 'a \\ b\nc "d"'), 'peer="a \\\\ b\\nc \\"d\\""')
})

t.test('a sample has braces only around labels', async t => {
  t.equal(sample('a', '', 1.5), 'a 1.5\n')
  t.equal(sample('a', 'b="c",d="e"', 2), 'a{b="c",d="e"} 2\n')
})

t.test('numbers are written as Go reads them', async t => {
  t.strictSame([0, -1.5, 1e21, 1e-7, Infinity, -Infinity, Number.NaN].map(formatNumber), [
    '0',
    '-1.5',
    '1e+21',
    '1e-7',
    '+Inf',
    '-Inf',
    'NaN'
  ])
})

t.test('names are lower-case words; le and two leading underscores are taken', async t => {
  t.strictSame(['a', '_a', 'a_1', 'A', '1a', 'a:b', 'a-b', '', 'a'.repeat(129)].map(isMetricName), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
    false
  ])
  t.strictSame(['a', 'a_1', 'le', '__a', '_a', 'A', ''].map(isLabelName), [
    true,
    true,
    false,
    false,
    false,
    false,
    false
  ])
})
