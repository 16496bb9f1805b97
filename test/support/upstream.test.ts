import { connect } from 'node:net'
import t from 'tap'
import { openResponse, send } from './client.ts'
import { startUpstream } from './upstream.ts'

t.test('answers, and records requests that arrived whole', async t => {
  const upstream = await startUpstream(t, exchange => {
    exchange.answer(201, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] }, 'done')
  })
  const received = await send({ url: `${upstream.url}/a?b=c`, headers: { 'x-two': ['1', '2'] }, body: 'hello' })

  t.equal(received.status, 201)
  t.equal(received.body.toString(), 'done')
  t.equal(received.complete, true)
  t.strictSame(received.headers['set-cookie'], ['a=1', 'b=2'])
  t.equal(upstream.requests.length, 1)
  const [seen] = upstream.requests
  t.equal(seen?.method, 'POST')
  t.equal(seen?.target, '/a?b=c')
  t.equal(seen?.body.toString(), 'hello')
  t.strictSame(seen?.rawHeaders.slice(0, 4), ['x-two', '1', 'x-two', '2'])
})

t.test('hands over exchanges one by one, and each piece is a read of its own', async t => {
  const upstream = await startUpstream(t)
  const received = openResponse({ url: upstream.url })
  const exchange = await upstream.next()
  exchange.head(200, { 'content-type': 'text/plain' })
  const response = await received
  const pieces: string[] = []
  response.on('data', piece => pieces.push(String(piece)))
  for (const piece of ['a', 'b', 'c']) await exchange.write(piece)
  exchange.end()
  t.match(await exchange.closed, { clean: true })
  await new Promise(resolve => response.on('close', resolve))
  t.strictSame(pieces, ['a', 'b', 'c'])
  t.equal(response.complete, true)
})

t.test('a cut and a reset are not complete', async t => {
  const upstream = await startUpstream(t)
  for (const way of ['cut', 'reset'] as const) {
    const received = send({ url: upstream.url })
    const exchange = await upstream.next()
    exchange.head(200, {})
    await exchange.write('half')
    exchange[way]()
    t.match(await exchange.closed, { clean: false })
    const { status, complete, body } = await received
    t.strictSame({ status, complete, body: body.toString() }, { status: 200, complete: false, body: 'half' }, way)
  }
})

t.test('writes bytes past HTTP', async t => {
  const upstream = await startUpstream(t)
  const received = send({ url: upstream.url })
  const exchange = await upstream.next()
  await exchange.raw('HTTP/1.1 299 Odd\r\ncontent-length: 2\r\n\r\nok')
  t.match(await received, { status: 299, complete: true })
})

t.test('tells when the client has left', async t => {
  const upstream = await startUpstream(t)
  const controller = new AbortController()
  const received = send({ url: upstream.url, signal: controller.signal })
  const exchange = await upstream.next()
  exchange.head(200, {})
  await exchange.write('half')
  controller.abort()
  t.match(await exchange.closed, { clean: false })
  t.match(await received, { complete: false })
})

t.test('a request that breaks off is not recorded', async t => {
  const upstream = await startUpstream(t)
  const socket = connect(upstream.port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhal')
  const exchange = await upstream.next()
  socket.destroy()
  await t.rejects(exchange.body)
  t.strictSame(upstream.requests, [])
})
