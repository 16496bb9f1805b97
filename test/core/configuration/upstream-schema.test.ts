import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { Upstream } from '../../../core/configuration/upstream-schema.ts'
import { validate } from '../../../core/configuration/validate.ts'

const peers = [{ id: 'eu', url: 'https://eu.example.com' }]
const retried = (on: unknown) => {
  const { decoded, findings } = validate(Upstream, { id: 'chat', peers, retry: { on } }, [], new Substitutions())
  return decoded?.retry.on ?? findings.map(({ path }) => path)
}

t.test('decodes what is tried again to words and statuses', async t => {
  t.strictSame(retried(['connect_failed', 'timed_out', 'reset', 'rejected', 503, '429']), [
    'connect_failed',
    'timed_out',
    'reset',
    'rejected',
    503,
    429
  ])
  t.strictSame(retried(503), [503])
})

t.test('tries nothing again that is no failure', async t => {
  t.strictSame(
    retried([200, 'ok', 600, 50]),
    [0, 1, 2, 3].map(index => ['retry', 'on', index])
  )
})

t.test('balances by weight unless something else is named', async t => {
  const { decoded } = validate(Upstream, { id: 'chat', peers }, [], new Substitutions())
  t.strictSame(decoded?.balancer, { use: 'weighted', config: {}, failureMode: 'deny' })
})
