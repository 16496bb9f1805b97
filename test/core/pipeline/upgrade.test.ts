import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { LiveAttempt } from '../../../core/pipeline/attempt.ts'
import { connectTunnel } from '../../../core/pipeline/upgrade.ts'
import { exchangeOf, servicesOf } from '../../support/exchanges.ts'
import { planOf, upstreamAt } from '../../support/plans.ts'

t.test('the connection of a peer that agreed too late is closed', async t => {
  const server = createServer(socket => socket.on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  const services = servicesOf()
  const upstream = upstreamAt(services.clock, ['http://a.test'])
  const websocket = { maxBytes: 100, maxFrame: 100, maxDuration: 1_000, idle: 1_000, origins: [] }
  for (const bounds of [null, websocket]) {
    const route = planOf([{ upstream }], bounds === null ? {} : { websocket: bounds })
    const exchange = exchangeOf(route, { services })
    exchange.ended = true
    const [peer] = upstream.peers
    const plan = route.upstreams.get('upstream')
    if (peer === undefined || plan === undefined) throw new TypeError('no peer')
    const attempt = new LiveAttempt(exchange, plan, peer, {
      isRejected: () => false,
      shouldPeek: () => false,
      isLate: () => false,
      committed: () => {},
      failed: () => {},
      upgraded: () => {},
      informed: () => {},
      concluded: () => {},
      rearm: () => {}
    })
    const socket: Socket = connect(address.port, '127.0.0.1')
    await once(socket, 'connect')
    connectTunnel(attempt, socket, Buffer.alloc(0))
    t.strictSame([socket.destroyed, exchange.tunnel], [true, undefined])
  }
})
