/** What every transport promises of requests and connections, as tests: run for each of them, over real sockets. */
import type { Test } from 'tap'
import type { ConnectionOptions, Connections } from '../../core/upstream/transport.ts'
import { startBare } from './bare-server.ts'
import { ask, GET, TestSink } from './sink.ts'
import { startUpstream, type Teardown, turns } from './upstream.ts'

/** A transport, and how it calls what went wrong. */
export interface TestedTransport {
  connect(origin: string, options: ConnectionOptions): Connections
  /** Code for a request that cannot be sent. */
  readonly invalid: string
  /** Code for a body of another length than was said. */
  readonly length: string
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

/** Connections to a server that end with the test. */
export function connectionsBy(transport: TestedTransport) {
  return (t: Teardown, url: string, { max = 10, keepAliveMs = 4_000 } = {}) => {
    const connections = transport.connect(url, { max, keepAliveMs, ca: undefined, serverName: undefined })
    t.teardown(() => connections.close())
    return connections
  }
}

/** Tests all but those of the answers themselves. */
export function promises(t: Test, transport: TestedTransport): void {
  const to = connectionsBy(transport)

  t.test('sends a request as it stands, and brings back the whole answer', async t => {
    const upstream = await startUpstream(t, exchange =>
      exchange.answer(201, { 'X-One': 'a', 'set-cookie': ['b=1', 'c=2'] }, 'made')
    )
    const connections = to(t, upstream.url)
    const headers = ['x-a', '1', 'x-a', '2', 'x-b', '\xe9', 'x-empty', '']
    const sink = await ask(connections, {
      method: 'PURGE',
      path: '/a%2F../?q=%zz#',
      headers,
      body: Buffer.from('body')
    })
    t.strictSame(sink.told, ['sent', 'head 201', 'data 4', 'end'])
    t.strictSame(
      [sink.headers['x-one'], sink.headers['set-cookie'], sink.body.toString()],
      ['a', ['b=1', 'c=2'], 'made']
    )
    const [seen] = upstream.requests
    t.strictSame([seen?.method, seen?.target, seen?.body.toString()], ['PURGE', '/a%2F../?q=%zz#', 'body'])
    await ask(connections, { headers: ['host', 'other.test'] })
    t.equal(upstream.requests[1]?.headers.host, 'other.test')
    // That the connection stays is what HTTP/1.1 means anyway; some say it all the same.
    t.strictSame(seen?.rawHeaders.join('\n').replace('\nconnection\nkeep-alive', '').split('\n'), [
      ...['host', `127.0.0.1:${upstream.port}`],
      ...['x-a', '1', 'x-a', '2', 'x-b', '\xe9', 'x-empty', '', 'content-length', '4']
    ])
  })

  t.test('a body in pieces leaves in chunks, or with the length that is known', async t => {
    const upstream = await startUpstream(t, exchange => exchange.answer(200, {}))
    const connections = to(t, upstream.url)
    await ask(connections, { method: 'POST', body: pieces('ab', 'cd') })
    await ask(connections, { method: 'POST', headers: ['content-length', '4'], body: pieces('ab', 'cd') })
    t.strictSame(
      upstream.requests.map(({ headers, body }) => [
        headers['transfer-encoding'],
        headers['content-length'],
        body.toString()
      ]),
      [
        ['chunked', undefined, 'abcd'],
        [undefined, '4', 'abcd']
      ]
    )
  })

  t.test('a body of another length than was said fails, and never becomes a request of its own', async t => {
    const upstream = await startUpstream(t, exchange => exchange.answer(200, {}))
    const connections = to(t, upstream.url)
    for (const body of [pieces('abc'), pieces('abcdefgh')]) {
      const sink = await ask(connections, { method: 'POST', headers: ['content-length', '5'], body })
      t.match(sink.told.at(-1), new RegExp(`^failure ${transport.length}$`))
    }
    t.strictSame((await ask(connections)).told, ['sent', 'head 200', 'end'])
    t.equal(upstream.requests.length, 1)
  })

  t.test('what the body throws is what failed', async t => {
    const upstream = await startUpstream(t)
    const failure = Object.freeze({ reason: 'no error at all' })
    async function* fails(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a')
      throw failure
    }
    const sink = await ask(to(t, upstream.url), { method: 'POST', body: fails() })
    t.equal(sink.error, failure)
    t.strictSame(upstream.requests, [])
  })

  t.test('a request that cannot be sent fails without a connection', async t => {
    const upstream = await startUpstream(t)
    const connections = to(t, upstream.url, { max: 1 })
    for (const request of [
      { headers: ['x-a', 'b\r\nx-c: d'] },
      { headers: ['x a', 'b'] },
      { headers: ['transfer-encoding', 'chunked'] },
      { path: '/a b' },
      { path: '*' },
      { method: 'GET /' }
    ]) {
      t.strictSame((await ask(connections, request)).told, [`failure ${transport.invalid}`], JSON.stringify(request))
    }
    t.strictSame([upstream.connections, connections.size], [0, 0])
  })

  t.test('the connection that was used last is used next', async t => {
    const upstream = await startUpstream(t)
    const connections = to(t, upstream.url)
    const start = async () => {
      const sink = new TestSink()
      connections.send(GET, sink)
      return { sink, exchange: await upstream.next() }
    }
    const three = [await start(), await start(), await start()]
    t.strictSame([upstream.connections, connections.size], [3, 3])
    const finish = async ({ sink, exchange }: Awaited<ReturnType<typeof start>>) => {
      exchange.answer(200, {})
      await sink.until('over')
      return exchange.socket
    }
    const used = []
    for (const index of [1, 2, 0]) used.push(await finish(three[index] ?? (await start())))
    t.equal(await finish(await start()), used[2])
    t.equal(await finish(await start()), used[2])
    t.equal(upstream.connections, 3)
  })

  t.test('there are no more connections than allowed, and room again when one is free', async t => {
    const upstream = await startUpstream(t)
    const connections = to(t, upstream.url, { max: 2 })
    const first = new TestSink()
    connections.send(GET, first)
    connections.send(GET, new TestSink())
    t.equal(connections.send(GET, new TestSink()), undefined)
    t.equal(connections.size, 2)
    const exchange = await upstream.next()
    exchange.answer(200, {})
    await first.until('over')
    t.ok(connections.send(GET, new TestSink()))
    t.equal(upstream.connections, 2)
  })

  t.test('a connection that failed is not used again, and makes room', async t => {
    const upstream = await startUpstream(t, exchange => {
      if (exchange.target === '/reset') exchange.reset()
      else exchange.answer(200, {})
    })
    const connections = to(t, upstream.url, { max: 1 })
    const broken = await ask(connections, { path: '/reset' })
    t.match(broken.told.join(), /^sent,failure /)
    t.equal(connections.size, 0)
    t.strictSame((await ask(connections)).told, ['sent', 'head 200', 'end'])
    t.equal(upstream.connections, 2)
  })

  t.test('a connection refused is told before anything was sent', async t => {
    const upstream = await startUpstream(t)
    await upstream.close()
    t.strictSame((await ask(to(t, upstream.url))).told, ['failure ECONNREFUSED'])
  })

  t.test('giving up closes the connection, and nothing more is heard', async t => {
    const upstream = await startUpstream(t)
    const connections = to(t, upstream.url)
    const waiting = new TestSink()
    const first = connections.send(GET, waiting)
    const asked = await upstream.next()
    first?.abort()
    first?.abort()
    t.equal((await asked.closed).clean, false)
    const streaming = new TestSink()
    const second = connections.send(GET, streaming)
    const exchange = await upstream.next()
    exchange.head(200, {})
    await exchange.write('abc')
    await streaming.until('data')
    second?.abort()
    t.equal((await exchange.closed).clean, false)
    t.strictSame([waiting.told, streaming.told], [['sent'], ['sent', 'head 200', 'data 3']])
    t.equal(connections.size, 0)
  })

  t.test('giving up while connecting closes the socket at once', async t => {
    // Nobody speaks TLS here, so the handshake never ends.
    const closed = Promise.withResolvers<void>()
    const connected = Promise.withResolvers<void>()
    const bare = await startBare(t, socket => {
      socket.on('data', () => connected.resolve())
      socket.on('close', () => closed.resolve())
    })
    const connections = to(t, bare.url.replace('http:', 'https:'))
    const sink = new TestSink()
    const transmission = connections.send(GET, sink)
    await connected.promise
    transmission?.abort()
    await closed.promise
    t.strictSame([sink.told, connections.size], [[], 0])
  })

  t.test('giving up from within any call is heard', async t => {
    const upstream = await startUpstream(t, async exchange => {
      exchange.head(200, {})
      await exchange.write('abc')
    })
    const connections = to(t, upstream.url)
    for (const call of ['onSent', 'onHead', 'onData'] as const) {
      const sink = new TestSink()
      const reached = Promise.withResolvers<void>()
      const original = sink[call].bind(sink)
      sink[call] = (...given: readonly unknown[]) => {
        Reflect.apply(original, sink, given)
        queueMicrotask(() => {
          transmission?.abort()
          reached.resolve()
        })
      }
      const transmission = connections.send(GET, sink)
      await reached.promise
      await turns(4)
      t.notOk(
        sink.told.some(entry => entry.startsWith('failure') || entry === 'end'),
        call
      )
    }
    t.equal(connections.size, 0)
  })

  t.test('an answer before the request was whole is an answer, and its connection is not used again', async t => {
    const upstream = await startUpstream(t, exchange => exchange.answer(413, {}, 'no'))
    const connections = to(t, upstream.url)
    const left = Promise.withResolvers<string>()
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield Buffer.alloc(1024)
          await turns(1)
        }
      } finally {
        left.resolve('left')
      }
    }
    const sink = await ask(connections, { method: 'POST', body: endless() })
    t.strictSame(sink.told, ['sent', 'head 413', 'data 2', 'end'])
    t.equal(await left.promise, 'left', 'the body is not read on')
    t.equal((await ask(connections)).status, 413)
    t.equal(upstream.connections, 2)
  })

  t.test('a paused answer keeps its peer from sending, and goes on where it was', async t => {
    const upstream = await startUpstream(t)
    const sink = new TestSink()
    const transmission = to(t, upstream.url).send(GET, sink)
    const exchange = await upstream.next()
    exchange.head(200, {})
    await sink.until('head')
    transmission?.pause()
    const piece = Buffer.alloc(64 * 1024, 'x')
    let written = 0
    for (let blocked = 0; blocked < 20 && written < 128 * 1024 * 1024; written += piece.length) {
      exchange.response.write(piece)
      await turns(2)
      blocked = exchange.response.writableLength > 0 ? blocked + 1 : 0
    }
    const heard = sink.body.length
    t.ok(written < 128 * 1024 * 1024, `${written} bytes were taken`)
    t.ok(heard <= 256 * 1024, `${heard} bytes were handed on`)
    exchange.end()
    transmission?.resume()
    await sink.until('over')
    t.strictSame([sink.told.at(-1), sink.body.length], ['end', written])
  })

  t.test('closing ends everything that is under way', async t => {
    const upstream = await startUpstream(t)
    const connections = to(t, upstream.url)
    const sink = new TestSink()
    connections.send(GET, sink)
    const exchange = await upstream.next()
    await connections.close()
    await sink.until('over')
    t.match(sink.told.join(), /^sent,failure /)
    t.equal((await exchange.closed).clean, false)
    t.equal(connections.size, 0)
  })
}
