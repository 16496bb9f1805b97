import { once } from 'node:events'
import t from 'tap'
import { Connections } from '../../../core/upstream/transport.ts'
import { startBare, startSaying } from '../../support/bare-server.ts'
import { ask, GET, TestSink } from '../../support/sink.ts'
import { startUpstream, type Teardown, turns } from '../../support/upstream.ts'

/** Connections to a server that end with the test. */
function connectionsTo(t: Teardown, url: string, { max = 10, keepAliveMs = 4_000 } = {}) {
  const connections = new Connections(url, { max, keepAliveMs, ca: undefined, serverName: undefined })
  t.teardown(() => connections.close())
  return connections
}

t.test('sends a request as it stands, and brings back the whole answer', async t => {
  const upstream = await startUpstream(t, exchange =>
    exchange.answer(201, { 'X-One': 'a', 'set-cookie': ['b=1', 'c=2'] }, 'made')
  )
  const connections = connectionsTo(t, upstream.url)
  const headers = ['x-a', '1', 'x-a', '2', 'x-b', '\xe9', 'x-empty', '']
  const sink = await ask(connections, { method: 'PURGE', path: '/a%2F../?q=%zz#', headers, body: Buffer.from('body') })
  t.strictSame(sink.told, ['sent', 'head 201', 'data 4', 'end'])
  t.strictSame([sink.headers['x-one'], sink.headers['set-cookie'], sink.body.toString()], ['a', ['b=1', 'c=2'], 'made'])
  const [seen] = upstream.requests
  t.strictSame([seen?.method, seen?.target, seen?.body.toString()], ['PURGE', '/a%2F../?q=%zz#', 'body'])
  await ask(connections, { headers: ['host', 'other.test'] })
  t.equal(upstream.requests[1]?.headers.host, 'other.test')
  t.strictSame(seen?.rawHeaders, [
    ...['host', `127.0.0.1:${upstream.port}`, 'connection', 'keep-alive'],
    ...['x-a', '1', 'x-a', '2', 'x-b', '\xe9', 'x-empty', '', 'content-length', '4']
  ])
})

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

t.test('a body in pieces leaves in chunks, or with the length that is known', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}))
  const connections = connectionsTo(t, upstream.url)
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
  const connections = connectionsTo(t, upstream.url)
  for (const body of [pieces('abc'), pieces('abcdefgh')]) {
    const sink = await ask(connections, { method: 'POST', headers: ['content-length', '5'], body })
    t.match(sink.told.at(-1), /^failure UND_ERR_REQ_CONTENT_LENGTH_MISMATCH$/)
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
  const sink = await ask(connectionsTo(t, upstream.url), { method: 'POST', body: fails() })
  t.equal(sink.error, failure)
  t.strictSame(upstream.requests, [])
})

t.test('a request that cannot be sent fails without a connection', async t => {
  const upstream = await startUpstream(t)
  const connections = connectionsTo(t, upstream.url, { max: 1 })
  for (const request of [
    { headers: ['x-a', 'b\r\nx-c: d'] },
    { headers: ['x a', 'b'] },
    { headers: ['transfer-encoding', 'chunked'] },
    { path: '/a b' },
    { path: '*' },
    { method: 'GET /' }
  ]) {
    t.strictSame((await ask(connections, request)).told, ['failure UND_ERR_INVALID_ARG'], JSON.stringify(request))
  }
  t.strictSame([upstream.connections, connections.size], [0, 0])
})

t.test('the connection that was used last is used next', async t => {
  const upstream = await startUpstream(t)
  const connections = connectionsTo(t, upstream.url)
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
  const connections = connectionsTo(t, upstream.url, { max: 2 })
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
  const connections = connectionsTo(t, upstream.url, { max: 1 })
  const broken = await ask(connections, { path: '/reset' })
  t.match(broken.told.join(), /^sent,failure /)
  t.equal(connections.size, 0)
  t.strictSame((await ask(connections)).told, ['sent', 'head 200', 'end'])
  t.equal(upstream.connections, 2)
})

t.test('a connection refused is told before anything was sent', async t => {
  const upstream = await startUpstream(t)
  await upstream.close()
  t.strictSame((await ask(connectionsTo(t, upstream.url))).told, ['failure ECONNREFUSED'])
})

t.test('an answer that is cut fails, however far it had come', async t => {
  const upstream = await startUpstream(t, async exchange => {
    if (exchange.target === '/head') {
      await exchange.raw('HTTP/1.1 200 OK\r\ncontent-le')
      exchange.cut()
    } else {
      exchange.head(200, exchange.target === '/length' ? { 'content-length': '10' } : {})
      await exchange.write('abc')
      exchange.cut()
    }
  })
  const connections = connectionsTo(t, upstream.url)
  t.match((await ask(connections, { path: '/head' })).told.join(), /^sent,failure /)
  for (const path of ['/length', '/chunked']) {
    t.match((await ask(connections, { path })).told.join(), /^sent,head 200,data 3,failure /, path)
  }
  t.equal(connections.size, 0)
  const whole = await startSaying(t, 'HTTP/1.1 200 OK\r\n\r\nabc', true)
  t.equal((await ask(connectionsTo(t, whole.url))).told.at(-1), 'end', 'one without a length ends with its connection')
})

