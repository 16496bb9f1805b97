import t from 'tap'
import { Refused } from '../../core/errors.ts'
import { isAnswer, opaqueRefusal, opaqueUpstream, refusedOf } from '../../core/opaque.ts'

t.test('a refusal comes back from a plugin as what it was', async t => {
  const refused = new Refused('too_many', { status: 429, message: 'Too many.', retryable: true })
  t.equal(refusedOf(opaqueRefusal(refused)), refused)
})

t.test('what a plugin makes up itself is no refusal', async t => {
  for (const value of [undefined, null, 403, 'refused', {}, { reason: 'too_many', status: 429 }, new Error('no')]) {
    t.equal(refusedOf(value), undefined)
  }
})

t.test('an answer is a success with headers', async t => {
  for (const status of [200, 204, 304, 399]) t.ok(isAnswer({ status, headers: {} }), `${status}`)
  for (const status of [199, 400, 500, 200.5, '200', undefined, Number.NaN]) {
    t.notOk(isAnswer({ status, headers: {} }), `${status}`)
  }
  for (const value of [undefined, null, 200, 'ok', {}, { status: 200 }, { status: 200, headers: null }]) {
    t.notOk(isAnswer(value))
  }
})

t.test('an answer has a body that can be sent, or none', async t => {
  async function* pieces() {}
  for (const body of [undefined, '', 'text', Buffer.from('bytes'), new Uint8Array(1), pieces()]) {
    t.ok(isAnswer({ status: 200, headers: {}, body }))
  }
  for (const body of [null, 7, {}, [1], new Map(), new ArrayBuffer(1), Promise.resolve('late')]) {
    t.notOk(isAnswer({ status: 200, headers: {}, body }))
  }
})

t.test('an upstream is its id and its provider, and cannot be changed', async t => {
  const upstream = opaqueUpstream('chat')
  t.strictSame({ ...upstream }, { id: 'chat', provider: undefined })
  t.ok(Object.isFrozen(upstream))
})

t.test('an upstream tells the provider of the moment at which it is asked', async t => {
  let provider = 'openai'
  const upstream = opaqueUpstream('chat', id => `${provider} behind ${id}`)
  t.equal(upstream.provider, 'openai behind chat')
  provider = 'mistral'
  t.equal(upstream.provider, 'mistral behind chat')
})
