import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { Dialer } from '../../../../core/upstream/dial.ts'
import { WebSocketHandshake } from '../../../../core/upstream/sockets/handshake.ts'
import type { ResponseHeaders, UpgradeSink } from '../../../../core/upstream/transport.ts'
import { TestSink } from '../../../support/sink.ts'
import type { Teardown } from '../../../support/upstream.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const AGREES = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n`

class UpgradeTestSink extends TestSink implements UpgradeSink {
  readonly agreed = Promise.withResolvers<{ socket: Socket; headers: ResponseHeaders; rest: string }>()

  onUpgrade(socket: Socket, headers: ResponseHeaders, rest: Buffer): void {
    this.agreed.resolve({ socket, headers, rest: rest.toString() })
  }
}

/** Asks a server that answers with these pieces. */
async function ask(t: Teardown, pieces: readonly string[], ends = false) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', async () => {
      for (const piece of pieces) {
        socket.write(piece, 'latin1')
        await new Promise(resolve => setImmediate(resolve))
      }
      if (ends) socket.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  const origin = `http://127.0.0.1:${address.port}`
  const headers = ['sec-websocket-key', KEY, 'sec-websocket-protocol', 'realtime, other']
  const sink = new UpgradeTestSink()
  const dialer = new Dialer(origin, { ca: undefined, serverName: undefined })
  const request = { method: 'GET', path: '/v1/realtime', headers, body: null }
  const handshake = new WebSocketHandshake(dialer, new URL(origin).host, request, sink)
  t.teardown(() => handshake.abort())
  return sink
}

t.test('an agreement is handed over with what came behind it, wherever it is cut', async t => {
  for (const pieces of [[`${AGREES}\r\nfirst`], [...`${AGREES}\r\n`, 'first'], [AGREES, '\r\n', 'first']]) {
    const sink = await ask(t, pieces)
    const { socket, headers, rest } = await sink.agreed.promise
    t.teardown(() => socket.destroy())
    t.strictSame([sink.told, headers['sec-websocket-accept']], [['sent'], ACCEPT])
    const [later] = rest === 'first' ? [''] : await once(socket.resume(), 'data')
    t.equal(rest + String(later), 'first')
  }
})

t.test('a protocol is one that was offered', async t => {
  const good = await ask(t, [`${AGREES}sec-websocket-protocol: realtime\r\n\r\n`])
  const { socket } = await good.agreed.promise
  socket.destroy()
  const bad = await ask(t, [`${AGREES}sec-websocket-protocol: another\r\n\r\n`])
  await bad.until('over')
  t.strictSame(bad.told, ['sent', 'failure RESPONSE_HEAD'])
})

t.test('any other answer is an answer like any other', async t => {
  const sink = await ask(t, ['HTTP/1.1 401 Unauthorized\r\ncontent-length: 5\r\n\r\nno', 'way'])
  await sink.until('over')
  t.strictSame([sink.status, sink.body.toString(), sink.told.at(-1)], [401, 'noway', 'end'])
  const open = await ask(t, ['HTTP/1.1 500 Oh\r\n\r\nuntil ', 'the end'], true)
  await open.until('over')
  t.strictSame([open.status, open.body.toString(), open.told.at(-1)], [500, 'until the end', 'end'])
})

t.test('what is no answer is a failure', async t => {
  for (const pieces of [
    ['nonsense\r\n\r\n'],
    ['HTTP/1.1 101 Switching'],
    [`HTTP/1.1 101 x\r\nx: ${'y'.repeat(70_000)}`]
  ]) {
    const sink = await ask(t, pieces, true)
    await sink.until('over')
    t.match(sink.told.at(-1), /^failure (?:RESPONSE_HEAD|CONNECTION_CLOSED)$/)
  }
})
