import t from 'tap'
import { checkRoutes, routeNowhere } from '../../../core/configuration/route-checks.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'

const check = (routes: readonly object[], plugins: readonly object[] = []) =>
  checkRoutes({
    root: { routes: routes.map((route, index) => ({ id: `r${index}`, upstream: 'chat', ...route })), plugins },
    substitutions: new Substitutions(),
    placeOf: path => `line ${Number(path[1]) + 1}`,
    isWritten: () => true
  }).map(({ code, path }) => [code, path.join('.')])

t.test('has nothing to say about routes that differ in host, method or path', async t => {
  t.strictSame(
    check([
      { match: { path: '/' } },
      { match: { path: '/*' } },
      { match: { path: '/v1/*' }, stripPrefix: '/v1' },
      { match: { path: '/v1/chat' }, stripPrefix: '/v1/chat' },
      { match: { path: '/v1/*', method: ['GET', 'POST'] }, rewrite: '/v2' },
      { match: { path: '/v1/*', method: ['DELETE'] } },
      { match: { path: '/v1/*', host: ['a.example.com', '*.example.com'] } },
      { match: { path: '/v1/*', host: ['b.example.com'] } }
    ]),
    []
  )
})

t.test('compares hosts as they are matched, without regard to case', async t => {
  t.strictSame(
    check([{ match: { path: '/', host: ['a.example.com'] } }, { match: { path: '/', host: ['A.example.com'] } }]),
    [
      ['TACIT_HOST_INVALID', 'routes.1.match.host.0'],
      ['TACIT_ROUTE_AMBIGUOUS', 'routes.1.match.path']
    ]
  )
})

t.test('lets a route name the same thing twice', async t => {
  t.strictSame(check([{ match: { path: '/', method: ['GET', 'GET'], host: ['a', 'a'] } }]), [])
})

t.test('takes plugins, its own or everywhere, for a way out of a route without upstream', async t => {
  const lost = { upstream: undefined, match: { path: '/lost' } }
  t.strictSame(check([lost]), [['TACIT_ROUTE_NOWHERE', 'routes.0.id']])
  t.strictSame(check([{ ...lost, plugins: [{ use: 'router' }] }]), [])
  t.strictSame(check([lost], [{ use: 'router' }]), [])
  t.equal(routeNowhere(['routes', 0, 'id']).code, 'TACIT_ROUTE_NOWHERE')
})

t.test('works while anything has the wrong form', async t => {
  t.strictSame(
    check([
      { match: 'x' },
      { match: { path: 5, host: 'a:80', method: { GET: true } } },
      { match: { path: 'v1' }, stripPrefix: 5, rewrite: ['x'] },
      { match: { path: '/a', method: ['get'] } }
    ]),
    []
  )
})
