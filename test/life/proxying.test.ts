import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { collect, openResponse, send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { type Handler, startUpstream, type Teardown } from '../support/upstream.ts'

const OK: Handler = exchange => exchange.answer(200, { 'content-type': 'text/plain' }, 'ok')

async function start(t: Teardown, { route = {}, upstream = {}, rest = {} } = {}, handler: Handler | 'none' = OK) {
  const server = await startUpstream(t, handler === 'none' ? undefined : handler)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([server.url], upstream)],
    routes: [routeOf(route)],
    ...rest
  })
  return { server, gateway }
}

t.test('passes methods, paths and queries on byte for byte', async t => {
  const { server, gateway } = await start(t)
  const targets = [
    '/',
    '/a?b=c',
    '/a%20b?x=%2e%2e/..&y=//',
    '/ü'.normalize('NFC').replace('ü', '%C3%BC'),
    "/a;b=c,d!$&'()*+:@~"
  ]
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'QUERY']) {
    for (const target of targets) {
      const { status } = await send({ url: `${gateway.url}${target}`, method })
      t.equal(status, 200, `${method} ${target}`)
      const seen = server.requests.at(-1)
      t.strictSame([seen?.method, seen?.target], [method, target])
    }
  }
})

t.test('strips a prefix, or rewrites the path, and keeps the query', async t => {
  const stripped = await start(t, { route: { match: { path: '/api/*' }, stripPrefix: '/api' } })
  await send({ url: `${stripped.gateway.url}/api/v1/x?a=%2F` })
  await send({ url: `${stripped.gateway.url}/api/?q` })
  t.strictSame(
    stripped.server.requests.map(({ target }) => target),
    ['/v1/x?a=%2F', '/?q']
  )
  const rewritten = await start(t, { route: { match: { path: '/old' }, rewrite: '/new/path' } })
  await send({ url: `${rewritten.gateway.url}/old?a=b` })
  await send({ url: `${rewritten.gateway.url}/old` })
  t.strictSame(
    rewritten.server.requests.map(({ target }) => target),
    ['/new/path?a=b', '/new/path']
  )
})

t.test('sends the Host that the operator chose', async t => {
  for (const [hostHeader, expected] of [
    ['peer', /^127\.0\.0\.1:\d+$/],
    ['client', /^shop\.example$/],
    ['inner.example', /^inner\.example$/]
  ] as const) {
    const { server, gateway } = await start(t, { upstream: { hostHeader } })
    await send({ url: gateway.url, headers: { host: 'shop.example' } })
    t.match(server.requests[0]?.headers.host, expected)
  }
})

t.test('drops the headers of the connection, then adds its own', async t => {
  const { server, gateway } = await start(t)
  await send({
    url: gateway.url,
    headers: {
      connection: 'x-secret, x-tacit-request-id, via',
      'x-secret': 'for the gateway alone',
      'keep-alive': 'timeout=1',
      te: 'trailers',
      'proxy-authorization': 'Basic abc',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'admin.example',
      'x-tacit-request-id': 'chosen-by-the-client',
      'x-kept': 'yes'
    }
  })
  const headers = server.requests[0]?.headers ?? {}
  for (const name of ['x-secret', 'keep-alive', 'te', 'proxy-authorization']) t.equal(headers[name], undefined, name)
  t.equal(headers['x-kept'], 'yes')
  t.match(headers.via, /^1\.1 tacit-[0-9a-f]{12}$/)
  t.match(headers['x-tacit-request-id'], /^[0-9a-f-]{36}$/)
  t.equal(headers['x-forwarded-for'], '127.0.0.1', 'what an untrusted client claims is replaced')
  t.equal(headers['x-forwarded-host'], new URL(gateway.url).host)
  t.equal(headers['x-forwarded-proto'], 'http')
})

t.test('believes trusted proxies, and appends to what they say', async t => {
  const { server, gateway } = await start(t, { rest: { listen: { port: 0, trustedProxies: ['127.0.0.0/8'] } } })
  const claims = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example' }
  await send({ url: gateway.url, headers: claims })
  t.match(server.requests[0]?.headers, { ...claims, 'x-forwarded-for': '203.0.113.9, 127.0.0.1' })
})

t.test('passes an answer back with its own request id, repeated headers and cookies apart', async t => {
  const { gateway } = await start(t, {}, exchange =>
    exchange.answer(
      201,
      {
        'set-cookie': ['a=1; Path=/', 'b=2'],
        'x-request-id': 'req_1',
        vary: ['accept', 'origin'],
        connection: 'x-hop',
        'x-hop': '1'
      },
      'made'
    )
  )
  const { status, headers, body } = await send({ url: gateway.url })
  t.strictSame([status, body.toString()], [201, 'made'])
  t.strictSame(headers['set-cookie'], ['a=1; Path=/', 'b=2'])
  t.strictSame([headers['x-request-id'], headers.vary, headers['x-hop']], ['req_1', 'accept, origin', undefined])
  t.match(headers['x-tacit-request-id'], /^[0-9a-f-]{36}$/)
  t.match(headers['x-tacit-overhead-ms'], /^\d+\.\d\d$/)
})

t.test('tells where an answer comes from, unless the operator does not want that', async t => {
  const names = ['x-tacit-overhead-ms', 'x-tacit-upstream', 'x-tacit-attempts']
  const usual = await start(t)
  const { headers } = await send({ url: usual.gateway.url })
  t.strictSame([headers['x-tacit-upstream'], headers['x-tacit-attempts']], ['upstream', '1'])
  const quiet = await start(t, { rest: { responseHeaders: { overhead: false, upstream: false, attempts: false } } })
  const plain = (await send({ url: quiet.gateway.url })).headers
  for (const name of names) t.equal(plain[name], undefined, name)
})

