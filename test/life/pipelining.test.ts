import t, { type Test } from 'tap'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'
import { Wire } from '../support/wire.ts'

const request = (method: string, target: string, ...fields: readonly string[]) =>
  [`${method} ${target} HTTP/1.1`, 'Host: gw.test', ...fields, '', ''].join('\r\n')

async function start(t: Test) {
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(t, { upstreams: [upstreamOf([upstream.url])], routes: [routeOf()] })
  const wire = await Wire.open(Number(new URL(gateway.url).port))
  t.teardown(() => wire.leave())
  return { upstream, gateway, wire }
}

t.test('carries requests that were sent ahead out one after the other', async t => {
  const { upstream, wire } = await start(t)
  wire.write(
    request('POST', '/1', 'Content-Length: 3') +
      'abc' +
      request('POST', '/2', 'Content-Length: 0') +
      request('GET', '/3')
  )
  for (const target of ['/1', '/2', '/3']) {
    const exchange = await upstream.next()
    t.equal(exchange.target, target)
    await exchange.body
    t.strictSame(upstream.requests.map(each => each.target).at(-1), target, 'nothing has overtaken it')
    exchange.answer(200, {}, `answer to ${target}`)
    if (target === '/1') await wire.untilAnswers(1)
  }
  await wire.untilAnswers(3)
  t.strictSame(
    wire.answers.map(({ body }) => body.toString()),
    ['answer to /1', 'answer to /2', 'answer to /3']
  )
})

t.test('holds what was sent ahead of a stream until the stream is over', async t => {
  const { upstream, wire } = await start(t)
  wire.write(request('GET', '/stream') + request('GET', '/next'))
  const stream = await upstream.next()
  stream.head(200, { 'content-type': 'text/event-stream' })
  await stream.write('data: 1\n\n')
  t.strictSame(
    upstream.requests.map(each => each.target),
    ['/stream']
  )
  stream.end()
  const next = await upstream.next()
  t.equal(next.target, '/next')
  next.answer(200, {}, 'next')
  await wire.untilAnswers(2)
  t.equal(wire.answers[1]?.body.toString(), 'next')
})

t.test('answers refusals and forwards among requests sent ahead in their order', async t => {
  const { upstream, wire } = await start(t)
  upstream.handle(exchange => exchange.answer(200, {}, exchange.target))
  wire.write(request('GET', '/1') + request('GET', '/2') + request('GET', '/../3') + request('GET', '/4'))
  await wire.untilClosed()
  t.strictSame(
    wire.answers.map(({ status }) => status),
    [200, 200, 400]
  )
  t.strictSame(
    upstream.requests.map(({ target }) => target),
    ['/1', '/2'],
    'nothing behind a refusal that ends the connection is looked at'
  )
})

t.test('forgets what was sent ahead when the client leaves', async t => {
  const { upstream, wire } = await start(t)
  wire.write(request('GET', '/1') + request('GET', '/2'))
  const exchange = await upstream.next()
  wire.leave('reset')
  t.strictSame(await exchange.closed.then(({ clean }) => clean), false)
  t.strictSame(
    upstream.requests.map(({ target }) => target),
    ['/1']
  )
})

t.test('closes on a client that sends more requests ahead than any would', async t => {
  const { upstream, wire } = await start(t)
  wire.write(request('GET', '/1'))
  const exchange = await upstream.next()
  wire.write(Array.from({ length: 17 }, (_, index) => request('GET', `/ahead/${index}`)).join(''))
  await wire.untilClosed()
  t.strictSame(await exchange.closed.then(({ clean }) => clean), false)
  t.strictSame(
    upstream.requests.map(({ target }) => target),
    ['/1']
  )
})
