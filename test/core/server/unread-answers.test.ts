import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { UnreadAnswers } from '../../../core/server/unread-answers.ts'
import { TimerWheel } from '../../../core/timers.ts'
import { ManualClock } from '../../support/clock.ts'

/** More than the kernel keeps for both ends. */
const LARGE = Buffer.alloc(32 * 1024 * 1024)

/** Two ends of a connection, the first one watched, and nothing read at the other. */
async function pair(t: Test, isBusy: () => boolean) {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const unread = new UnreadAnswers({ clock, wheel, idleMs: 100, isBusy })
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('no address')
  const accepted = once(server, 'connection')
  const client = connect(address.port, '127.0.0.1').pause()
  client.on('error', () => {})
  const [socket]: Socket[] = await accepted
  if (socket === undefined) throw new TypeError('no connection')
  socket.on('error', () => {})
  // As Node's server does for every connection.
  socket.on('timeout', () => socket.destroy())
  t.teardown(() => {
    client.destroy()
    socket.destroy()
    server.close()
    wheel.close()
  })
  unread.watch(socket)
  return { clock, wheel, unread, socket, client }
}

t.test('closes a connection whose client takes nothing', async t => {
  const { clock, socket } = await pair(t, () => false)
  socket.write(LARGE)
  const closed = once(socket, 'close')
  clock.advance(200)
  await closed
  t.ok(socket.destroyed)
})

t.test('leaves connections alone that have nothing to send, or that are looked after', async t => {
  const idle = await pair(t, () => false)
  idle.clock.advance(1_000)
  t.equal(idle.socket.timeout, undefined)
  const busy = await pair(t, () => true)
  busy.socket.write(LARGE)
  busy.clock.advance(1_000)
  t.equal(busy.socket.timeout, undefined)
})

t.test('takes its limit back when the connection has something else to wait for', async t => {
  const { clock, unread, socket } = await pair(t, () => false)
  socket.write(LARGE)
  clock.advance(200)
  t.equal(socket.timeout, 100)
  unread.release(socket)
  t.equal(socket.timeout, 0)
})

t.test('looks for as long as there are connections', async t => {
  const { clock, wheel, socket } = await pair(t, () => false)
  clock.advance(1_000)
  t.equal(wheel.size, 1)
  socket.destroy()
  await once(socket, 'close')
  clock.advance(1_000)
  t.equal(wheel.size, 0)
})