t.test('answers without a body stay without one, and keep what they say of it', async t => {
  const { gateway } = await start(t, {}, exchange => {
    if (exchange.method === 'HEAD') exchange.answer(200, { 'content-length': '1234', etag: '"x"' })
    else if (exchange.target === '/304') exchange.answer(304, { etag: '"x"' })
    else exchange.answer(204, {})
  })
  const head = await send({ url: gateway.url, method: 'HEAD' })
  t.strictSame(
    [head.status, head.headers['content-length'], head.headers.etag, head.body.length],
    [200, '1234', '"x"', 0]
  )
  const unchanged = await send({ url: `${gateway.url}/304` })
  t.strictSame([unchanged.status, unchanged.headers.etag, unchanged.body.length], [304, '"x"', 0])
  const empty = await send({ url: gateway.url })
  t.strictSame(
    [empty.status, empty.headers['content-length'], empty.headers['transfer-encoding']],
    [204, undefined, undefined]
  )
})

t.test('passes early hints on before the answer', async t => {
  const { gateway } = await start(t, {}, exchange => {
    exchange.response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    exchange.answer(200, {}, 'ok')
  })
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  let text = ''
  for await (const piece of socket) text += String(piece)
  t.match(text, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/style\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/i)
})

t.test('asks for the body only when the request is let in', async t => {
  const { server, gateway } = await start(t, { route: { limits: { maxBody: '10B' } } })
  const { hostname, port } = new URL(gateway.url)
  const ask = async (length: number): Promise<string> => {
    const socket = connect(Number(port), hostname)
    socket.write(
      `POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n`
    )
    let text = ''
    for await (const piece of socket) {
      if (text === '' && String(piece).startsWith('HTTP/1.1 100')) socket.write('x'.repeat(length))
      text += String(piece)
    }
    return text
  }
  t.match(await ask(5), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  t.match(await ask(11), /^HTTP\/1\.1 413 /, 'refused without asking for it')
  t.equal(server.requests.length, 1)
})

t.test('a large upload and a large download flow through, whole', async t => {
  const whole = Buffer.alloc(8 * 1024 * 1024, 'abcdefgh')
  const { server, gateway } = await start(t, {}, async exchange => {
    const body = await exchange.body
    exchange.head(200, {})
    exchange.response.end(body)
  })
  const announced = await send({ url: gateway.url, method: 'PUT', body: whole })
  t.ok(announced.body.equals(whole))
  const upload = request(gateway.url, { method: 'PUT' })
  const answering = once(upload, 'response')
  for (let from = 0; from < whole.length; from += 100_000) upload.write(whole.subarray(from, from + 100_000))
  upload.end()
  const [answer] = await answering
  t.equal(server.requests.at(-1)?.headers['transfer-encoding'], 'chunked')
  t.ok((await collect(answer)).body.equals(whole))
})

t.test('a stream leaves at once, and tells proxies in front not to keep it', async t => {
  const { server, gateway } = await start(t, {}, 'none')
  const opening = openResponse({ url: gateway.url })
  const exchange = await server.next()
  exchange.head(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  const response = await opening
  t.strictSame([response.headers['x-accel-buffering'], response.headers['cache-control']], ['no', 'no-cache'])
  for (const text of ['data: 1\n\n', ': a comment\n\n', 'data: 2\r\n\r\n']) {
    exchange.response.write(text)
    const [piece] = await once(response, 'data')
    t.equal(String(piece), text)
  }
  exchange.end()
  await once(response, 'end')
})

t.test('a slow reader slows the upstream down', async t => {
  const { server, gateway } = await start(t, {}, 'none')
  const opening = openResponse({ url: gateway.url })
  const exchange = await server.next()
  exchange.head(200, { 'content-type': 'application/octet-stream' })
  const response = await opening
  response.pause()
  const piece = Buffer.alloc(64 * 1024)
  let written = 0
  while (written < 256 * 1024 * 1024 && exchange.response.write(piece)) {
    written += piece.length
    await new Promise(setImmediate)
  }
  t.ok(written < 64 * 1024 * 1024, `stopped after ${written} bytes`)
  response.resume()
  await once(exchange.response, 'drain')
  t.pass('and goes on when the reader does')
})

t.test('limits the body of an answer that is no stream', async t => {
  const { gateway } = await start(t, { route: { limits: { maxResponse: '1KiB' } } }, async exchange => {
    if (exchange.target === '/short') exchange.answer(200, {}, 'x'.repeat(1024))
    else if (exchange.target === '/announced') exchange.answer(200, {}, 'x'.repeat(1025))
    else {
      exchange.head(200, {})
      await exchange.write('x'.repeat(1000))
      await exchange.write('x'.repeat(1000))
    }
  })
  t.equal((await send({ url: `${gateway.url}/short` })).status, 200)
  t.equal((await send({ url: `${gateway.url}/announced` })).status, 502, 'refused while nothing was sent')
  const cut = await send({ url: `${gateway.url}/chunked` })
  t.strictSame([cut.status, cut.complete], [200, false], 'broken off when something was')
})

t.test('does not send a request around in a circle', async t => {
  const upstream = await startUpstream(t, OK)
  const second = await startTestGateway(t, { upstreams: [upstreamOf([upstream.url])], routes: [routeOf()] })
  const first = await startTestGateway(t, { upstreams: [upstreamOf([second.url])], routes: [routeOf()] })
  t.equal((await send({ url: first.url })).status, 200, 'two gateways in a row are no circle')
  const { via } = upstream.requests[0]?.headers ?? {}
  const own = /tacit-[0-9a-f]{12}/.exec(via ?? '')?.[0]
  const { status } = await send({ url: first.url, headers: { via: `1.1 ${own}` } })
  t.equal(status, 508)
})
