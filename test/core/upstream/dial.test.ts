import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createSecureServer, TLSSocket } from 'node:tls'
import t from 'tap'
import { errorCode } from '../../../core/log.ts'
import { Dialer, type DialOptions } from '../../../core/upstream/dial.ts'
import type { Resolve } from '../../../core/upstream/names.ts'
import { makeCertificate, noCertificates, type TestCertificate } from '../../support/certificates.ts'
import { type Teardown, turns } from '../../support/upstream.ts'

/** Listens on a free port, and takes connections as they come. */
async function listen(t: Teardown, server: Server, host = '127.0.0.1') {
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return { port: address.port, sockets }
}

/** A server that speaks TLS, and what each client asked for by name. */
async function listenSecurely(t: Teardown, { cert, key }: TestCertificate) {
  const names: (string | false | null)[] = []
  const options = { cert: readFileSync(cert), key: readFileSync(key) }
  const server = createSecureServer(options, socket => {
    names.push(socket.servername)
    socket.on('error', () => {})
    socket.write('hello')
  })
  server.on('tlsClientError', () => {})
  return { ...(await listen(t, server)), names }
}

/** Dials once. @returns the socket, or the code of what went wrong. */
function dial(t: Teardown, dialer: Dialer): Promise<Socket | string> {
  return new Promise(resolve => {
    const socket = dialer.dial((error, ready) => resolve(error === null ? ready : errorCode(error)))
    t.teardown(() => socket.destroy())
  })
}

const NOBODY: DialOptions = { ca: undefined, serverName: undefined }

t.test('connects to a name, an address, or an address of the new kind', async t => {
  const { port } = await listen(t, createServer())
  for (const host of ['127.0.0.1', 'localhost']) {
    const socket = await dial(t, new Dialer(`http://${host}:${port}`, NOBODY))
    t.ok(typeof socket !== 'string' && socket.remotePort === port, host)
  }
  const six = await listen(t, createServer(), '::1').catch(() => undefined)
  if (six === undefined) t.comment('there is no ::1 on this machine')
  else t.not(typeof (await dial(t, new Dialer(`http://[::1]:${six.port}`, NOBODY))), 'string')
})

t.test('tells what went wrong, once', async t => {
  const server = createServer()
  const { port } = await listen(t, server)
  server.close()
  await once(server, 'close')
  t.equal(await dial(t, new Dialer(`http://127.0.0.1:${port}`, NOBODY)), 'ECONNREFUSED')
})

t.test('an error after it was told reaches whoever has the socket, and ends nothing', async t => {
  const { port } = await listen(t, createServer())
  const told: unknown[] = []
  const { promise, resolve } = Promise.withResolvers<Socket>()
  new Dialer(`http://127.0.0.1:${port}`, NOBODY).dial((error, socket) => {
    told.push(error)
    if (socket !== null) resolve(socket)
  })
  const socket = await promise
  const closed = new Promise(resolve => socket.on('close', resolve))
  socket.destroy(new Error('later'))
  await closed
  t.strictSame(told, [null])
})

t.test('a socket that is destroyed while it connects is told of by nobody', async t => {
  // Nobody answers the handshake.
  const arrived = Promise.withResolvers<Socket>()
  const { port } = await listen(
    t,
    createServer(socket => {
      socket.once('data', () => arrived.resolve(socket))
    })
  )
  const told: unknown[] = []
  const socket = new Dialer(`https://127.0.0.1:${port}`, NOBODY).dial((...outcome) => {
    told.push(outcome)
  })
  const other = await arrived.promise
  socket.destroy()
  await once(other, 'close')
  await turns(4)
  t.strictSame(told, [])
})

t.test('verifies the name that it was given, and asks for it', { skip: noCertificates }, async t => {
  const certificate = makeCertificate(t.testdir(), 'peer', 'peer.example')
  const { port, names } = await listenSecurely(t, certificate)
  const origin = `https://127.0.0.1:${port}`
  const ca = certificate.pem
  t.type(await dial(t, new Dialer(origin, { ca, serverName: 'peer.example' })), TLSSocket)
  t.equal(await dial(t, new Dialer(origin, { ca, serverName: 'other.example' })), 'ERR_TLS_CERT_ALTNAME_INVALID')
  t.equal(await dial(t, new Dialer(origin, { ca, serverName: undefined })), 'ERR_TLS_CERT_ALTNAME_INVALID')
  t.equal(
    await dial(t, new Dialer(origin, { ca: undefined, serverName: 'peer.example' })),
    'DEPTH_ZERO_SELF_SIGNED_CERT'
  )
  t.strictSame(names[0], 'peer.example')
})

