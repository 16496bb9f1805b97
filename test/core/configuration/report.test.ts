import t from 'tap'
import { readDocument } from '../../../core/configuration/document.ts'
import { type Finding, problem, problemAtSpan, warning } from '../../../core/configuration/finding.ts'
import {
  ConfigurationError,
  type Problem,
  Reporter,
  renderProblem,
  renderReport,
  reportJson
} from '../../../core/configuration/report.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { GatewayError } from '../../../core/errors.ts'

const text = `routes:
  - id: chat
    plugins:
      - use: pii-redacton
`

const report = (
  source: string,
  findings: readonly Finding[],
  substitutions = new Substitutions()
): readonly Problem[] => new Reporter('config/gateway.yaml', readDocument(source), substitutions).problems(findings)

const unknown = problem(
  ['routes', 0, 'plugins', 0, 'use'],
  'TACIT_PLUGIN_UNKNOWN',
  'No plugin is called "pii-redacton".',
  'Did you mean "pii-redaction"?'
)

t.test('shows the place, the line, the cause and the cure', async t => {
  t.equal(
    renderReport(report(text, [unknown])),
    `config/gateway.yaml:4:14  TACIT_PLUGIN_UNKNOWN
  4 │       - use: pii-redacton
    │              ~~~~~~~~~~~~
  No plugin is called "pii-redacton". Did you mean "pii-redaction"?
1 problem. The gateway was not started.
`
  )
})

t.test('counts problems and warnings apart, and says what came of it', async t => {
  const findings = [unknown, warning(['routes', 0, 'id'], 'TACIT_ODD', 'It is odd.')]
  const closing = renderReport(report(text, findings), 'Nothing was changed.').split('\n').at(-2)
  t.equal(closing, '1 problem, 1 warning. Nothing was changed.')
  t.equal(renderReport([], 'All is well.'), 'All is well.\n')
})

t.test('puts problems in the order of the file, one for each place', async t => {
  const findings = [
    unknown,
    problem(['routes', 0, 'id'], 'TACIT_FIRST', 'a'),
    problem(['routes', 0, 'id'], 'TACIT_SECOND', 'b')
  ]
  t.strictSame(
    report(text, findings).map(({ line, code }) => [line, code]),
    [
      [2, 'TACIT_FIRST'],
      [4, 'TACIT_PLUGIN_UNKNOWN']
    ]
  )
})

t.test('tells programs the same', async t => {
  t.strictSame(JSON.parse(reportJson(report(text, [unknown]))), {
    problems: [
      {
        code: 'TACIT_PLUGIN_UNKNOWN',
        severity: 'error',
        file: 'config/gateway.yaml',
        path: ['routes', 0, 'plugins', 0, 'use'],
        line: 4,
        column: 14,
        length: 12,
        message: 'No plugin is called "pii-redacton".',
        cure: 'Did you mean "pii-redaction"?',
        excerpt: '      - use: pii-redacton'
      }
    ]
  })
})

t.test('hides values from outside in whatever a sentence says', async t => {
  const substitutions = new Substitutions()
  substitutions.set(['a'], { source: '${LLM_KEY}', value: 'hunter2hunter2', isWhole: true })
  const [found] = report(
    'a: "${LLM_KEY}"\n',
    [problem(['a'], 'TACIT_X', '"hunter2hunter2" it is.', 'Not hunter2hunter2.')],
    substitutions
  )
  t.strictSame([found?.message, found?.cure], ['"${LLM_KEY}" it is.', 'Not ${LLM_KEY}.'])
})

t.test('hides secrets written in the file, by key, by form and by schema', async t => {
  const source =
    'a: { password: hunter2, x: sk-live-abcdefghijklmnop, pin: 1234-5678, here: 1 } # Bearer abcdefghijkl\n'
  const document = readDocument(source)
  const reporter = new Reporter('gateway.yaml', document, new Substitutions(), () => [['a', 'pin']])
  const [found] = reporter.problems([problem(['a', 'here'], 'TACIT_X', 'x')])
  t.equal(found?.excerpt.text, 'a: { password: [secret], x: [secret], pin: [secret], here: 1 } # [secret]')
  t.equal(found?.column, source.indexOf('here') + 1 + 'here: '.length, 'the column is that of the file')
})

t.test('hides every line of a secret that has several', async t => {
  const source = 'password: |\n  hunter2\n  hunter3\nb: 1\n'
  const at = source.indexOf('hunter3')
  const [found] = report(source, [problemAtSpan({ start: at, end: at + 1 }, 'TACIT_X', 'x')])
  t.equal(found?.excerpt.text.includes('hunter'), false)
})

t.test('prints nothing that could move the cursor of a terminal', async t => {
  const [found] = report('a: 1\n', [problem(['a'], 'TACIT_X', 'red \u001b[31m\nline')])
  t.equal(found?.message, 'red \ufffd[31m\ufffdline')
})

t.test('ends a report that would be endless', async t => {
  const source = Array.from({ length: 2000 }, (_, index) => `k${index}: 1\n`).join('')
  const findings = Array.from({ length: 2000 }, (_, index) => problem([`k${index}`], 'TACIT_X', 'x'))
  const problems = report(source, findings)
  t.equal(problems.length, 500)
  t.match(renderReport(problems), /\n500 problems, and perhaps more\. The gateway was not started\.\n$/)
})

t.test('is an error of the gateway that holds them all', async t => {
  const error = new ConfigurationError('gateway.yaml', report(text, [unknown]))
  t.ok(error instanceof GatewayError)
  t.strictSame(
    [error.code, error.message, error.problems.length],
    ['TACIT_CONFIGURATION_INVALID', 'gateway.yaml has 1 problem.', 1]
  )
})

t.test('renders one problem by itself', async t => {
  const [found] = report(text, [warning(['routes', 0, 'id'], 'TACIT_ODD', 'It is odd.')])
  t.equal(
    found && renderProblem(found),
    `config/gateway.yaml:2:9  TACIT_ODD  (warning)
  2 │   - id: chat
    │         ~~~~
  It is odd.`
  )
})
