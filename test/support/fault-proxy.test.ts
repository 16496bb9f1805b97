import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { handAlarm } from './alarm.ts'
import { type Faults, startFaultProxy } from './fault-proxy.ts'
import { type Teardown, turns } from './upstream.ts'

/** What one end of a connection has seen so far. */
interface End {
  readonly socket: Socket
  text: string
  ended: boolean
  /** Code of the error that it closed with; `''` without one. */
  closed: string | undefined
}

function watch(socket: Socket): End {
  const end: End = { socket, text: '', ended: false, closed: undefined }
  let code = ''
  socket.on('data', (piece: Buffer) => {
    end.text += piece.toString('latin1')
  })
  socket.on('end', () => {
    end.ended = true
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? 'UNKNOWN'
  })
  socket.on('close', () => {
    end.closed = code
  })
  return end
}

/** Resolves when the end is as it should be; the test's own limit is what fails it otherwise. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turns(1)
}

/** A client and a server with a bad network between them. */
async function connected(t: Teardown, faults: Faults, alarm = handAlarm()) {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  t.teardown(() => server.close())
  const proxy = await startFaultProxy(t, address.port, { alarm: alarm.alarm })
  proxy.set(faults)
  const accepted = once(server, 'connection')
  const client = watch(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }))
  t.teardown(() => client.socket.destroy())
  const [socket] = faults.accept === undefined ? await accepted : []
  if (faults.accept === undefined) t.teardown(() => socket.destroy())
  return { proxy, alarm, client, server: socket === undefined ? undefined : watch(socket) }
}

/** The same, where the server is there. */
async function pair(t: Teardown, faults: Faults) {
  const { server, ...rest } = await connected(t, faults)
  if (server === undefined) throw new TypeError('no server')
  return { ...rest, server }
}

t.test('passes bytes and ends on as they are', async t => {
  const { client, server, proxy } = await pair(t, {})
  client.socket.write('question')
  await until(() => server.text === 'question')
  server.socket.end('answer')
  await until(() => client.text === 'answer' && client.ended)
  t.equal(server.ended, false, 'one side is closed, the other is not')
  client.socket.end()
  await until(() => server.ended && client.closed === '')
  await until(() => proxy.open === 0)
  t.equal(proxy.accepted, 1)
})

t.test('latency and jitter delay each piece from when it came, and keep the order', async t => {
  const { client, server, alarm } = await pair(t, { toServer: { latencyMs: 100, jitterMs: 50 } })
  client.socket.write('a')
  await until(() => alarm.pendingMs().length === 1)
  client.socket.write('b')
  await until(() => alarm.pendingMs().length === 2)
  for (const delayMs of alarm.pendingMs()) t.ok(delayMs >= 100 && delayMs < 150, `${delayMs}`)
  t.not(alarm.pendingMs()[0], alarm.pendingMs()[1], 'by chance')
  t.equal(server.text, '')
  alarm.ring()
  await until(() => server.text === 'ab')
})

t.test('a narrow lane takes its time for each piece', async t => {
  const { client, server, alarm } = await pair(t, { toClient: { bytesPerSecond: 100 } })
  server.socket.write('0123456789')
  await until(() => client.text === '01234')
  t.strictSame(alarm.pendingMs(), [50], 'five bytes of a hundred a second')
  alarm.ring()
  await until(() => client.text === '0123456789')
})

t.test('cuts after the byte that is named, in three ways', async t => {
  for (const how of ['end', 'reset', 'halfOpen'] as const) {
    const { client, server, proxy } = await pair(t, { toClient: { cut: { afterBytes: 4, how } } })
    server.socket.write('012')
    await until(() => client.text === '012')
    server.socket.write('3456')
    if (how === 'halfOpen') {
      await until(() => client.text === '0123')
      server.socket.end('7')
      client.socket.write('never')
      await turns(20)
      t.strictSame([client.text, client.ended, client.closed, server.text], ['0123', false, undefined, ''], how)
      t.equal(proxy.open, 1)
      proxy.breakAll('reset')
      await until(() => client.closed !== undefined)
      t.equal(client.closed, 'ECONNRESET')
    } else {
      await until(() => (how === 'end' ? client.ended : client.closed !== undefined))
      t.equal(client.closed ?? '', how === 'end' ? '' : 'ECONNRESET', how)
      if (how === 'end') t.equal(client.text, '0123')
    }
  }
})

t.test('resets as it accepts, or is silent', async t => {
  const reset = await connected(t, { accept: 'reset' })
  await until(() => reset.client.closed !== undefined)
  t.strictSame([reset.client.closed, reset.proxy.open], ['ECONNRESET', 0])
  const silent = await connected(t, { accept: 'silent' })
  silent.client.socket.end('question')
  await turns(20)
  t.strictSame([silent.client.text, silent.client.ended, silent.client.closed], ['', false, undefined])
})

t.test('an end arrives late when it is told to', async t => {
  const { client, server, alarm } = await pair(t, { closeDelayMs: 500 })
  server.socket.end('answer')
  await until(() => client.text === 'answer' && alarm.pendingMs().includes(500))
  t.equal(client.ended, false)
  alarm.ring()
  await until(() => client.ended)
})
