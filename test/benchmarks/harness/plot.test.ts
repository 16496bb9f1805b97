import t from 'tap'
import { svg } from '../../../benchmarks/harness/plot.ts'
import { spreadOf } from '../../../benchmarks/harness/statistics.ts'

function marks(...values: readonly number[][]) {
  return values.map((rounds, index) => ({ label: `peer ${index}`, spread: spreadOf(rounds), isOurs: index === 0 }))
}

function plot(...values: readonly number[][]) {
  return svg({ file: 'cost', title: 'Cost', axis: 'µs', marks: marks(...values) })
}

/** Where the dots are, from left to right. */
function dots(image: string): number[] {
  return [...image.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x))
}

t.test('every figure is a dot on its range, with its number beside it', async t => {
  const image = plot([9, 10, 11], [20, 20, 20])
  const [first = 0, second = 0] = dots(image)
  const [, low, high] = /<path d="M([\d.]+) [\d.]+H([\d.]+)"/.exec(image) ?? []
  t.ok(Number(low) < first && first < Number(high) && first < second)
  t.match(image, />10\.0<\/text>/)
  t.match(image, />20\.0<\/text>/)
})

t.test('an axis starts at zero: twice the value is twice as far', async t => {
  const [one = 0, two = 0] = dots(plot([10], [20]))
  const [, zero] = /<path d="M([\d.]+) [\d.]+V/.exec(plot([10], [20])) ?? []
  t.ok(Math.abs(two - Number(zero) - 2 * (one - Number(zero))) < 1)
})

t.test('values far apart share an axis of powers of ten', async t => {
  const [one = 0, ten = 0, hundred = 0] = dots(plot([1], [10], [100]))
  t.ok(Math.abs(hundred - ten - (ten - one)) < 1)
})

t.test('what is no number is not drawn, and nothing at all is still an image', async t => {
  t.equal(dots(plot([10], [Number.NaN], [])).length, 1)
  t.match(plot(), /<\/svg>/)
})

t.test('every dot is inside of the image', async t => {
  for (const values of [[0.001], [3, 7, 99], [1234], [5e6]]) {
    t.ok(
      dots(plot(values)).every(x => x >= 300 && x <= 710),
      `${values}`
    )
  }
})

t.test('a label cannot break out of its element', async t => {
  const image = svg({ file: 'a', title: '<b>"&', axis: '', marks: [] })
  t.match(image, '&lt;b&gt;&quot;&amp;')
  t.notMatch(image, '<b>')
})
