import t from 'tap'
import { GatewayError } from '../../../core/errors.ts'
import { errorCode } from '../../../core/log/error-code.ts'

/** An error with fields that a library, or somebody hostile, gave it. */
function errorWith(fields: object): Error {
  return Object.assign(new Error('the prompt was: hello'), fields)
}

t.test('an error is its code', async t => {
  t.equal(errorCode(errorWith({ code: 'ECONNREFUSED' })), 'ECONNREFUSED')
  t.equal(errorCode(errorWith({ code: 'UND_ERR_SOCKET' })), 'UND_ERR_SOCKET')
  t.equal(errorCode(new GatewayError('TACIT_KEY_MISSING', 'A key is missing.')), 'TACIT_KEY_MISSING')
})

t.test('without a code of its own it is the code of its cause', async t => {
  t.equal(errorCode(new TypeError('fetch failed', { cause: errorWith({ code: 'ENOTFOUND' }) })), 'ENOTFOUND')
})

t.test('without any code it is its class', async t => {
  class ParserError extends Error {}
  t.equal(errorCode(new TypeError('x')), 'TypeError')
  t.equal(errorCode(new ParserError('x')), 'ParserError')
  t.equal(errorCode(AbortSignal.timeout(0).reason ?? new DOMException('x', 'TimeoutError')), 'TimeoutError')
})

t.test('a code or a class that could hold content is not repeated', async t => {
  const Odd = { 'my name is Ada': class extends Error {} }['my name is Ada']
  t.equal(errorCode(errorWith({ code: 'the card 4111 1111' })), 'Error')
  t.equal(errorCode(errorWith({ code: 'A'.repeat(65) })), 'Error')
  t.equal(errorCode(errorWith({ code: 42, name: 'hello world' })), 'Error')
  t.equal(errorCode(new Odd('x')), 'UNKNOWN')
  t.equal(errorCode(new DOMException('x', 'said the user')), 'UNKNOWN')
})

t.test('what is no error is unknown', async t => {
  for (const thrown of ['hello', undefined, null, 7, {}, () => 'hello']) t.equal(errorCode(thrown), 'UNKNOWN')
})

t.test('an error whose getters throw is unknown', async t => {
  const trap = {
    get code(): string {
      throw new Error('again')
    }
  }
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  t.equal(errorCode(trap), 'UNKNOWN')
  t.equal(errorCode(proxy), 'UNKNOWN')
})
