import t from 'tap'
import { identityTools } from '../../../core/admin/identity-errors.ts'
import { GatewayError } from '../../../core/errors.ts'
import { RedisError } from '../../../core/store/redis-error.ts'

const { need, run } = identityTools({ identities: () => undefined })
const reasonOf = async (error: unknown) => {
  const thrown: unknown = await run(() => Promise.reject(error)).catch((error: unknown) => error)
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'reason') : undefined
}

t.test('says why something cannot be done, and that a store is away', async t => {
  t.equal(await reasonOf(new GatewayError('TACIT_IDENTITY_CHANGED', 'x')), 'identity_changed')
  t.equal(await reasonOf(new GatewayError('TACIT_SETTINGS_SECRET', 'x')), 'identity_invalid')
  t.equal(await reasonOf(new RedisError('slow', { mayHaveRun: true })), 'identity_unavailable')
  t.equal(await run(async () => 7), 7)
})

t.test('leaves what it does not know as it is', async t => {
  await t.rejects(
    run(() => Promise.reject(new TypeError('a fault'))),
    TypeError
  )
  t.throws(need, { message: /no store/ })
})
