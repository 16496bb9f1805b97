import t from 'tap'
import { isAudited, subjectsOf } from '../../../core/admin/audited.ts'
import type { AuditSubjects } from '../../../core/records/audit.ts'

t.test('finds the names in what was asked and answered, and nothing else', t => {
  const of = (
    operation: string,
    sent: unknown,
    answer?: unknown,
    params: Record<string, string> = {},
    query = ''
  ): AuditSubjects =>
    subjectsOf({
      actor: { id: 'ops', role: 'operator' },
      operation,
      status: 200,
      isChange: true,
      isAudited: false,
      params,
      query,
      body: sent === undefined ? undefined : Buffer.from(typeof sent === 'string' ? sent : JSON.stringify(sent)),
      answer: answer === undefined ? undefined : JSON.stringify(answer)
    })
  t.strictSame(of('createConsumer', { id: 'a', group: 'g' }), { consumer: 'a', group: 'g' })
  t.strictSame(of('createGroup', { id: 'g' }), { group: 'g' })
  t.strictSame(of('createKey', { consumer: 'a' }, { key: { id: 'k', consumer: 'a' }, secret: 's' }), {
    consumer: 'a',
    credential: 'k'
  })
  t.strictSame(of('revokeKey', { id: 'k' }), { credential: 'k' })
  const none = { consumer: undefined, group: undefined, credential: undefined }
  t.strictSame(of('changeConsumer', {}, undefined, { consumer: 'a' }), { ...none, consumer: 'a' })
  t.strictSame(of('revokeKey', 'no JSON'), { credential: undefined })
  t.strictSame(of('some-plugin.thing', { id: 'x', consumer: 1 }), none)
  t.strictSame(of('budget.topUp', { budget: 'month', consumer: 'a', key: 'k', amount: '5.00 USD' }), {
    ...none,
    consumer: 'a',
    credential: 'k'
  })
  t.strictSame(of('rate-limit.limits', undefined, undefined, {}, 'group=g&address=10.0.0.1'), { ...none, group: 'g' })
  t.equal(isAudited({ isAudited: true, isChange: false }), true)
  t.equal(isAudited({ isAudited: false, isChange: false }), false)
  t.equal(isAudited({ isAudited: false, isChange: true }), true)
  t.end()
})
