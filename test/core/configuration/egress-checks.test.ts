import t from 'tap'
import { checkEgress } from '../../../core/configuration/egress-checks.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'

const codes = (allow: unknown) =>
  checkEgress({
    root: { egress: { allow } },
    substitutions: new Substitutions(),
    placeOf: () => 'line 1',
    isWritten: () => true
  }).map(({ code }) => code)

t.test('takes addresses, ranges and names', async t => {
  t.strictSame(codes(['10.0.0.7', '10.0.0.0/8', '::1', 'fd00::/8', 'localhost', 'otel-collector.monitoring.svc']), [])
})

t.test('refuses what is none of them', async t => {
  for (const entry of ['10.0.0.0/33', '10.0.0', '*.internal', 'http://collector', 'collector:4318', 'Collector', '']) {
    t.strictSame(codes([entry]), ['TACIT_EGRESS_INVALID'], entry)
  }
})

t.test('warns of ranges that take in everything', async t => {
  t.strictSame(codes(['0.0.0.0/0']), ['TACIT_EGRESS_EVERYBODY'])
})

t.test('works while anything is missing or has the wrong form', async t => {
  t.strictSame(codes(undefined), [])
  t.strictSame(codes(5), [])
  t.strictSame(codes([5, {}]), [])
})
