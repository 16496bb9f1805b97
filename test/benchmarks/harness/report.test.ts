import t from 'tap'
import { cell, difference, figure, markdown, percent } from '../../../benchmarks/harness/report.ts'
import { spreadOf } from '../../../benchmarks/harness/statistics.ts'

t.test('figures have about three significant digits', async t => {
  t.strictSame([0, 0.0123, 0.5, 1.234, 12.34, 123.4, 12_345.6, -0.0123, Number.NaN].map(figure), [
    '0.00',
    '0.012',
    '0.50',
    '1.23',
    '12.3',
    '123',
    '12,346',
    '-0.012',
    '–'
  ])
})

t.test('a cell shows the median between the lowest and the highest round', async t => {
  t.equal(cell(spreadOf([1.1, 1.0, 1.2])), '1.10 [1.00–1.20]')
})

t.test('a cell of one round shows no range', async t => {
  t.equal(cell(spreadOf([1.5])), '1.50')
})

t.test('a cell of no rounds is empty', async t => {
  t.equal(cell(spreadOf([])), '–')
})

t.test('a cell whose rounds disagree says so instead of a number', async t => {
  t.equal(cell(spreadOf([1, 2, 3])), 'too noisy [1.00–3.00]')
})

t.test('a cell that neighbours have spoilt says so, however steady it is', async t => {
  t.equal(cell(spreadOf([2, 2, 2]), true), 'too noisy [2.00–2.00]')
  t.equal(cell(spreadOf([2]), true), 'too noisy [2.00–2.00]')
})

t.test('a difference near zero is shown with its range', async t => {
  t.equal(difference(spreadOf([-0.02, 0.01, 0.03])), '0.010 [-0.020–0.030]')
  t.equal(difference(spreadOf([-0.02, 0.01, 0.03]), true), 'too noisy [-0.020–0.030]')
})

t.test('shares are percentages', async t => {
  t.strictSame([percent(0.051), percent(Number.NaN)], ['5.10 %', '–'])
})

t.test('a section becomes a table whose columns line up', async t => {
  const section = {
    title: 'Cost',
    notes: ['Measured.'],
    head: ['', 'µs'],
    rows: [['gateway', '61.5'], ['peer']],
    raw: {}
  }
  t.equal(
    markdown(section),
    [
      '## Cost',
      '',
      'Measured.',
      '',
      '|         | µs   |',
      '|---------|------|',
      '| gateway | 61.5 |',
      '| peer    |      |',
      ''
    ].join('\n')
  )
})
