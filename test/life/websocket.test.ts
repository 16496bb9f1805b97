/** WebSockets through a whole gateway: a client by hand, and a server by hand, so that every byte is known. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { closeFrame } from '../../core/pipeline/websocket-frames.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import type { Teardown } from '../support/upstream.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const MASK = Buffer.from([1, 2, 3, 4])

/** A frame of text; masked as a client sends it. */
function frame(text: string, masked: boolean, opcode = 1): Buffer {
  const payload = Buffer.from(text)
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff]
  length[0] = (length[0] ?? 0) | (masked ? 0x80 : 0)
  const body = masked ? payload.map((byte, index) => byte ^ (MASK[index % 4] ?? 0)) : payload
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), ...(masked ? [MASK] : []), body])
}

/** One end of a connection: what came, and a promise of more. */
class End {
  readonly socket: Socket
  received: Buffer
  isClosed = false
  #wake: (() => void)[] = []

  constructor(socket: Socket, first: Buffer = Buffer.alloc(0)) {
    this.socket = socket
    this.received = first
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes])
      this.#told()
    })
    socket.on('end', () => socket.end())
    socket.on('close', () => {
      this.isClosed = true
      this.#told()
    })
  }

  #told(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds() && !this.isClosed) await new Promise<void>(resolve => this.#wake.push(resolve))
  }

  async bytes(expected: Buffer): Promise<boolean> {
    await this.until(() => this.received.length >= expected.length)
    return this.received.equals(expected)
  }

  closed(): Promise<void> {
    return this.until(() => this.isClosed)
  }
}

/** A server that agrees to a WebSocket, or says what `answer` does. */
async function startServer(t: Teardown, answer?: string) {
  const heads: string[] = []
  const waiting: ((end: End) => void)[] = []
  const ends: End[] = []
  const server = createServer({ allowHalfOpen: true }, socket => {
    let head = ''
    socket.on('error', () => {})
    const take = (bytes: Buffer) => {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', take)
      heads.push(head)
      const [, key = ''] = /\r\nsec-websocket-key: (.*)\r\n/.exec(head) ?? []
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      const end = new End(socket)
      ends.push(end)
      socket.write(
        answer ??
          `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\nx-server: one\r\n\r\n`
      )
      waiting.shift()?.(end)
    }
    socket.on('data', take)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const { socket } of ends) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  const next = () => new Promise<End>(resolve => waiting.push(resolve))
  return { url: `http://127.0.0.1:${address.port}`, heads, next }
}

/** Asks for a WebSocket. Resolves with the connection, or with the status and text of another answer. */
function ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<End | string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': KEY,
        ...headers
      }
    })
    outgoing.on('error', reject)
    outgoing.on('upgrade', (response, socket, first) => {
      const accept = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      if (response.headers['sec-websocket-accept'] !== accept) reject(new Error('not what was asked for'))
      resolve(new End(socket, first))
    })
    outgoing.on('response', response => {
      let text = ''
      response.on('data', piece => {
        text += piece
      })
      response.on('close', () => resolve(`${response.statusCode} ${response.complete} ${text}`))
    })
    outgoing.end()
  })
}

async function start(t: Teardown, websocket: object = {}, rest: object = {}, route: object = {}) {
  const server = await startServer(t)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([server.url])],
    routes: [routeOf({ websocket, ...route })],
    ...rest
  })
  const open = async () => {
    const peer = server.next()
    const client = await ask(gateway.url)
    if (typeof client === 'string') throw new Error(client)
    t.teardown(() => client.socket.destroy())
    return { client, peer: await peer }
  }
  return { server, gateway, open }
}

