import { createServer } from 'node:http'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { Children } from '../../../benchmarks/harness/children.ts'
import { Helper } from '../../../benchmarks/harness/errands.ts'

/** A server that answers with a status, and the client of this test. */
async function serve(t: { teardown(work: () => unknown): void }, status: number) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end('{}'))
  })
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
    server.closeAllConnections()
  })
  const client = new Helper(children, 0, new URL('../../../benchmarks/load/connections.ts', import.meta.url))
  const open = (connections: number) => client.ask('open', { port, path: '/', connections }, Type.Null())
  return { open, count: () => client.ask('count', null, Type.Integer()) }
}

t.test('connections stay after their one request, and more may join them', async t => {
  const { open, count } = await serve(t, 200)
  await open(40)
  await open(5)
  t.equal(await count(), 45)
})

t.test('an answer that is no success fails the opening', async t => {
  const { open } = await serve(t, 503)
  await t.rejects(open(1), /answered 503/)
})
