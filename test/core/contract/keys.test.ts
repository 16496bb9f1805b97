import t from 'tap'
import { CONSUMER, CREDENTIAL, MODEL, privateKey, sharedKey, TOKEN_USAGE } from '../../../core/contract/keys.ts'

t.test('private keys of the same name are still two', async t => {
  t.not(privateKey('a').symbol, privateKey('a').symbol)
  t.not(privateKey('a').symbol, sharedKey('a').symbol)
})

t.test('shared keys of the same name are one, also for another copy of the package', async t => {
  t.equal(sharedKey('acme/tenant').symbol, sharedKey('acme/tenant').symbol)
  t.equal(sharedKey('acme/tenant').symbol, Symbol.for('acme/tenant'))
})

t.test('the facts that every plugin may use have names of their own', async t => {
  t.strictSame(
    [CONSUMER, CREDENTIAL, MODEL, TOKEN_USAGE].map(key => key.symbol.description),
    ['tacit/consumer', 'tacit/credential', 'tacit/model', 'tacit/token-usage']
  )
})

t.test('a key cannot be changed', async t => {
  t.ok(Object.isFrozen(privateKey('a')))
  t.ok(Object.isFrozen(CONSUMER))
})
