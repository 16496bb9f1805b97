import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { send } from '../../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../../support/gateway.ts'
import { startUpstream, type Teardown } from '../../support/upstream.ts'

async function start(t: Teardown) {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const routes = [
    routeOf({ id: 'chat', match: { method: 'POST', path: '/v1/chat/completions' } }),
    routeOf({ id: 'messages', match: { method: ['POST', 'PUT'], path: '/v1/messages' } }),
    routeOf({ id: 'shop', match: { host: 'shop.example', path: '/*' } })
  ]
  const gateway = await startTestGateway(t, { upstreams: [upstreamOf([upstream.url])], routes })
  return { upstream, gateway }
}

t.test('refuses in the dialect that the path suggests, with an id of its own', async t => {
  const { upstream, gateway } = await start(t)
  const chat = await send({ url: `${gateway.url}/v1/chat/completions` })
  t.strictSame([chat.status, chat.headers.allow], [405, 'POST'])
  const { request_id: id, ...error } = JSON.parse(chat.body.toString()).error
  t.strictSame(error, {
    message: 'This method is not served at this address.',
    type: 'invalid_request_error',
    param: null,
    code: 'method_not_allowed'
  })
  t.equal(id, chat.headers['x-tacit-request-id'])
  t.equal(id, chat.headers['x-request-id'])

  const messages = await send({ url: `${gateway.url}/v1/messages` })
  t.strictSame([messages.status, messages.headers.allow], [405, 'POST, PUT'])
  t.equal(messages.headers['request-id'], messages.headers['x-tacit-request-id'])
  t.match(JSON.parse(messages.body.toString()), { type: 'error', error: { type: 'invalid_request_error' } })

  const other = await send({ url: `${gateway.url}/other` })
  t.equal(other.status, 404)
  t.match(other.headers, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
  t.match(JSON.parse(other.body.toString()), { status: 404, reason: 'route_not_found' })
  t.equal(upstream.requests.length, 0)
})

t.test('finds a route by the host, whatever its case and port', async t => {
  const { gateway } = await start(t)
  for (const host of ['shop.example', 'SHOP.example:8080']) {
    t.equal((await send({ url: `${gateway.url}/x`, headers: { host } })).status, 200, host)
  }
  t.equal((await send({ url: `${gateway.url}/x`, headers: { host: 'evil-shop.example' } })).status, 404)
})

t.test('an answer to HEAD has no body', async t => {
  const { gateway } = await start(t)
  const { status, headers, body } = await send({ url: `${gateway.url}/none`, method: 'HEAD' })
  t.strictSame([status, body.length], [404, 0])
  t.ok(Number(headers['content-length']) > 0)
})

t.test('keeps the connection after a wrong address, and closes it after a head that cannot be trusted', async t => {
  const { gateway } = await start(t)
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  for (const path of ['/none', '/none-either']) {
    socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
    t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 404 (?![\s\S]*connection: close)/i)
  }
  socket.write('GET /x/../y HTTP/1.1\r\nhost: a\r\n\r\n')
  let text = ''
  for await (const piece of socket) text += String(piece)
  t.match(text, /^HTTP\/1\.1 400 [\s\S]*connection: close/i)
})

t.test('serves a connection that sends many requests one after the other', async t => {
  const { gateway } = await start(t)
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  for (let count = 0; count < 200; count++) {
    socket.write('GET /x HTTP/1.1\r\nhost: shop.example\r\n\r\n')
    t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 /)
  }
  t.equal(gateway.inFlight, 0)
})
