import t from 'tap'
import { PAIR_HEAD, pairFigures, pairRow } from '../../../benchmarks/harness/pairs.ts'
import { spreadOf } from '../../../benchmarks/harness/statistics.ts'

const RESULT = {
  subject: 'after',
  against: 'before',
  ratio: spreadOf([0.9, 0.91, 0.92]),
  subjectUs: 61.23,
  againstUs: 67.4,
  errors: 0,
  samples: []
}

t.test('a pair is a row under its head', async t => {
  t.strictSame(pairRow(RESULT), ['after', 'before', '0.91 [0.90–0.92]', '61.2', '67.4'])
  t.equal(PAIR_HEAD.length, 5)
})

t.test('failed requests void the ratio', async t => {
  t.equal(pairRow({ ...RESULT, errors: 2 })[2], 'void: 2 requests failed')
})

t.test('ratios are figures by the names of both, doubted where the first pair shows noise', async t => {
  const noise = { ...RESULT, subject: 'before, again', ratio: spreadOf([0.99, 1, 1.01]) }
  t.strictSame(
    pairFigures([noise, RESULT]).map(({ name, isDoubted }) => [name, isDoubted]),
    [
      ['before, again / before', false],
      ['after / before', false]
    ]
  )
  const wide = { ...noise, ratio: spreadOf([1.1, 1.3, 1.4]) }
  t.equal(pairFigures([wide, RESULT])[1]?.isDoubted, true)
  t.strictSame(pairFigures([{ ...noise, errors: 1 }]), [], 'failed requests make no figure')
})
