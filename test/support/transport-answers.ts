/** What every transport makes of answers, good and bad, as tests: run for each of them, over real sockets. */
import { once } from 'node:events'
import type { Test } from 'tap'
import { startBare, startSaying } from './bare-server.ts'
import { ask } from './sink.ts'
import { connectionsBy, type TestedTransport } from './transport-promises.ts'
import { startUpstream, turns } from './upstream.ts'

/** Tests them all. */
export function answers(t: Test, transport: TestedTransport): void {
  const to = connectionsBy(transport)

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
    const connections = to(t, upstream.url)
    t.match((await ask(connections, { path: '/head' })).told.join(), /^sent,failure /)
    for (const path of ['/length', '/chunked']) {
      t.match((await ask(connections, { path })).told.join(), /^sent,head 200,data 3,failure /, path)
    }
    t.equal(connections.size, 0)
    const whole = await startSaying(t, 'HTTP/1.1 200 OK\r\n\r\nabc', true)
    t.equal((await ask(to(t, whole.url))).told.at(-1), 'end', 'one without a length ends with its connection')
  })

  t.test('a peer that closes is asked on a new connection, announced or not', async t => {
    const upstream = await startUpstream(t, exchange => {
      exchange.answer(200, exchange.target === '/close' ? { connection: 'close' } : {}, 'ok')
    })
    const connections = to(t, upstream.url)
    await ask(connections, { path: '/close' })
    t.equal((await ask(connections)).status, 200)
    t.equal(upstream.connections, 2)
    const idle = await startBare(t, (socket, index) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        if (index === 1) setImmediate(() => socket.end())
      })
    })
    const others = to(t, idle.url)
    t.strictSame((await ask(others)).told, ['sent', 'head 200', 'end'])
    await turns(4)
    t.strictSame((await ask(others)).told, ['sent', 'head 200', 'end'])
    t.equal(idle.connections, 2)
  })

  t.test('an idle connection is closed in time, whatever the peer offers', async t => {
    const upstream = await startUpstream(t)
    const asked = ask(to(t, upstream.url, { keepAliveMs: 30 }))
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
      const connections = to(t, bare.url)
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
    t.strictSame((await ask(to(t, upstream.url))).told, ['sent', 'info 103', 'head 200', 'end'])
  })

  t.test('an answer without a body has none, whatever it says', async t => {
    const upstream = await startUpstream(t, exchange => {
      if (exchange.method === 'HEAD') exchange.answer(200, { 'content-length': '1000' })
      else exchange.answer(exchange.target === '/304' ? 304 : 204, {})
    })
    const connections = to(t, upstream.url)
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
      const connections = to(t, bare.url)
      const { told } = await ask(connections)
      t.match(told.join(), /^sent,(?:info 99,)?failure /, JSON.stringify(bytes.slice(0, 60)))
      t.equal(connections.size, 0)
    }
  })

  t.test('chunks are the only coding, and they are said once', async t => {
    const answered = async (coding: string) => {
      const bare = await startSaying(t, `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\n\r\n2\r\nok\r\n0\r\n\r\n`)
      return (await ask(to(t, bare.url))).told.join()
    }
    for (const coding of ['chunked', 'Chunked']) t.equal(await answered(coding), 'sent,head 200,data 2,end', coding)
    for (const coding of ['gzip, chunked', 'chunked, chunked', 'chunked\r\nTransfer-Encoding: chunked', '']) {
      t.match(await answered(coding), /^sent,failure /, JSON.stringify(coding))
    }
  })

  t.test('chunks that make no sense end an answer that had begun', async t => {
    for (const chunk of ['ZZ\r\nhello\r\n', '5\r\nhelloX', '-1\r\n', 'ffffffffffffffffff\r\n']) {
      const bare = await startSaying(t, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`)
      const { told } = await ask(to(t, bare.url))
      t.match(told.join(), /^sent,head 200,(?:data \d+,)?failure /, JSON.stringify(chunk))
    }
  })

  t.test('a header called __proto__ is a header', async t => {
    const bare = await startSaying(t, 'HTTP/1.1 200 OK\r\n__proto__: a\r\n__proto__: b\r\ncontent-length: 0\r\n\r\n')
    const sink = await ask(to(t, bare.url))
    t.strictSame([sink.told.at(-1), Array.isArray(Object.getPrototypeOf(sink.headers))], ['end', false])
  })
}
