import t from 'tap'
import { samplesOf } from '../../../core/metrics/samples.ts'

t.test('reads the samples that begin so, and no others', async t => {
  const page = '# HELP a_b Help.\n# TYPE a_b gauge\na_b{x="1 2"} 3\na_b{x="2"} +Inf\na_c 1e3\nb 4\n'
  t.strictSame(
    [...samplesOf(page, 'a_')],
    [
      ['a_b{x="1 2"}', 3],
      ['a_b{x="2"}', Number.POSITIVE_INFINITY],
      ['a_c', 1000]
    ]
  )
  t.equal(samplesOf('', 'a').size, 0)
})
