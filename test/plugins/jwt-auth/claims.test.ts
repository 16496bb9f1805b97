import t from 'tap'
import { claimAt, claimFault, endOf, identityOf } from '../../../plugins/jwt-auth/claims.ts'

const AT = 1_000_000
const rules = { issuer: 'https://issuer.test', audience: ['gateway', 'other'], leewayMs: 30_000 }
const good = { iss: 'https://issuer.test', aud: 'gateway', exp: 1_000 }
const fault = (more: object) => claimFault({ ...good, ...more }, rules, AT)

t.test('takes claims that are for us, from whom we trust, and now', t => {
  t.equal(fault({ exp: 1_001 }), undefined)
  t.equal(fault({ aud: ['x', 'other'], nbf: 900, iat: 900 }), undefined)
  t.strictSame(
    [970, 971].map(exp => fault({ exp })),
    ['expired', undefined],
    'within the leeway'
  )
  t.strictSame(
    [1_030, 1_031].map(nbf => fault({ nbf })),
    [undefined, 'not_yet']
  )
  t.equal(fault({ iat: 1_031 }), 'not_yet', 'made in the future')
  t.equal(fault({ exp: undefined }), 'no_expiry')
  for (const exp of ['1001', null, -1, Number.NaN, Number.POSITIVE_INFINITY, [1_001]])
    t.equal(fault({ exp }), 'wrong_type')
  t.equal(fault({ nbf: '1' }), 'wrong_type')
  for (const iss of [undefined, 'https://issuer.test/', 'https://issuer.test.evil', ['https://issuer.test']]) {
    t.equal(fault({ iss }), 'wrong_issuer')
  }
  for (const aud of [undefined, 'gatewa', [], ['x'], { 0: 'gateway' }, [['gateway']]])
    t.equal(fault({ aud }), 'wrong_audience')
  t.equal(endOf({ exp: 1_000 }, 30_000), 1_030_000)
  t.equal(endOf({}, 30_000), 0)
  t.end()
})

const names = { consumer: 'sub', group: 'org.plan', scopes: 'scope', models: undefined, labels: { tier: 'tier' } }

t.test('reads who calls', t => {
  t.strictSame(identityOf({ sub: 'a', org: { plan: 'gold' }, scope: 'read  write', tier: 'one' }, names), {
    consumer: 'a',
    group: 'gold',
    scopes: ['read', 'write'],
    models: undefined,
    labels: { tier: 'one' }
  })
  t.match(identityOf({ sub: 'a', scope: ['read'], tier: 'two words' }, names), { scopes: ['read'], labels: {} })
  const withModels = { ...names, models: 'models' }
  t.strictSame(identityOf({ sub: 'a', models: ['gpt-4.1'] }, withModels)?.models, ['gpt-4.1'])
  t.strictSame(identityOf({ sub: 'a' }, withModels)?.models, [], 'one that says nothing is good for none')
  t.strictSame(identityOf({ sub: 'a', models: 7 }, withModels)?.models, [])
  t.end()
})

t.test('names nobody for claims that cannot be read', t => {
  for (const sub of [undefined, '', 7, null, ['a'], { a: 1 }, 'a'.repeat(257)])
    t.equal(identityOf({ sub }, names), undefined)
  t.equal(identityOf({ sub: 'a', org: { plan: 7 } }, names), undefined)
  t.equal(identityOf({ sub: 'a', scope: [7] }, names), undefined)
  t.end()
})

t.test('finds what an object itself has, by a name with dots too', t => {
  t.equal(claimAt({ 'https://a.test/group': 'x' }, 'https://a.test/group'), 'x')
  t.equal(claimAt({ a: { b: { c: 1 } } }, 'a.b.c'), 1)
  for (const name of ['__proto__', 'constructor', 'a.constructor', 'a.b.c.d', 'x', '']) {
    t.equal(claimAt({ a: { b: { c: 1 } } }, name), undefined, name)
  }
  t.end()
})