t.test('a peer that closes is asked on a new connection, announced or not', async t => {
  const upstream = await startUpstream(t, exchange => {
    exchange.answer(200, exchange.target === '/close' ? { connection: 'close' } : {}, 'ok')
  })
  const connections = connectionsTo(t, upstream.url)
  await ask(connections, { path: '/close' })
  t.equal((await ask(connections)).status, 200)
  t.equal(upstream.connections, 2)
  const idle = await startBare(t, (socket, index) => {
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      if (index === 1) setImmediate(() => socket.end())
    })
  })
  const others = connectionsTo(t, idle.url)
  t.strictSame((await ask(others)).told, ['sent', 'head 200', 'end'])
  await turns(4)
  t.strictSame((await ask(others)).told, ['sent', 'head 200', 'end'])
  t.equal(idle.connections, 2)
})

t.test('an idle connection is closed in time, whatever the peer offers', async t => {
  const upstream = await startUpstream(t)
  const asked = ask(connectionsTo(t, upstream.url, { keepAliveMs: 30 }))
  const exchange = await upstream.next()
  exchange.answer(200, { 'keep-alive': 'timeout=100' })
  await asked
  await once(exchange.socket, 'close')
  t.pass('closed')
})

t.test('what a peer says unasked, at once or later, is no answer to the next request', async t => {
  for (const isLate of [false, true]) {
    const bare = await startBare(t, (socket, number) => {
      socket.once('data', () => {
        const poison = number === 1 ? 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison' : ''
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${isLate ? '' : poison}`)
        if (isLate) setImmediate(() => socket.write(poison))
      })
    })
    const connections = connectionsTo(t, bare.url)
    await ask(connections)
    await turns(4)
    t.not((await ask(connections)).body.toString(), 'poison')
    t.equal(bare.connections, 2)
  }
})

t.test('an informational answer comes before the real one', async t => {
  const upstream = await startUpstream(t, exchange => {
    exchange.response.writeEarlyHints({ link: '</a>; rel=preload' })
    exchange.answer(200, {})
  })
  t.strictSame((await ask(connectionsTo(t, upstream.url))).told, ['sent', 'info 103', 'head 200', 'end'])
})

t.test('an answer without a body has none, whatever it says', async t => {
  const upstream = await startUpstream(t, exchange => {
    if (exchange.method === 'HEAD') exchange.answer(200, { 'content-length': '1000' })
    else exchange.answer(exchange.target === '/304' ? 304 : 204, {})
  })
  const connections = connectionsTo(t, upstream.url)
  t.strictSame((await ask(connections, { path: '/304' })).told, ['sent', 'head 304', 'end'])
  t.strictSame((await ask(connections, { path: '/204' })).told, ['sent', 'head 204', 'end'])
  const head = await ask(connections, { method: 'HEAD' })
  t.strictSame([head.told, head.headers['content-length']], [['sent', 'head 200', 'end'], '1000'])
  t.equal(upstream.connections, 1)
})

t.test('an answer that can be read in two ways is a failure, and its connection is closed', async t => {
  for (const bytes of [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: x=1\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok',
    'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 1000 X\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 2 X\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nraw',
    `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`,
    'SSH-2.0-OpenSSH_9.2\r\n'
  ]) {
    const bare = await startSaying(t, bytes)
    const connections = connectionsTo(t, bare.url)
    const { told } = await ask(connections)
    t.match(told.join(), /^sent,(?:info 99,)?failure /, JSON.stringify(bytes.slice(0, 60)))
    t.equal(connections.size, 0)
  }
})

t.test('chunks that make no sense end an answer that had begun', async t => {
  for (const chunk of ['ZZ\r\nhello\r\n', '5\r\nhelloX', '-1\r\n', 'ffffffffffffffffff\r\n']) {
    const bare = await startSaying(t, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`)
    const { told } = await ask(connectionsTo(t, bare.url))
    t.match(told.join(), /^sent,head 200,(?:data \d+,)?failure /, JSON.stringify(chunk))
  }
})

t.test('a header called __proto__ is a header', async t => {
  const bare = await startSaying(t, 'HTTP/1.1 200 OK\r\n__proto__: a\r\n__proto__: b\r\ncontent-length: 0\r\n\r\n')
  const sink = await ask(connectionsTo(t, bare.url))
  t.strictSame([sink.told.at(-1), Object.getPrototypeOf(sink.headers)], ['end', Object.prototype])
})

t.test('giving up closes the connection, and nothing more is heard', async t => {
  const upstream = await startUpstream(t)
  const connections = connectionsTo(t, upstream.url)
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
  const connections = connectionsTo(t, bare.url.replace('http:', 'https:'))
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
  const connections = connectionsTo(t, upstream.url)
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
  const connections = connectionsTo(t, upstream.url)
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
  const transmission = connectionsTo(t, upstream.url).send(GET, sink)
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
  const connections = connectionsTo(t, upstream.url)
  const sink = new TestSink()
  connections.send(GET, sink)
  const exchange = await upstream.next()
  await connections.close()
  await sink.until('over')
  t.match(sink.told.join(), /^sent,failure /)
  t.equal((await exchange.closed).clean, false)
  t.equal(connections.size, 0)
})
