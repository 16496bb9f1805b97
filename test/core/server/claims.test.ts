import t from 'tap'
import { CLAIMS, familyClaim } from '../../../core/server/claims.ts'

t.test('believes nobody about another path, method or server', async t => {
  for (const name of [
    'x-original-url',
    'x-rewrite-url',
    'x-http-method-override',
    'base-url',
    'x-portkey-custom-host'
  ]) {
    t.equal(CLAIMS.get(name), 'never', name)
  }
  t.equal(familyClaim('x-tacit-anything'), 'never')
})

t.test('believes trusted proxies about origin and identity', async t => {
  for (const name of ['forwarded', 'x-real-ip', 'true-client-ip', 'cf-connecting-ip', 'remote-user', 'x-user-id']) {
    t.equal(CLAIMS.get(name), 'proxies', name)
  }
  for (const name of ['x-forwarded-path', 'x-gateway-tenant', 'x-consumer-id', 'x-ssl-client-verify']) {
    t.equal(familyClaim(name), 'proxies', name)
  }
})

t.test('leaves the fields alone that clients use for themselves', async t => {
  const names = [
    'x-stainless-lang',
    'x-request-id',
    'user-agent',
    'x-forward',
    'x-title',
    'http-referer',
    'x-',
    'x',
    ''
  ]
  for (const name of names) t.equal(CLAIMS.get(name) ?? familyClaim(name), undefined, name)
})

t.test('lists every name once, as fields are compared', async t => {
  for (const name of CLAIMS.keys()) t.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
})
