import t from 'tap'
import { problem, problemAtSpan, warning } from '../../../core/configuration/finding.ts'

t.test('problems are errors at a value, unless something else is said', async t => {
  t.strictSame(problem(['a'], 'TACIT_X', 'It is wrong.'), {
    code: 'TACIT_X',
    severity: 'error',
    path: ['a'],
    at: 'value',
    span: undefined,
    message: 'It is wrong.',
    cure: undefined
  })
  t.strictSame(problem(['a'], 'TACIT_X', 'It is wrong.', 'Right it.', 'key').at, 'key')
})

t.test('warnings differ in their severity alone', async t => {
  t.strictSame(warning(['a'], 'TACIT_X', 'It is odd.'), {
    ...problem(['a'], 'TACIT_X', 'It is odd.'),
    severity: 'warning'
  })
})

t.test('problems without a path stand at a piece of the file', async t => {
  const { path, span } = problemAtSpan({ start: 1, end: 2 }, 'TACIT_X', 'It is wrong.')
  t.strictSame({ path, span }, { path: [], span: { start: 1, end: 2 } })
})