t.test('carries what both sides say, byte for byte, and closes as they agree', async t => {
  const { open, server } = await start(t)
  const { client, peer } = await open()
  t.match(server.heads[0], /^GET \/ HTTP\/1\.1\r\n/)
  for (const line of [
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${KEY}`
  ]) {
    t.ok(server.heads[0]?.includes(`\r\n${line}\r\n`), line)
  }
  const long = 'x'.repeat(60_000)
  const sent = [frame('hello', true), frame(long, true), frame('', true, 9)]
  for (const bytes of sent) client.socket.write(bytes)
  t.ok(await peer.bytes(Buffer.concat(sent)))
  peer.socket.write(frame('hi', false))
  t.ok(await client.bytes(frame('hi', false)))
  client.socket.write(closeFrame(1000, MASK))
  await peer.until(() => peer.received.length === Buffer.concat(sent).length + 8)
  peer.socket.end(closeFrame(1000))
  t.ok(await client.bytes(Buffer.concat([frame('hi', false), closeFrame(1000)])))
  await Promise.all([client.closed(), peer.closed()])
})

t.test('filters of requests run before the peer is asked', async t => {
  const plugin = `
    import { definePlugin, Type } from 'tacit-gateway/plugin'
    export default definePlugin({
      contract: 1, name: 'door', summary: 'Lets nobody in.', data: { reads: [] }, config: Type.Object({}),
      reasons: { not_you: { status: 401, message: 'Not you.', retryable: false } },
      setup: (_config, host) => ({
        requestFilter: (_exchange, request) => request.headers.get('x-key') === 'good' ? undefined : host.refuse('not_you'),
        upstreamRequestFilter: (_exchange, request) => request.headers.set('x-added', 'yes')
      })
    })`
  const server = await startServer(t)
  const gateway = await startTestGateway(
    t,
    {
      upstreams: [upstreamOf([server.url])],
      routes: [routeOf({ websocket: {}, dialect: 'openai-chat', plugins: [{ use: './door.ts' }] })]
    },
    { files: { 'door.ts': plugin } }
  )
  t.match(await ask(gateway.url), /^401 true .*not_you/)
  t.equal(server.heads.length, 0)
  const client = await ask(gateway.url, { 'x-key': 'good' })
  t.not(typeof client, 'string')
  if (typeof client !== 'string') client.socket.destroy()
  t.match(server.heads[0], /\r\nx-added: yes\r\n/)
})

t.test('an answer that is no agreement is the client’s', async t => {
  const body = '{"error":"no"}'
  const server = await startServer(t, `HTTP/1.1 403 Forbidden\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([server.url])],
    routes: [routeOf({ websocket: {} })]
  })
  t.equal(await ask(gateway.url), `403 true ${body}`)
})

t.test('an agreement to something else is none', async t => {
  const answers = [
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: wrong\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: Upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'
  ]
  for (const answer of answers) {
    const server = await startServer(t, answer)
    const gateway = await startTestGateway(t, {
      upstreams: [upstreamOf([server.url], { retry: { attempts: 1 } })],
      routes: [routeOf({ websocket: {} })]
    })
    t.match(await ask(gateway.url), /^502 true/)
  }
})

t.test('requests that are not whole, from pages elsewhere, or on other routes get no WebSocket', async t => {
  const { gateway, server } = await start(t, { origins: ['https://app.example.com'] })
  t.match(await ask(gateway.url, { 'sec-websocket-version': '8' }), /^400 .*websocket_invalid/)
  t.match(await ask(gateway.url, { 'sec-websocket-key': 'short' }), /^400 .*websocket_invalid/)
  t.match(await ask(gateway.url, { origin: 'https://evil.example' }), /^403 .*origin_refused/)
  t.equal(server.heads.length, 0)
  const client = await ask(gateway.url, { origin: 'https://app.example.com' })
  t.not(typeof client, 'string')
  if (typeof client !== 'string') client.socket.destroy()
  const other = await startServer(t, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  const plain = await startTestGateway(t, { upstreams: [upstreamOf([other.url])], routes: [routeOf()] })
  t.equal(await ask(plain.url), '200 true ok')
  t.notMatch(other.heads[0], /upgrade/i, 'what nobody asked for is not passed on')
})

t.test('what is out of bounds ends with a code that says so', async t => {
  const cases = [
    { websocket: { maxBytes: '1KiB' }, sends: frame('x'.repeat(2_000), true), code: 1008 },
    { websocket: { maxFrame: '1KiB' }, sends: frame('x'.repeat(2_000), true), code: 1009 },
    { websocket: {}, sends: frame('not masked', false), code: 1002 },
    { websocket: { maxDuration: '300ms' }, sends: frame('x', true), code: 1001 },
    { websocket: { idle: '300ms' }, sends: frame('x', true), code: 1001 }
  ]
  for (const { websocket, sends, code } of cases) {
    const { open } = await start(t, websocket)
    const { client, peer } = await open()
    client.socket.write(sends)
    await Promise.all([client.closed(), peer.closed()])
    t.ok(client.received.equals(closeFrame(code)), JSON.stringify(websocket))
    t.equal(peer.received.at(-8), 0x88, 'the peer is told, too')
  }
})

t.test('is told to go elsewhere as soon as the gateway stops', async t => {
  const { open, gateway } = await start(t, {}, { shutdownGrace: '1h' })
  const { client, peer } = await open()
  const stopped = gateway.close()
  await Promise.all([client.closed(), peer.closed()])
  t.ok(client.received.equals(closeFrame(1001)))
  await stopped
})

t.test('a side that vanishes is told to the other', async t => {
  const { open } = await start(t)
  const one = await open()
  one.client.socket.resetAndDestroy()
  await one.peer.closed()
  t.equal(one.peer.received.at(0), 0x88)
  const two = await open()
  two.peer.socket.resetAndDestroy()
  await two.client.closed()
  t.ok(two.client.received.equals(closeFrame(1014)))
})
