import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { Tunnel, type TunnelEnd } from '../../../core/pipeline/tunnel.ts'
import { closeFrame } from '../../../core/pipeline/websocket-frames.ts'
import { exchangeOf, servicesOf } from '../../support/exchanges.ts'
import { planOf } from '../../support/plans.ts'
import type { Teardown } from '../../support/upstream.ts'

/** Two connected sockets: the tunnel's own end, and what is behind it. */
async function pair(t: Teardown): Promise<readonly [own: Socket, far: Socket]> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  const accepted = once(server, 'connection')
  const own = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true })
  const [far] = await accepted
  t.teardown(() => {
    own.destroy()
    far.destroy()
    server.close()
  })
  return [own, far.on('error', () => {})]
}

async function start(t: Teardown) {
  const services = servicesOf()
  const websocket = { maxBytes: 1_000_000, maxFrame: 1_000, maxDuration: 60_000, idle: 10_000, origins: [] }
  const exchange = exchangeOf(planOf([], { websocket }), { services })
  const [client, farClient] = await pair(t)
  const [peer, farPeer] = await pair(t)
  const { promise: ended, resolve } = Promise.withResolvers<TunnelEnd>()
  const tunnel = new Tunnel(exchange, websocket, client, peer, resolve)
  return { tunnel, farClient, farPeer, client, peer, ended, exchange, clock: services.clock, wheel: services.wheel }
}

/** So many bytes of what comes. */
async function read(socket: Socket, length: number): Promise<Buffer> {
  let received = Buffer.alloc(0)
  while (received.length < length) received = Buffer.concat([received, ...(await once(socket, 'data'))])
  return received
}

t.test('what the peer has said with its agreement comes first, and both ways are counted', async t => {
  const { tunnel, farClient, farPeer, exchange } = await start(t)
  const first = Buffer.from([0x81, 1, 65])
  const second = Buffer.from([0x81, 1, 66])
  tunnel.start(first)
  farPeer.write(second)
  t.ok((await read(farClient, 6)).equals(Buffer.concat([first, second])))
  const question = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 67])
  farClient.write(question)
  t.ok((await read(farPeer, 7)).equals(question))
  t.strictSame([exchange.requestBytes, exchange.responseBytes], [7, 6])
})

t.test('silence ends it, talk does not', async t => {
  const { tunnel, farClient, farPeer, ended, clock } = await start(t)
  tunnel.start(Buffer.alloc(0))
  clock.advance(9_999)
  farPeer.write(Buffer.from([0x89, 0]))
  await read(farClient, 2)
  clock.advance(9_999)
  farPeer.write(Buffer.from([0x89, 0]))
  await read(farClient, 2)
  const told = read(farClient, 4)
  clock.advance(10_000)
  t.ok((await told).equals(closeFrame(1001)))
  // Neither side closes: nobody waits for that for ever.
  clock.advance(2_000)
  t.strictSame(await ended, { reason: 'deadline', refusal: 'deadline_exceeded' })
})

t.test('a close frame is never put into the middle of another', async t => {
  const { tunnel, farClient, farPeer, ended, clock, wheel } = await start(t)
  tunnel.start(Buffer.alloc(0))
  farPeer.write(Buffer.from([0x81, 5, 65, 66]))
  await read(farClient, 4)
  const over = once(farClient, 'end')
  tunnel.close('shutdown', 'shutting_down')
  farClient.on('data', () => t.fail('nothing more comes'))
  await over
  clock.advance(2_000)
  t.strictSame(await ended, { reason: 'shutdown', refusal: 'shutting_down' })
  t.equal(wheel.size, 0)
})

t.test('is over once, as both sides have agreed', async t => {
  const { tunnel, farClient, farPeer, ended, client, peer } = await start(t)
  tunnel.start(Buffer.alloc(0))
  farPeer.end(closeFrame(1000))
  await read(farClient, 4)
  farClient.end(closeFrame(1000, Buffer.from([0, 0, 0, 0])))
  farPeer.resume()
  t.strictSame(await ended, { reason: 'complete', refusal: undefined })
  t.ok(client.destroyed && peer.destroyed)
})
