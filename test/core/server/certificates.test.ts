import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, get, type Server } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { CertificateWatch } from '../../../core/server/certificates.ts'
import { makeCertificate, noCertificates } from '../../support/certificates.ts'

interface Told {
  (error: unknown): void
  /** What was told next. */
  next(): Promise<unknown>
}

function told(): Told {
  const waiting: ((error: unknown) => void)[] = []
  const tell = (error: unknown) => waiting.shift()?.(error)
  return Object.assign(tell, { next: () => new Promise<unknown>(resolve => waiting.push(resolve)) })
}

async function serve(t: { teardown(work: () => unknown): void }, folder: string) {
  const first = makeCertificate(folder, 'first')
  const files = { cert: `${folder}/live.crt`, key: `${folder}/live.key`, minVersion: 'TLSv1.3' as const }
  copyFileSync(first.cert, files.cert)
  copyFileSync(first.key, files.key)
  const server = createServer({ cert: first.pem, key: readFileSync(first.key) }, (_request, response) =>
    response.end('ok')
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tell = told()
  const watch = new CertificateWatch(server, files, tell)
  t.teardown(() => {
    watch.close()
    server.closeAllConnections()
    server.close()
  })
  return { server, files, tell, watch }
}

async function dial(server: Server): Promise<TLSSocket> {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

const nameOf = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN

t.test('a changed pair is used for new connections, and old ones go on', { skip: noCertificates }, async t => {
  const folder = t.testdir()
  const { server, files, tell } = await serve(t, folder)
  const before = await dial(server)
  t.equal(nameOf(before), 'first')
  const second = makeCertificate(folder, 'second')
  copyFileSync(second.key, files.key)
  copyFileSync(second.cert, files.cert)
  // The watcher may see the pair half written; it then keeps the old one and tells why.
  while ((await tell.next()) !== undefined);
  const after = await dial(server)
  t.equal(nameOf(after), 'second')
  before.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  t.match(String((await once(before, 'data'))[0]), /^HTTP\/1\.1 200 /)
  before.destroy()
  after.destroy()
})

t.test(
  'a pair that does not fit, or cannot be read, changes nothing and is told',
  { skip: noCertificates },
  async t => {
    const folder = t.testdir()
    const { server, files, tell, watch } = await serve(t, folder)
    watch.close()
    copyFileSync(makeCertificate(folder, 'other').cert, files.cert)
    const mismatch = tell.next()
    watch.reload()
    t.match(await mismatch, { code: /^ERR_/ })
    writeFileSync(files.cert, 'nonsense')
    const broken = tell.next()
    watch.reload()
    t.type(await broken, Error)
    const socket = await dial(server)
    t.equal(nameOf(socket), 'first')
    socket.destroy()
  }
)

t.test('keeps the lowest version', { skip: noCertificates }, async t => {
  const folder = t.testdir()
  const { server, tell, watch } = await serve(t, folder)
  const done = tell.next()
  watch.reload()
  t.equal(await done, undefined)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const request = get({ host: '127.0.0.1', port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
  const [error] = await once(request, 'error')
  t.match(error, { code: /^(?:ERR_SSL_|EPROTO|ECONNRESET)/ })
})
