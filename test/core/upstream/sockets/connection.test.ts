import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import t from 'tap'
import { systemClock } from '../../../../core/clock.ts'
import { TimerWheel } from '../../../../core/timers.ts'
import { SocketConnections } from '../../../../core/upstream/sockets/connections.ts'
import { startBare } from '../../../support/bare-server.ts'
import { makeCertificate, noCertificates } from '../../../support/certificates.ts'
import { ManualClock } from '../../../support/clock.ts'
import { ask, GET, TestSink } from '../../../support/sink.ts'
import { startUpstream, type Teardown, turns } from '../../../support/upstream.ts'

const PLAIN = { max: 50, keepAliveMs: 4_000, ca: undefined, serverName: undefined }

function connectionsTo(t: Teardown, url: string, given: { max?: number; ca?: string; serverName?: string } = {}) {
  const wheel = new TimerWheel(systemClock)
  const connections = new SocketConnections(url, { ...PLAIN, ...given }, systemClock, wheel)
  t.teardown(async () => {
    await connections.close()
    wheel.close()
  })
  return connections
}

const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

t.test('a request that was not written when its connection broke goes out on a new one', async t => {
  const sockets: Socket[] = []
  const bare = await startBare(t, socket => {
    sockets.push(socket)
    socket.on('data', () => socket.write(EMPTY))
  })
  const connections = connectionsTo(t, bare.url, { max: 1 })
  await ask(connections)
  await turns(4)
  sockets[0]?.destroy()
  // The end has arrived, but nobody has read it yet.
  const sink = new TestSink()
  connections.send(GET, sink)
  await sink.until('over')
  t.strictSame(sink.told, ['sent', 'head 200', 'end'])
  t.strictSame([bare.connections, connections.size], [2, 1])
})

t.test('one that was written is not sent again', async t => {
  const bare = await startBare(t, (socket, number) => {
    socket.once('data', () => {
      socket.write(EMPTY)
      socket.once('data', () => socket.destroy())
      if (number > 1) socket.destroy()
    })
  })
  const connections = connectionsTo(t, bare.url)
  await ask(connections)
  t.match((await ask(connections)).told.join(), /^sent,failure /)
  t.equal(bare.connections, 1)
})

t.test('closing ends what waits to be written, too', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}))
  const connections = connectionsTo(t, upstream.url)
  await ask(connections)
  const sink = new TestSink()
  connections.send(GET, sink)
  await connections.close()
  t.strictSame([sink.told, connections.size], [['failure CONNECTION_CLOSED'], 0])
  t.equal(connections.send(GET, new TestSink()), undefined, 'and opens nothing more')
  t.equal(upstream.requests.length, 1)
})

t.test('a connection idles as long as it may and the peer promised, to the tick', async t => {
  const upstream = await startUpstream(t, exchange =>
    exchange.answer(200, { 'keep-alive': `timeout=${exchange.target.slice(1)}` })
  )
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const connections = new SocketConnections(upstream.url, PLAIN, clock, wheel)
  t.teardown(() => connections.close())
  for (const [path, lifeMs] of [
    ['/60', 4_000],
    ['/3', 1_000]
  ] as const) {
    await ask(connections, { path })
    t.equal(connections.size, 1)
    clock.advance(lifeMs - 1)
    t.equal(connections.size, 1, 'before its time')
    clock.advance(51)
    t.equal(connections.size, 0, 'after it')
  }
  t.equal(wheel.size, 0, 'nothing is waited for any more')
})

t.test('one that is used again is not closed by the time before', async t => {
  const upstream = await startUpstream(t)
  const clock = new ManualClock()
  const connections = new SocketConnections(upstream.url, PLAIN, clock, new TimerWheel(clock))
  t.teardown(() => connections.close())
  const first = ask(connections)
  ;(await upstream.next()).answer(200, {})
  await first
  clock.advance(2_000)
  const second = ask(connections)
  const exchange = await upstream.next()
  clock.advance(10_000)
  exchange.answer(200, {})
  t.strictSame((await second).told, ['sent', 'head 200', 'end'])
  t.equal(upstream.connections, 1)
})

t.test('answers that come at once are not mixed up', async t => {
  const upstream = await startUpstream(t, async exchange => {
    exchange.head(200, {})
    for (let piece = 0; piece < 20; piece++) await exchange.write(Buffer.alloc(5_000, exchange.target.slice(1)))
    exchange.end()
  })
  const connections = connectionsTo(t, upstream.url)
  const letters = [...'abcdefghijklmnopqrst']
  const sinks = await Promise.all(letters.map(letter => ask(connections, { path: `/${letter}` })))
  t.strictSame(
    sinks.map(({ body }, index) => body.equals(Buffer.alloc(100_000, letters[index]))),
    letters.map(() => true)
  )
})

t.test('over TLS, large bodies pass whole in both directions at once', { skip: noCertificates }, async t => {
  const { cert, key } = makeCertificate(t.testdir(), 'peer')
  const server = createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    request.pipe(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  const url = `https://localhost:${address.port}`
  const connections = connectionsTo(t, url, { ca: readFileSync(cert, 'utf8'), serverName: 'localhost' })
  for (let round = 0; round < 2; round++) {
    const bodies = Array.from({ length: 8 }, () => randomBytes(300_000))
    const sinks = await Promise.all(
      bodies.map((body, index) => {
        async function* pieces(): AsyncGenerator<Uint8Array> {
          for (let at = 0; at < body.length; at += 10_000) yield body.subarray(at, at + 10_000)
        }
        return ask(connections, { method: 'POST', body: index % 2 === 0 ? body : pieces() })
      })
    )
    t.ok(sinks.every(({ body }, index) => body.equals(bodies[index] ?? Buffer.alloc(0))))
  }
  t.equal(connections.size, 8)
})

t.test('authorities that nobody can read fail the request, not the process', async t => {
  const connections = connectionsTo(t, 'https://127.0.0.1:1', { ca: '-----BEGIN CERTIFICATE-----\nx\n' })
  const sink = await ask(connections)
  t.match(sink.told.join(), /^failure /)
  t.equal(connections.size, 0)
})
