import t from 'tap'
import { ENDPOINT_REASONS, endpointRefusal } from '../../../core/endpoints/reasons.ts'
import { CORE_REASONS } from '../../../core/errors.ts'

t.test('refuses for reasons of its own and of core, with what goes with them', async t => {
  const headers = { 'www-authenticate': 'Bearer' }
  t.match(endpointRefusal('token_missing', { headers }), { reason: 'token_missing', status: 401, headers })
  t.match(endpointRefusal('too_many_attempts', { retryAfterMs: 6_000 }), { status: 429, retryAfterMs: 6_000 })
  t.match(endpointRefusal('method_not_allowed', { headers: { allow: 'GET' } }), {
    reason: 'method_not_allowed',
    status: 405,
    headers: { allow: 'GET' }
  })
})

t.test('no reason means two things', async t => {
  const shared = Object.keys(ENDPOINT_REASONS).filter(reason => Object.hasOwn(CORE_REASONS, reason))
  t.strictSame(shared, [])
  for (const reason of Object.keys(ENDPOINT_REASONS)) t.match(reason, /^[a-z]+(?:_[a-z]+)*$/)
})
