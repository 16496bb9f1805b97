import t from 'tap'
import { ServedEndpoints } from '../../../core/endpoints/served.ts'
import { served } from './support.ts'

t.test('finds an endpoint by method and path, and words before parameters', async t => {
  const all = [
    served({ path: '/{a}/{b}' }),
    served({ path: '/things/{b}' }),
    served({ path: '/{a}/list' }),
    served({ path: '/things/list' }),
    served({ path: '/' })
  ]
  const endpoints = new ServedEndpoints(all)
  const found = (path: string) => {
    const result = endpoints.find('GET', path)
    return result.served === undefined ? undefined : [result.served.path, result.params]
  }
  t.strictSame(found('/things/list'), ['/things/list', {}])
  t.strictSame(found('/things/x'), ['/things/{b}', { b: 'x' }])
  t.strictSame(found('/x/list'), ['/{a}/list', { a: 'x' }])
  t.strictSame(found('/x/y'), ['/{a}/{b}', { a: 'x', b: 'y' }])
  t.strictSame(found('/'), ['/', {}])
  t.equal(found('/x/y/z'), undefined)
})

t.test('tells which methods a path has', async t => {
  const endpoints = new ServedEndpoints([served(), served({ method: 'POST' })])
  t.strictSame(endpoints.find('DELETE', '/things'), { served: undefined, allowed: ['GET', 'POST'] })
  t.strictSame(endpoints.find('GET', '/canary'), { served: undefined, allowed: [] })
})

t.test('finds what is served behind the path of another place', async t => {
  const endpoint = served({ path: '/{name}' })
  const endpoints = new ServedEndpoints([{ ...endpoint, path: '/Account/v1/{name}' }])
  t.match(endpoints.find('GET', '/Account/v1/x'), { params: { name: 'x' } })
  t.match(endpoints.find('GET', '/account/v1/x'), { served: undefined })
})

t.test('refuses two that no request could tell apart', async t => {
  const two = [served({ path: '/a/{b}' }, undefined, 'one'), served({ path: '/a/{c}' }, undefined, 'two')]
  t.throws(() => new ServedEndpoints(two), {
    code: 'TACIT_ENDPOINT_DUPLICATE',
    message: 'Both one and two serve GET /a/{c}.'
  })
})

t.test('refuses what is served elsewhere than it says', async t => {
  t.throws(() => new ServedEndpoints([{ ...served(), path: '/other' }]), { code: 'TACIT_ENDPOINT_INVALID' })
})
