import t from 'tap'
import { CORE_REASONS, coreRefusal, GatewayError, Refused, refusalFor } from '../../core/errors.ts'

t.test('an error has a stable code, a sentence and perhaps a cure', async t => {
  const error = new GatewayError('TACIT_PORT_TAKEN', 'The port is taken.', 'Choose another.')
  t.ok(error instanceof Error)
  t.match(error, {
    name: 'GatewayError',
    code: 'TACIT_PORT_TAKEN',
    message: 'The port is taken.',
    cure: 'Choose another.'
  })
  t.equal(new GatewayError('TACIT_PORT_TAKEN', 'The port is taken.').cure, undefined)
})

t.test('every reason of core is a status, one sentence and a word on trying again', async t => {
  for (const [reason, { status, message, retryable }] of Object.entries(CORE_REASONS)) {
    t.match(reason, /^[a-z]+(?:_[a-z]+)*$/)
    t.ok(status >= 400 && status <= 599, `${reason} is ${status}`)
    t.match(message, /^[A-Z`].*\.$/, reason)
    t.type(retryable, 'boolean')
  }
})

t.test('a refusal of core says what its reason says', async t => {
  const refused = coreRefusal('upgrade_refused', { connection: 'close' })
  t.ok(refused instanceof Refused)
  t.strictSame(
    { ...refused },
    {
      reason: 'upgrade_refused',
      ...CORE_REASONS.upgrade_refused,
      retryAfterMs: undefined,
      headers: { connection: 'close' }
    }
  )
  t.equal(coreRefusal('upgrade_refused').headers, undefined)
})

t.test('a refusal may say when to come back', async t => {
  const reason = { status: 429, message: 'Too many.', retryable: true }
  t.strictSame(
    { ...new Refused('too_many', reason, 1_500) },
    { reason: 'too_many', ...reason, retryAfterMs: 1_500, headers: undefined }
  )
})

t.test('a refusal asks for the words that were perhaps meant', async t => {
  const reason = { status: 404, message: 'There is no such model.', retryable: false }
  t.equal(refusalFor('none', reason).message, reason.message)
  t.equal(refusalFor('none', reason, { near: [] }).message, reason.message)
  t.equal(refusalFor('none', reason, { near: ['a'] }).message, 'There is no such model. Did you mean "a"?')
  t.match(refusalFor('none', reason, { near: ['a', 'b', 'c'], retryAfterMs: 5 }), {
    message: 'There is no such model. Did you mean "a", "b" or "c"?',
    retryAfterMs: 5,
    reason: 'none'
  })
})
