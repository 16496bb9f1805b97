import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { GatewayFile, type ListenConfiguration } from '../../../core/configuration/schema.ts'
import { openListener } from '../../../core/server/listener.ts'
import { makeCertificate, noCertificates } from '../../support/certificates.ts'

/** A decoded `listen` block: what is given, and defaults. */
function listen(given: object = {}): ListenConfiguration {
  return Value.Decode(
    GatewayFile.properties.listen,
    Value.Default(GatewayFile.properties.listen, { port: 0, ...given })
  )
}

type Accept = (request: IncomingMessage, response: ServerResponse) => void
const ok: Accept = (_request, response) => void response.end('ok')

async function open(t: { teardown(work: () => unknown): void }, given: object = {}, accept: Accept = ok) {
  const statuses: number[] = []
  const listener = await openListener({
    listen: listen(given),
    accept,
    isAnswering: () => false,
    clientError: status => statuses.push(status),
    certificateReloaded: () => {}
  })
  t.teardown(async () => {
    listener.destroy()
    await listener.stop()
  })
  const { hostname, port } = new URL(listener.url)
  const dial = async (): Promise<Socket> => {
    const socket = connectPlain(Number(port), hostname)
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }
  return { listener, statuses, dial, port: Number(port) }
}

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  for await (const piece of socket) text += String(piece)
  return text
}

t.test('answers what is no HTTP on the bare socket, and closes it', async t => {
  const { dial, statuses } = await open(t)
  for (const [bytes, status] of [
    ['nonsense\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    ['POST / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n', 400]
  ] as const) {
    const socket = await dial()
    socket.write(bytes)
    t.match(await textOf(socket), new RegExp(`^HTTP/1\\.1 ${status} [^\\r]+\\r\\nconnection: close\\r\\n`, 'i'))
    t.equal(statuses.at(-1), status)
  }
})

t.test('does not wait long for a head', async t => {
  const { dial } = await open(t, { headersTimeout: '100ms' })
  const socket = await dial()
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n')
  t.match(await textOf(socket), /^HTTP\/1\.1 408 /)
})

t.test('does not wait long for a body', async t => {
  const { dial } = await open(t, { headersTimeout: '100ms', requestTimeout: '200ms' }, request => void request.resume())
  const socket = await dial()
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc')
  t.match(await textOf(socket), /^HTTP\/1\.1 408 /)
})

t.test('sends no `100 Continue` by itself, and hands every expectation on', async t => {
  const expectations: (string | undefined)[] = []
  const { dial } = await open(t, {}, (request, response) => {
    expectations.push(request.headers.expect)
    response.writeHead(403, { connection: 'close' }).end()
  })
  for (const expect of ['100-continue', '200-ok']) {
    const socket = await dial()
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\nexpect: ${expect}\r\ncontent-length: 3\r\n\r\n`)
    t.match(await textOf(socket), /^HTTP\/1\.1 403 /)
  }
  t.strictSame(expectations, ['100-continue', '200-ok'])
})

t.test('hands on targets that a router could not read', async t => {
  const seen: (string | undefined)[] = []
  const { dial } = await open(t, {}, (request, response) => {
    seen.push(request.url)
    response.writeHead(200, { connection: 'close' }).end()
  })
  const targets = ['/%zz', '/a//b', '/../x', '*', 'http://other.example/x']
  for (const target of targets) {
    const socket = await dial()
    socket.write(`GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n`)
    t.match(await textOf(socket), /^HTTP\/1\.1 200 /, target)
  }
  t.strictSame(seen, targets)
})

t.test('holds no more connections than it may', async t => {
  const { dial, listener } = await open(t, { maxConnections: 2 })
  const kept = [await dial(), await dial()]
  for (const socket of kept) {
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 /)
  }
  const third = await dial()
  t.equal(await textOf(third), '')
  t.equal(await listener.connections(), 2)
  for (const socket of kept) socket.destroy()
})

t.test('stops when the last answer is out, and closes idle connections at once', async t => {
  const waiting: ServerResponse[] = []
  const { dial, listener } = await open(t, {}, (_request, response) => void waiting.push(response))
  const idle = await dial()
  const busy = await dial()
  busy.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  while (waiting.length === 0) await new Promise(setImmediate)
  const stopped = listener.stop()
  t.equal(await textOf(idle), '')
  waiting[0]?.end('done')
  t.match(await textOf(busy), /^HTTP\/1\.1 200 [\s\S]*done/)
  await stopped
})

t.test('speaks TLS 1.3, and 1.2 only where it may', { skip: noCertificates }, async t => {
  const { cert, key, pem } = makeCertificate(t.testdir(), 'gateway')
  const versionOf = async (port: number, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> => {
    const socket = connectSecure({ host: '127.0.0.1', port, servername: 'localhost', ca: pem, maxVersion })
    try {
      await once(socket, 'secureConnect')
      return socket.getProtocol()
    } catch {
      return null
    } finally {
      socket.destroy()
    }
  }
  const strict = await open(t, { tls: { cert, key } })
  t.match(strict.listener.url, /^https:/)
  t.equal(await versionOf(strict.port, 'TLSv1.3'), 'TLSv1.3')
  t.equal(await versionOf(strict.port, 'TLSv1.2'), null)
  const wide = await open(t, { tls: { cert, key, minVersion: 'TLSv1.2' } })
  t.equal(await versionOf(wide.port, 'TLSv1.2'), 'TLSv1.2')
})

t.test('does not wait long for a handshake', { skip: noCertificates }, async t => {
  const { cert, key } = makeCertificate(t.testdir(), 'server')
  const { dial } = await open(t, { tls: { cert, key }, headersTimeout: '100ms' })
  t.equal(await textOf(await dial()), '')
})

t.test('says which certificate cannot be used', { skip: noCertificates }, async t => {
  const folder = t.testdir()
  const { key } = makeCertificate(folder, 'one')
  await t.rejects(open(t, { tls: { cert: `${folder}/none.crt`, key } }), { code: 'TACIT_CERTIFICATE_INVALID' })
  const { cert } = makeCertificate(folder, 'two')
  await t.rejects(
    open(t, { tls: { cert, key } }),
    { code: 'TACIT_CERTIFICATE_INVALID' },
    'a key of another certificate'
  )
})

t.test('a stop that lingers lets what is connected send a last request, and takes nobody else', async t => {
  const { listener, dial, port } = await open(t, {}, (_request, response) => {
    response.setHeader('connection', 'close')
    response.end('last')
  })
  const [fresh, silent] = [await dial(), await dial()]
  while ((await listener.connections()) < 2) await new Promise(setImmediate)
  const stopped = listener.stop(60_000)
  const refused = connectPlain(port, '127.0.0.1')
  const [error] = await once(refused, 'error')
  t.match(error, { code: 'ECONNREFUSED' })
  fresh.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  t.match(await textOf(fresh), /^HTTP\/1\.1 200 OK[\s\S]*last$/)
  silent.destroy()
  await stopped
  t.pass('it ends with the last connection')
})

t.test('a stop lingers no longer than it is told', async t => {
  const { listener, dial } = await open(t)
  const silent = await dial()
  while ((await listener.connections()) < 1) await new Promise(setImmediate)
  const closed = once(silent, 'close')
  await listener.stop(20)
  await closed
  t.pass('who sends nothing is not waited for')
})
