import t from 'tap'
import { isSigned, MAX_TOKEN_LENGTH, parseJws, parseObject } from '../../../plugins/jwt-auth/jws.ts'
import { ALGORITHMS, keyOfJwk } from '../../../plugins/jwt-auth/keys.ts'
import { rawOf, SHARED_CASES_MISSING, type SharedCase, sharedCases } from '../../support/shared-cases.ts'
import { encoded, issuer, macToken, tokenOf } from '../../support/tokens.ts'

const SECRET = 'a secret of thirty-two bytes or more'
const token = macToken(SECRET, { sub: 'a' }, { kid: 'k' })

t.test('takes a token apart', t => {
  const jws = parseJws(token)
  t.strictSame(jws?.header, { algorithm: 'HS256', kid: 'k', type: 'jwt' })
  t.strictSame(jws && parseObject(jws.payload), { sub: 'a' })
  t.equal(`${jws?.signed}.${jws?.signature.toString('base64url')}`, token)
  t.match(parseJws(tokenOf(issuer('a'), {}, { typ: 'application/AT+JWT' }))?.header, { type: 'at+jwt' })
  t.end()
})

t.test('takes nothing else for one', t => {
  const [head = '', body = '', end = ''] = token.split('.')
  const withHeader = (header: unknown) => `${encoded(header)}.${body}.${end}`
  const none = {
    empty: '',
    'two parts': `${head}.${body}`,
    'four parts': `${token}.`,
    'five parts, as a JWE has': `${token}.a.b`,
    'no header': `.${body}.${end}`,
    'no signature': `${head}.${body}.`,
    padding: `${head}=.${body}.${end}`,
    'the other alphabet': `${head}.${body}.+${end.slice(1)}`,
    'a space': `${head}. ${body}.${end}`,
    'a line end': `${head}.${body}.${end}\n`,
    'bits that mean nothing': `${head}.${body}.${end.slice(0, -1)}${end.endsWith('9') ? '-' : '9'}`,
    'a length that no bytes have': `${head}.${body}.${end}AA`,
    'a header that is no JSON': `${encoded('{"alg":')}.${body}.${end}`,
    'a header that is a list': withHeader(['HS256']),
    'a header that is nothing': withHeader(null),
    'a header in bytes that are no text': `${Buffer.from([0xff, 0xfe]).toString('base64url')}.${body}.${end}`,
    'no algorithm': withHeader({}),
    'an algorithm that is no text': withHeader({ alg: null }),
    'a list of algorithms': withHeader({ alg: ['HS256'] }),
    'a key name that is no text': withHeader({ alg: 'HS256', kid: { toString: 'k' } }),
    'a type that is no text': withHeader({ alg: 'HS256', typ: 1 }),
    'too long': `${head}.${'A'.repeat(MAX_TOKEN_LENGTH)}.${end}`,
    'a header that is too deep': `${encoded(`{"alg":"HS256","x":${'['.repeat(2_000)}${']'.repeat(2_000)}}`)}.${body}.${end}`
  }
  for (const [why, text] of Object.entries(none)) t.equal(parseJws(text), undefined, why)
  for (const name of ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip']) {
    t.equal(parseJws(withHeader({ alg: 'HS256', [name]: ['x'] })), undefined, `a header with ${name}`)
  }
  t.end()
})

t.test('verifies what each algorithm signs, by that key and that algorithm alone', t => {
  const issuers = ALGORITHMS.filter(name => !name.startsWith('HS')).map(name => issuer(name, name))
  for (const by of issuers) {
    const jws = parseJws(tokenOf(by, { sub: 'a' }))
    const key = ALGORITHMS.flatMap(name => keyOfJwk(by.jwk, name) ?? [])
    t.strictSame(
      key.map(({ algorithm }) => algorithm),
      [by.algorithm]
    )
    t.equal(jws && key[0] && isSigned(jws, key[0]), true, by.algorithm)
    const bent = jws && { ...jws, signed: jws.signed.replace(/.$/, last => (last === 'A' ? 'B' : 'A')) }
    t.equal(bent && key[0] && isSigned(bent, key[0]), false, `${by.algorithm} of something else`)
    const renamed = jws && { ...jws, header: { ...jws.header, algorithm: 'none' } }
    t.equal(renamed && key[0] && isSigned(renamed, key[0]), false, `${by.algorithm} called none`)
  }
  const ec = issuer('ec')
  const zero = parseJws(`${encoded({ alg: 'ES256' })}.${encoded({})}.${Buffer.alloc(64).toString('base64url')}`)
  const key = keyOfJwk(ec.jwk, 'ES256')
  t.equal(zero && key && isSigned(zero, key), false, 'a signature of zeros')
  const short = parseJws(`${encoded({ alg: 'ES256' })}.${encoded({})}.${Buffer.alloc(10, 1).toString('base64url')}`)
  t.equal(short && key && isSigned(short, key), false, 'a signature that is too short')
  t.end()
})

/** Where these vectors call something sound that RFC 7515 does not, with the reason. */
const STRICTER: ReadonlyMap<string, string> = new Map([
  ['jwt-wycheproof-107', 'the key is for "ES521", which no registry knows'],
  ['jwt-wycheproof-110', 'the key is for PS256, and the token says PS384 (RFC 8725, 3.1)'],
  ['jwt-wycheproof-132', 'a question mark in the header (RFC 7515, 5.2)'],
  ['jwt-wycheproof-133', 'a question mark in the payload (RFC 7515, 5.2)']
])

/** Vectors about padding that have lost theirs: the same bytes as one that is called sound. */
const UNPADDED: ReadonlySet<string> = new Set(['jwt-wycheproof-127', 'jwt-wycheproof-130'])

t.test('judges signatures as the shared vectors do', { skip: SHARED_CASES_MISSING ?? false }, t => {
  const cases = sharedCases('jwt').filter(each => each.class === 'jwt/wycheproof')
  t.ok(cases.length >= 41)
  for (const each of cases) {
    const jws = parseJws(rawOf(each))
    const keys = ALGORITHMS.flatMap(name => keyOfJwk(keyIn(each), name) ?? [])
    const isGood = jws !== undefined && keys.some(key => isSigned(jws, key))
    const isSound = (each.expected === 'accept' && !STRICTER.has(each.id)) || UNPADDED.has(each.id)
    t.equal(isGood, isSound, `${each.id} ${STRICTER.get(each.id) ?? ''}`)
  }
  t.end()
})

function keyIn(shared: SharedCase): unknown {
  return Reflect.get(shared, 'key')
}
