import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { keyOfJwk, keyOfText, readJwkSet } from '../../../plugins/jwt-auth/keys.ts'
import { issuer } from '../../support/tokens.ts'

const ec = issuer('one')
const rsa = issuer('two', 'RS256')

t.test('reads the keys of a set that are good for the pinned algorithms', t => {
  const { alg: _alg, ...open } = rsa.jwk
  const others = [
    null,
    7,
    {},
    { kty: 'oct', k: 'c2VjcmV0', kid: 's' },
    { ...ec.jwk, x: 'AAAA' },
    { ...ec.jwk, kty: 'XX' }
  ]
  const set = readJwkSet({ keys: [ec.jwk, rsa.jwk, ...others] }, ['ES256', 'RS256', 'HS256'])
  t.strictSame(
    set?.map(({ kid, algorithm }) => [kid, algorithm]),
    [
      ['one', 'ES256'],
      ['two', 'RS256']
    ]
  )
  const any = readJwkSet({ keys: [open] }, ['RS256', 'PS256', 'ES256'])
  t.strictSame(
    any?.map(({ algorithm }) => algorithm),
    ['RS256', 'PS256'],
    'one that names no algorithm'
  )
  for (const none of [undefined, null, [], {}, { keys: {} }, 'keys']) t.equal(readJwkSet(none, ['ES256']), undefined)
  t.equal(readJwkSet({ keys: new Array(5_000).fill(ec.jwk) }, ['ES256'])?.length, 100)
  t.end()
})

t.test('takes no key that is meant for something else, or too weak', t => {
  t.equal(keyOfJwk({ ...ec.jwk, use: 'enc' }, 'ES256'), undefined)
  t.equal(keyOfJwk({ ...ec.jwk, key_ops: ['encrypt'] }, 'ES256'), undefined)
  t.equal(keyOfJwk({ ...ec.jwk, key_ops: 'verify' }, 'ES256'), undefined)
  t.equal(keyOfJwk({ ...ec.jwk, alg: 'ES384' }, 'ES256'), undefined)
  t.equal(keyOfJwk({ ...ec.jwk, kid: 7 }, 'ES256'), undefined)
  t.equal(keyOfJwk({ ...ec.jwk, alg: 'ES384' }, 'ES384'), undefined, 'another curve')
  t.equal(keyOfJwk(issuer('weak', 'RS256', 1024).jwk, 'RS256'), undefined)
  t.equal(keyOfJwk({ kty: 'oct', k: Buffer.alloc(31).toString('base64url') }, 'HS256'), undefined)
  t.equal(keyOfJwk(ec.jwk, 'HS256'), undefined, 'a public key is no secret')
  t.match(keyOfJwk({ ...ec.jwk, key_ops: ['verify'] }, 'ES256'), { kid: 'one', algorithm: 'ES256' })
  t.end()
})

t.test('reads what an operator gives, and says what is wrong with it without repeating it', t => {
  t.match(keyOfText(ec.pem, 'ES256', 'a'), { kid: 'a', algorithm: 'ES256' })
  t.match(keyOfText(JSON.stringify(rsa.jwk), 'PS256', undefined), { algorithm: 'PS256' })
  const secret = keyOfText('a secret of thirty-two bytes or more', 'HS256', undefined)
  t.ok(secret.material.equals(createSecretKey('a secret of thirty-two bytes or more', 'utf8')))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const fails = (text: string, algorithm: 'HS256' | 'ES256' | 'RS256' | 'EdDSA', message: RegExp) =>
    t.throws(() => keyOfText(text, algorithm, undefined), { message })
  fails('short', 'HS256', /shorter than 32 bytes/)
  fails(rsa.pem, 'HS256', /could not be read/)
  fails(pem, 'ES256', /could not be read/)
  fails('-----BEGIN', 'ES256', /could not be read/)
  fails('{"kty":', 'ES256', /could not be read/)
  fails(rsa.pem, 'ES256', /another curve/)
  fails(ec.pem, 'RS256', /not of RSA/)
  fails(ec.pem, 'EdDSA', /not of Ed25519/)
  t.end()
})
