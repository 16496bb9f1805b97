import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { collect, send } from '../../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../../support/gateway.ts'
import { startUpstream, type Teardown } from '../../support/upstream.ts'
import { Wire } from '../../support/wire.ts'

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

t.test('a refusal reaches who is still sending, and only a short body leaves the connection open', async t => {
  const { gateway } = await start(t)
  for (const [length, connection] of [
    [60_000, 'keep-alive'],
    [3_000_000, 'close']
  ] as const) {
    const upload = request(`${gateway.url}/none`, {
      agent: false,
      method: 'POST',
      headers: { 'content-length': length }
    })
    upload.on('error', () => {})
    upload.setHeader('connection', 'keep-alive')
    upload.write(Buffer.alloc(length / 2))
    const [response] = await once(upload, 'response')
    t.strictSame([response.statusCode, response.headers.connection], [404, connection])
    upload.end(Buffer.alloc(length / 2))
    t.equal((await collect(response)).complete, true)
    upload.destroy()
  }
})

t.test(
  'requests that are sent ahead are answered one after the other, and each begins when it is its turn',
  async t => {
    const upstream = await startUpstream(t)
    const gateway = await startTestGateway(t, { upstreams: [upstreamOf([upstream.url])], routes: [routeOf()] })
    const wire = await Wire.open(Number(new URL(gateway.url).port))
    wire.write(['/1', '/2', '/3'].map(path => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''))
    for (const path of ['/1', '/2', '/3']) {
      const exchange = await upstream.next()
      t.equal(exchange.target, path)
      t.equal(gateway.inFlight, 1)
      exchange.answer(200, {}, path)
    }
    await wire.untilAnswers(3)
    t.strictSame(
      wire.answers.map(({ body }) => body.toString()),
      ['/1', '/2', '/3']
    )
    wire.leave()
  }
)

t.test('what cannot be parsed behind a request whose answer is on its way does not get into that answer', async t => {
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(t, { upstreams: [upstreamOf([upstream.url])], routes: [routeOf()] })
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const exchange = await upstream.next()
  exchange.head(200, {})
  await once(socket, 'data')
  let text = ''
  socket.on('data', piece => {
    text += String(piece)
  })
  const closed = new Promise(resolve => socket.on('close', resolve))
  socket.write('this is no request\r\n\r\n')
  await closed
  t.equal(text, '', 'nothing more is written')
  t.equal((await exchange.closed).clean, false, 'and the upstream is given up')
})
