import t from 'tap'
import { isAudited, subjectsOf } from '../../../core/admin/audited.ts'
import type { AuditSubjects } from '../../../core/records/audit.ts'

t.test('finds the names in what was asked and answered, and nothing else', t => {
  const of = (operation: string, sent: unknown, answer?: unknown, params: Record<string, string> = {}): AuditSubjects =>
    subjectsOf({
      actor: { id: 'ops', role: 'operator' },
      operation,
      status: 200,
      isChange: true,
      params,
      body: Buffer.from(typeof sent === 'string' ? sent : JSON.stringify(sent)),
      answer: answer === undefined ? undefined : JSON.stringify(answer)
    })
  t.strictSame(of('createConsumer', { id: 'a', group: 'g' }), { consumer: 'a', group: 'g' })
  t.strictSame(of('createGroup', { id: 'g' }), { group: 'g' })
  t.strictSame(of('createKey', { consumer: 'a' }, { key: { id: 'k', consumer: 'a' }, secret: 's' }), {
    consumer: 'a',
    credential: 'k'
  })
  t.strictSame(of('revokeKey', { id: 'k' }), { credential: 'k' })
  t.strictSame(of('changeConsumer', {}, undefined, { consumer: 'a' }), { consumer: 'a', group: undefined })
  t.strictSame(of('revokeKey', 'no JSON'), { credential: undefined })
  t.strictSame(of('some-plugin.thing', { id: 'x' }), {})
  t.equal(isAudited({ operation: 'keys', isChange: false }), true)
  t.equal(isAudited({ operation: 'status', isChange: false }), false)
  t.equal(isAudited({ operation: 'reload', isChange: true }), true)
  t.end()
})
