import { once } from 'node:events'
import { createServer } from 'node:https'
import { connect, createServer as createRawServer, type Socket } from 'node:net'
import t from 'tap'
import {
  type ConnectionOptions,
  Connections,
  type ResponseHeaders,
  type ResponseSink
} from '../../../core/upstream/transport.ts'
import { makeCertificate, noCertificates } from '../../support/certificates.ts'
import { startUpstream, type Teardown } from '../../support/upstream.ts'

/** Notes what it is told, and says when it is over. */
class Notes implements ResponseSink {
  readonly told: string[] = []
  readonly #bytes: Buffer[] = []
  headers: ResponseHeaders = {}
  #settle: (() => void)[] = []
  onHeadDo: (() => void) | undefined

  onSent(): void {
    this.told.push('sent')
  }
  onInformation(status: number): void {
    this.told.push(`information ${status}`)
  }
  onHead(status: number, headers: ResponseHeaders): void {
    this.told.push(`head ${status}`)
    this.headers = headers
    this.onHeadDo?.()
  }
  onData(chunk: Buffer): void {
    this.#bytes.push(chunk)
  }
  onEnd(): void {
    this.told.push('end')
    this.#over()
  }
  onFailure(): void {
    this.told.push('failure')
    this.#over()
  }
  get body(): string {
    return Buffer.concat(this.#bytes).toString()
  }
  over(): Promise<void> {
    return new Promise(resolve => this.#settle.push(resolve))
  }
  #over(): void {
    for (const settle of this.#settle.splice(0)) settle()
  }
}

const GET = { method: 'GET', path: '/', headers: [], body: null }

function open(t: Teardown, origin: string, options: Partial<ConnectionOptions> = {}): Connections {
  const connections = new Connections(origin, {
    max: 10,
    keepAliveMs: 5_000,
    ca: undefined,
    serverName: undefined,
    ...options
  })
  t.teardown(() => connections.close())
  return connections
}

async function exchange(connections: Connections, request = {}): Promise<Notes> {
  const notes = new Notes()
  const over = notes.over()
  connections.send({ ...GET, ...request }, notes)
  await over
  return notes
}

/** A server that does with each connection what the test says. */
async function rawServer(t: Teardown, serve: (socket: Socket, count: number) => void) {
  let count = 0
  const sockets: Socket[] = []
  const server = createRawServer(socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    count++
    const connection = count
    socket.on('data', () => serve(socket, connection))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { origin: `http://127.0.0.1:${port}`, connections: () => count }
}

t.test('sends a request and tells of its answer in order', async t => {
  const upstream = await startUpstream(t, async exchange => {
    exchange.response.writeEarlyHints({ link: '</a>; rel=preload' })
    exchange.answer(
      201,
      { 'X-Name': 'Value', 'set-cookie': ['a=1', 'b=2'] },
      (await exchange.body).toString().toUpperCase()
    )
  })
  const connections = open(t, upstream.url)
  const notes = await exchange(connections, {
    method: 'POST',
    path: '/x?y=%2F',
    headers: ['x-one', '1'],
    body: Buffer.from('hello')
  })
  t.strictSame(notes.told, ['sent', 'information 103', 'head 201', 'end'])
  t.equal(notes.body, 'HELLO')
  t.strictSame([notes.headers['x-name'], notes.headers['set-cookie']], ['Value', ['a=1', 'b=2']])
  const [seen] = upstream.requests
  t.match(seen, { method: 'POST', target: '/x?y=%2F', headers: { 'x-one': '1', 'content-length': '5' } })
})

t.test('uses the connection again that was used last', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const connections = open(t, upstream.url)
  for (let count = 0; count < 5; count++) await exchange(connections)
  t.strictSame([upstream.connections, connections.size], [1, 1])
  await Promise.all([exchange(connections), exchange(connections), exchange(connections)])
  t.equal(connections.size, 3)
})

t.test('says no when every connection is busy', async t => {
  const upstream = await startUpstream(t)
  const connections = open(t, upstream.url, { max: 2 })
  const both = [exchange(connections), exchange(connections)]
  t.equal(connections.send(GET, new Notes()), undefined)
  for (const answer of [await upstream.next(), await upstream.next()]) answer.answer(200, {})
  await Promise.all(both)
  t.match(await Promise.race([exchange(connections), upstream.next().then(next => next.answer(200, {}))]), undefined)
})

t.test('a failure before the first byte is told without `sent`', async t => {
  const closed = await rawServer(t, () => {})
  const { port } = new URL(closed.origin)
  const unreachable = open(t, 'http://127.0.0.1:1')
  t.strictSame((await exchange(unreachable)).told, ['failure'])
  t.equal(unreachable.size, 0, 'and the connection is forgotten')
  t.ok(port)
})

t.test('a connection that broke is not used again', async t => {
  const server = await rawServer(t, (socket, count) => {
    if (count === 1) socket.resetAndDestroy()
    else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  })
  const connections = open(t, server.origin)
  t.strictSame((await exchange(connections)).told, ['sent', 'failure'])
  const second = await exchange(connections)
  t.strictSame([second.told, second.body], [['sent', 'head 200', 'end'], 'ok'])
  t.equal(server.connections(), 2)
})

t.test('bytes behind an answer reach nobody', async t => {
  const server = await rawServer(t, (socket, count) => {
    const behind = count === 1 ? 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison' : ''
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${behind}`)
  })
  const connections = open(t, server.origin)
  for (let count = 0; count < 3; count++) t.not((await exchange(connections)).body, 'poison')
})

t.test(
  'says nothing more once it was aborted, and closes the connection: while connecting, waiting, and reading',
  async t => {
    const upstream = await startUpstream(t)
    const connections = open(t, upstream.url)

    const connecting = new Notes()
    connections.send(GET, connecting)?.abort()

    const waiting = new Notes()
    const second = connections.send(GET, waiting)
    const unanswered = await upstream.next()
    second?.abort()
    t.equal((await unanswered.closed).clean, false)

    const reading = new Notes()
    const headed = new Promise<void>(resolve => {
      reading.onHeadDo = resolve
    })
    const third = connections.send(GET, reading)
    const answered = await upstream.next()
    answered.head(200, {})
    await headed
    third?.abort()
    t.equal((await answered.closed).clean, false)
    t.strictSame(
      [connecting.told.includes('failure'), waiting.told, reading.told],
      [false, ['sent'], ['sent', 'head 200']]
    )
    t.equal(connections.size, 0)
  }
)

t.test('a reader that pauses stops the peer', async t => {
  const upstream = await startUpstream(t)
  const connections = open(t, upstream.url)
  const notes = new Notes()
  const over = notes.over()
  const transmission = connections.send(GET, notes)
  const paused = new Promise<void>(resolve => {
    notes.onHeadDo = () => {
      transmission?.pause()
      resolve()
    }
  })
  const answer = await upstream.next()
  answer.head(200, {})
  await paused
  const piece = Buffer.alloc(64 * 1024)
  let written = 0
  do written += piece.length
  while (answer.response.write(piece) && written < 64 * 1024 * 1024)
  t.ok(written < 32 * 1024 * 1024, `stopped after ${written} bytes`)
  answer.end()
  transmission?.resume()
  await over
  t.equal(notes.told.at(-1), 'end')
  t.ok(notes.body.length >= written)
})

t.test('a body that breaks off, and one that is no answer, are failures', async t => {
  for (const answer of [
    'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'nonsense\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'
  ]) {
    const server = await rawServer(t, socket => socket.end(answer))
    t.equal((await exchange(open(t, server.origin))).told.at(-1), 'failure', answer)
  }
})

t.test('verifies a peer by its name and authorities', { skip: noCertificates }, async t => {
  const { pem, key } = makeCertificate(t.testdir(), 'peer', 'peer.example')
  const { readFileSync } = process.getBuiltinModule('node:fs')
  const server = createServer({ cert: pem, key: readFileSync(key) }, (_request, response) => response.end('ok'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const origin = `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const trusted = await exchange(open(t, origin, { ca: pem, serverName: 'peer.example' }))
  t.equal(trusted.body, 'ok')
  const client = await exchange(open(t, origin, { ca: pem, serverName: 'peer.example' }), {
    headers: ['host', 'other.example']
  })
  t.equal(client.body, 'ok', 'whatever Host the request has')
  t.strictSame((await exchange(open(t, origin, { ca: pem, serverName: 'other.example' }))).told, ['failure'])
  t.strictSame(
    (await exchange(open(t, origin, { serverName: 'peer.example' }))).told,
    ['failure'],
    'nobody vouches for it'
  )
})

t.test('closing ends what is under way', async t => {
  const upstream = await startUpstream(t)
  const connections = open(t, upstream.url)
  const under = exchange(connections)
  await upstream.next()
  await connections.close()
  t.equal((await under).told.at(-1), 'failure')
  t.equal(connections.size, 0)
  const probe = connect(upstream.port, '127.0.0.1')
  await once(probe, 'connect')
  probe.destroy()
})
