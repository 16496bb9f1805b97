import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { systemClock } from '../../../../core/clock.ts'
import { TimerWheel } from '../../../../core/timers.ts'
import type { Resolve } from '../../../../core/upstream/names.ts'
import { SocketConnections } from '../../../../core/upstream/sockets/connections.ts'
import { ManualClock } from '../../../support/clock.ts'
import { ask, GET, TestSink } from '../../../support/sink.ts'
import { answers } from '../../../support/transport-answers.ts'
import { promises, type TestedTransport } from '../../../support/transport-promises.ts'
import type { Teardown } from '../../../support/upstream.ts'

const wheel = new TimerWheel(systemClock)
t.teardown(() => wheel.close())

const transport: TestedTransport = {
  connect: (origin, options) => new SocketConnections(origin, options, systemClock, wheel),
  invalid: 'REQUEST_INVALID',
  length: 'REQUEST_LENGTH'
}

promises(t, transport)
answers(t, transport)

/** A server that answers each request with the address that it came to, and keeps its connections open. */
async function startAt(t: Teardown, host: string, port = 0) {
  const sockets = new Set<Socket>()
  const waiting: (() => void)[] = []
  let accepted = 0
  const server = createServer(socket => {
    sockets.add(socket)
    accepted++
    for (const wake of waiting.splice(0)) wake()
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      for (const wake of waiting.splice(0)) wake()
    })
    socket.on('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${host.length}\r\n\r\n${host}`)
    })
  })
  await new Promise<void>(resolve => server.listen(port, host, resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return {
    port: address.port,
    sockets,
    get accepted() {
      return accepted
    },
    async until(holds: () => boolean) {
      while (!holds()) await new Promise<void>(resolve => waiting.push(resolve))
    }
  }
}

const OPTIONS = { max: 10, keepAliveMs: 60_000, ca: undefined, serverName: undefined }

const told = async (connections: SocketConnections) => (await ask(connections)).body.toString()

t.test('keeps connections open ahead of requests, and opens lost ones again', async t => {
  const server = await startAt(t, '127.0.0.1')
  const connections = new SocketConnections(
    `http://127.0.0.1:${server.port}`,
    { ...OPTIONS, warm: 3 },
    systemClock,
    wheel
  )
  t.teardown(() => connections.close())
  connections.warm()
  await server.until(() => server.sockets.size === 3)
  t.equal(connections.size, 3)
  t.equal(await told(connections), '127.0.0.1')
  t.equal(server.accepted, 3, 'the request met one that was there')
  for (const socket of server.sockets) socket.destroy()
  await server.until(() => server.accepted === 6)
  await connections.close()
  t.equal(connections.size, 0)
})

t.test('goes to the new address when a name has moved, and drops what leads to the old one', async t => {
  const one = await startAt(t, '127.0.0.1')
  const two = await startAt(t, '127.0.0.2', one.port)
  const clock = new ManualClock()
  let address = '127.0.0.1'
  const resolve: Resolve = (_name, done) => done(null, [{ address, family: 4 }])
  const options = { ...OPTIONS, allow: ['127.0.0.0/8'], dnsRefreshMs: 5_000 }
  const connections = new SocketConnections(`http://peer.test:${one.port}`, options, clock, wheel, { resolve })
  t.teardown(() => connections.close())
  t.equal(await told(connections), '127.0.0.1')
  address = '127.0.0.2'
  clock.advance(4_999)
  t.equal(await told(connections), '127.0.0.1', 'an answer is good for its time')
  clock.advance(1)
  t.equal(await told(connections), '127.0.0.2', 'the first request after it goes to the new address')
  await one.until(() => one.sockets.size === 0)
  t.strictSame([one.accepted, two.accepted, connections.size], [1, 1, 1])
})

t.test('what is under way at an old address ends there, and is the last on its connection', async t => {
  const server = createServer()
  const arrived = new Promise<Socket>(resolve => server.on('connection', resolve))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { readonly port: number }
  const clock = new ManualClock()
  let address = '127.0.0.1'
  const resolve: Resolve = (_name, done) => done(null, [{ address, family: 4 }])
  const options = { ...OPTIONS, allow: ['127.0.0.0/8'], dnsRefreshMs: 5_000 }
  const connections = new SocketConnections(`http://peer.test:${port}`, options, clock, wheel, { resolve })
  const other = await startAt(t, '127.0.0.2', port)
  t.teardown(() => connections.close())
  const sink = new TestSink()
  connections.send(GET, sink)
  const socket = await arrived
  address = '127.0.0.2'
  clock.advance(5_000)
  t.equal(await told(connections), '127.0.0.2')
  const closed = new Promise(resolve => socket.on('close', resolve))
  socket.resume()
  socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  await sink.until('over')
  await closed
  t.strictSame([sink.body.toString(), other.accepted, connections.size], ['ok', 1, 1])
})

t.test('a name that leads where nobody may go is never connected to', async t => {
  const server = await startAt(t, '127.0.0.1')
  const refused: string[] = []
  const resolve: Resolve = (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }])
  const parts = { resolve, refused: (host: string) => void refused.push(host) }
  const connections = new SocketConnections(`http://peer.test:${server.port}`, OPTIONS, systemClock, wheel, parts)
  t.teardown(() => connections.close())
  const sink = await ask(connections)
  t.strictSame([sink.told, server.accepted, refused], [['failure TACIT_PEER_REFUSED'], 0, ['peer.test']])
})
