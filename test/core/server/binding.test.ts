import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import t from 'tap'
import { bind, canBind } from '../../../core/server/binding.ts'
import type { Teardown } from '../../support/upstream.ts'

async function listening(t: Teardown, options: object): Promise<Server> {
  const server = createServer(socket => socket.end('hello')).listen(options)
  t.teardown(() => server.close())
  await once(server, 'listening')
  return server
}

t.test('takes a port, and knows the descriptor of its socket', async t => {
  const { listen, descriptor } = bind({ host: '127.0.0.1', port: 0 })
  const server = await listening(t, listen)
  t.ok(Number.isInteger(descriptor))
  t.match(server.address(), { address: '127.0.0.1' })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  t.throws(() => bind({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' })
})

t.test('listens on a socket that was inherited', async t => {
  t.strictSame(bind({ host: '127.0.0.1', port: 80 }, 7), {
    listen: { host: '127.0.0.1', port: 80, fd: 7 },
    descriptor: 7
  })
})

t.test('leaves names to the server, and cannot hand them on', async t => {
  t.strictSame(bind({ host: 'localhost', port: 0 }), { listen: { host: 'localhost', port: 0 }, descriptor: undefined })
  t.strictSame([canBind('127.0.0.1'), canBind('::'), canBind('localhost')], [true, true, false])
})
