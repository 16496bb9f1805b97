import t from 'tap'
import { PAIR_HEAD, pairRow } from '../../../benchmarks/harness/pairs.ts'
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