t.test('verifies an address by itself, and asks for no name', { skip: noCertificates }, async t => {
  const certificate = makeCertificate(t.testdir(), 'peer', '127.0.0.1')
  const { port, names } = await listenSecurely(t, certificate)
  const options = { ca: certificate.pem, serverName: undefined }
  t.type(await dial(t, new Dialer(`https://127.0.0.1:${port}`, options)), TLSSocket)
  t.equal(await dial(t, new Dialer(`https://localhost:${port}`, options)), 'ERR_TLS_CERT_ALTNAME_INVALID')
  t.strictSame(names[0], false)
})

t.test('a server that speaks no TLS is an error, not a wait', async t => {
  const { port } = await listen(
    t,
    createServer(socket => {
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
  )
  t.type(await dial(t, new Dialer(`https://127.0.0.1:${port}`, NOBODY)), 'string')
})

t.test('resumes the session of a connection that was verified', { skip: noCertificates }, async t => {
  const certificate = makeCertificate(t.testdir(), 'peer', 'peer.example')
  const { port } = await listenSecurely(t, certificate)
  const dialer = new Dialer(`https://127.0.0.1:${port}`, { ca: certificate.pem, serverName: 'peer.example' })
  const first = await dial(t, dialer)
  if (!(first instanceof TLSSocket)) throw new TypeError('no TLS')
  await once(first, 'session')
  const second = await dial(t, dialer)
  t.ok(second instanceof TLSSocket && second.isSessionReused() && second.authorized)
})

t.test('shakes hands once, whatever the server asks for later', { skip: noCertificates }, async t => {
  const certificate = makeCertificate(t.testdir(), 'peer', 'peer.example')
  const options = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) }
  const asked = Promise.withResolvers<Error | null>()
  const server = createSecureServer({ ...options, maxVersion: 'TLSv1.2' }, socket => {
    socket.on('error', asked.resolve).renegotiate({}, asked.resolve)
  })
  const { port } = await listen(t, server)
  const serverName = 'peer.example'
  const socket = await dial(t, new Dialer(`https://127.0.0.1:${port}`, { ca: certificate.pem, serverName }))
  t.ok(socket instanceof TLSSocket && socket.resume())
  t.type(await asked.promise, Error)
})

t.test(
  'shows its certificate to a server that asks for one, and is turned away without',
  { skip: noCertificates },
  async t => {
    const folder = t.testdir()
    const server = makeCertificate(folder, 'server')
    const client = makeCertificate(folder, 'client')
    const shown: string[] = []
    const listener = createSecureServer(
      {
        cert: readFileSync(server.cert),
        key: readFileSync(server.key),
        ca: client.pem,
        requestCert: true,
        rejectUnauthorized: true
      },
      socket => {
        shown.push(String(socket.getPeerCertificate().subject.CN))
        socket.on('error', () => {})
        socket.write('hello')
      }
    )
    const refused = once(listener, 'tlsClientError')
    const { port } = await listen(t, listener)
    const trusted = { ca: server.pem, serverName: 'localhost' }
    const proven = { ...trusted, cert: client.pem, key: readFileSync(client.key, 'utf8') }
    const dialer = new Dialer(`https://localhost:${port}`, proven)
    for (let count = 0; count < 2; count++) {
      const socket = await dial(t, dialer)
      if (typeof socket === 'string') throw new Error(socket)
      t.equal(String((await once(socket, 'data'))[0]), 'hello')
    }
    t.strictSame(shown, ['client', 'client'])
    // With TLS 1.3 the client hears of it only after its own handshake is done.
    await dial(t, new Dialer(`https://localhost:${port}`, trusted))
    const [error] = await refused
    t.equal(errorCode(error), 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE')
    t.equal(shown.length, 2)
  }
)

t.test('looks a name up by what it was given, and no address', async t => {
  const { port } = await listen(t, createServer())
  const asked: string[] = []
  const resolve: Resolve = (name, done) => {
    asked.push(name)
    done(null, [{ address: '127.0.0.1', family: 4 }])
  }
  const to = (host: string, allow: readonly string[]) =>
    dial(t, new Dialer(`http://${host}:${port}`, { ...NOBODY, allow }, { resolve }))
  t.not(typeof (await to('127.0.0.1', [])), 'string')
  t.strictSame(asked, [])
  t.equal(await to('peer.test', []), 'TACIT_PEER_REFUSED')
  t.not(typeof (await to('peer.test', ['127.0.0.1'])), 'string')
  t.not(typeof (await to('peer.test', ['peer.test'])), 'string')
  t.not(typeof (await to('localhost', [])), 'string', 'this machine was meant')
  t.strictSame(asked, ['peer.test', 'peer.test', 'peer.test', 'localhost'])
})
