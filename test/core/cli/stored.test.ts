import t from 'tap'
import { labelsOf, listing } from '../../../core/cli/stored.ts'

t.test('reads labels as they are written', async t => {
  t.strictSame(labelsOf(['a=b', 'c=', 'd=e=f']), { a: 'b', c: '', d: 'e=f' })
  for (const text of ['a', '=b', '']) t.throws(() => labelsOf([text]), { code: 'TACIT_LABEL_INVALID' }, text)
})

t.test('lists rows under their heads, and says when there are none', async t => {
  t.equal(listing(['A', 'B'], [['long', 'x']]), 'A     B\nlong  x\n')
  t.equal(listing(['A'], []), 'There is none in the store.\n')
})
