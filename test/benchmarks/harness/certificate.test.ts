import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import t from 'tap'
import { makeCertificate } from '../../../benchmarks/harness/certificate.ts'
import { Children } from '../../../benchmarks/harness/children.ts'
import { Helper } from '../../../benchmarks/harness/errands.ts'
import { findProgram } from '../../../benchmarks/harness/machine.ts'
import { LoadResult } from '../../../benchmarks/load/generator.ts'

const none = findProgram('openssl') === undefined && 'openssl is not installed'

t.test('a certificate is for this machine, and our own load gets through with it', { skip: none }, async t => {
  const made = makeCertificate(t.testdir())
  if (made === undefined) throw new Error('openssl made no certificate')
  t.match(new X509Certificate(readFileSync(made.cert)).subjectAltName, '127.0.0.1')
  const pem = { cert: readFileSync(made.cert), key: readFileSync(made.key) }
  const server = createServer(pem, (request, response) => request.resume().on('end', () => response.end('{}')))
  const port = await new Promise<number>(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const children = new Children(undefined)
  t.teardown(async () => {
    await children.close()
    server.close()
  })
  const generator = new Helper(children, 0, new URL('../../../benchmarks/load/requests.ts', import.meta.url))
  const load = { method: 'POST', path: '/', bodyBytes: 100, connections: 2, seconds: 1, isTls: true }
  const { requests, errors } = await generator.ask('send', { port, load }, LoadResult)
  t.ok(requests > 2, `${requests} requests`)
  t.equal(errors, 0)
})

t.test('there is no certificate where none can be written', async t => {
  t.equal(makeCertificate('/no/such/folder'), undefined)
})
