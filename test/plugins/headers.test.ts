import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import headers from '../../plugins/headers/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

t.test('edits what leaves for the upstream and what leaves for the client, each its own', async t => {
  const driven = await drive(headers, {
    request: { remove: ['cookie'], set: { 'x-team': 'search' } },
    response: { remove: ['server'], ifAbsent: { 'cache-control': 'no-store' }, append: { vary: 'accept' } }
  })
  const { request, response } = await driven
    .exchange({ headers: { cookie: 'a=b', 'x-team': 'mine', server: 'kept' } })
    .run({ headers: { server: 'nginx', cookie: 'kept', vary: 'origin' } })
  t.strictSame(request?.headers, { 'x-team': 'search', server: 'kept' })
  t.strictSame(response.headers, { cookie: 'kept', vary: ['origin', 'accept'], 'cache-control': 'no-store' })
  t.strictSame(driven.waited, [])
})

t.test('edits responses that the gateway makes, too', async t => {
  const driven = await drive(headers, { response: { set: { 'x-frame-options': 'DENY' } } })
  const response = await driven.exchange().responseFilter({ status: 401, source: 'gateway' })
  t.strictSame(response.headers, { 'x-frame-options': 'DENY' })
})

t.test('leaves alone the direction that is not named', async t => {
  const driven = await drive(headers, { request: { set: { 'x-a': '1' } } })
  const { request, response } = await driven.exchange().run({ headers: { 'x-b': '2' } })
  t.strictSame(request?.headers, { 'x-a': '1' })
  t.strictSame(response.headers, { 'x-b': '2' })
})

t.test('stands on a route and at an upstream', async t => {
  const driven = await drive(headers, { request: { set: { 'x-a': '1' } } }, { place: 'upstream' })
  t.strictSame((await driven.exchange().upstreamRequestFilter()).headers, { 'x-a': '1' })
})

t.test('does not start when there is nothing to do, or something that must not be done', async t => {
  await t.rejects(drive(headers), { message: /No header is named/ })
  await t.rejects(drive(headers, { request: {} }), { message: /No header is named/ })
  await t.rejects(drive(headers, { request: { set: { host: 'x' } } }), {
    code: 'TACIT_PLUGIN_SETUP_FAILED',
    message: /`request\.set` names "host", which the gateway itself has to decide on/
  })
  await t.rejects(drive(headers, { request: { replace: { a: 'b' } } }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(drive(headers, { request: { set: { 'x-a': 1 } } }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(drive(headers, { requests: {} }), { code: 'TACIT_CONFIG_INVALID', message: /Did you mean "request"/ })
})

t.test('a gateway edits requests, responses and its own refusals', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, { server: 'secretive' }, 'hello'))
  const config = {
    request: { remove: ['cookie'], set: { 'x-team': 'search' } },
    response: { remove: ['server'], set: { 'x-frame-options': 'DENY' } }
  }
  const { url } = await startTestGateway(t, {
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf({ plugins: [{ use: 'headers', config }], limits: { maxBody: '1B' } })]
  })
  const answered = await send({ url, headers: { cookie: 'a=b' } })
  t.strictSame([answered.headers.server, answered.headers['x-frame-options']], [undefined, 'DENY'])
  const [seen] = upstream.requests
  t.strictSame([seen?.headers.cookie, seen?.headers['x-team']], [undefined, 'search'])
  const refused = await send({ url, body: 'too long' })
  t.strictSame([refused.status, refused.headers['x-frame-options']], [413, 'DENY'])
})
