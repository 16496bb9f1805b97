import t from 'tap'
import { Findings } from '../../../../core/testing/contract/report.ts'

t.test('keeps what was seen in an exchange once, under the check that saw it first', async t => {
  const findings = new Findings()
  findings.add('phases', 'one', 'throws')
  findings.add('aborts', 'one', 'throws')
  findings.add('aborts', 'two', 'throws')
  t.strictSame(findings.report().findings, [
    { check: 'phases', exchange: 'one', what: 'throws' },
    { check: 'aborts', exchange: 'two', what: 'throws' }
  ])
})

t.test('counts every exchange for its check, and for those that always look', async t => {
  const findings = new Findings()
  findings.ran('bodies')
  findings.ran('reload')
  t.strictSame(findings.report().runs, {
    phases: 0,
    bodies: 1,
    aborts: 0,
    'slow-reader': 0,
    reload: 1,
    undeclared: 2,
    promises: 2
  })
})
