import t from 'tap'
import { explainError } from '../../../core/cli/explain-error.ts'
import { ConfigurationError, type Problem } from '../../../core/configuration/report.ts'
import { GatewayError } from '../../../core/errors.ts'

t.test('says the code, the cause and the cure', async t => {
  t.equal(explainError(new GatewayError('TACIT_X', 'It is broken.', 'Mend it.')), 'TACIT_X\n  It is broken. Mend it.\n')
  t.equal(explainError(new GatewayError('TACIT_X', 'It is broken.')), 'TACIT_X\n  It is broken.\n')
})

t.test('prints the report of a configuration', async t => {
  const problem: Problem = {
    code: 'TACIT_X',
    severity: 'error',
    file: 'a.yaml',
    path: ['x'],
    line: 1,
    column: 1,
    length: 1,
    message: 'No.',
    cure: undefined,
    excerpt: { text: 'x: 1', start: 0, length: 1 }
  }
  const error = new ConfigurationError('a.yaml', [problem])
  t.match(explainError(error), /^a\.yaml:1:1 {2}TACIT_X\n[\s\S]*1 problem\.\n$/)
  t.match(explainError(error, undefined, 'Nothing came of it.'), /1 problem\. Nothing came of it\.\n$/)
})

t.test('keeps the stack of a fault of the code', async t => {
  const fault = new TypeError('x is not a function')
  t.throws(() => explainError(fault), fault)
})
