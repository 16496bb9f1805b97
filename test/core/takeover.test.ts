import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { InheritedSockets, startSuccessor } from '../../core/takeover.ts'

t.test('finds each socket that it was handed, once, and by its address', async t => {
  const environment: Record<string, string | undefined> = {
    TACIT_SOCKETS: 'public 127.0.0.1:8080 4,admin ::1:9090 5',
    OTHER: 'stays'
  }
  const sockets = new InheritedSockets(environment)
  t.strictSame(environment, { OTHER: 'stays' }, 'no other process takes them for its own')
  t.equal(sockets.take('public', '127.0.0.1', 8081), undefined)
  t.equal(sockets.take('admin', '127.0.0.1', 8080), undefined)
  t.equal(sockets.take('public', '127.0.0.1', 8080), 4)
  t.equal(sockets.take('public', '127.0.0.1', 8080), undefined)
  t.equal(sockets.take('admin', '::1', 9090), 5)
})

t.test('takes what systemd has opened for this process, whatever its address', async t => {
  const given = { LISTEN_PID: String(process.pid), LISTEN_FDS: '2', LISTEN_FDNAMES: 'admin:web' }
  const sockets = new InheritedSockets({ ...given })
  t.equal(sockets.take('public', '127.0.0.1', 8080), 4)
  t.equal(sockets.take('admin', '127.0.0.1', 9090), 3)
  const others = new InheritedSockets({ ...given, LISTEN_PID: '1' })
  t.equal(others.take('public', '127.0.0.1', 8080), undefined)
})

t.test('closes what nobody took', async t => {
  const file = join(t.testdir({ file: '' }), 'file')
  const descriptor = openSync(file, 'w')
  const sockets = new InheritedSockets({ TACIT_SOCKETS: `public 127.0.0.1:8080 ${descriptor}` })
  sockets.closeRest()
  t.throws(() => writeFileSync(descriptor, 'x'), { code: 'EBADF' })
  sockets.closeRest()
  const left = openSync(file, 'w')
  t.teardown(() => closeSync(left))
  new InheritedSockets({}).closeRest()
  writeFileSync(left, 'nothing else is closed')
})

t.test('a successor that ends before it serves has failed', async t => {
  const command = [process.execPath, '-e', 'process.exit(3)']
  await t.rejects(startSuccessor([], command), { code: 'TACIT_SUCCESSOR_FAILED' })
  await t.rejects(startSuccessor([], ['/nowhere/at-all']), { code: 'TACIT_SUCCESSOR_FAILED' })
})

t.test('a successor gets the sockets, and is let go when it serves', async t => {
  const file = join(t.testdir({ file: '' }), 'file')
  const descriptor = openSync(file, 'w')
  t.teardown(() => closeSync(descriptor))
  const script = `
    process.send('something else')
    require('node:fs').writeFileSync(4, process.env.TACIT_SOCKETS)
    process.send('tacit:serving')
    process.on('disconnect', () => process.exit())`
  const pid = await startSuccessor(
    [{ role: 'public', host: '127.0.0.1', port: 8080, descriptor }],
    [process.execPath, '-e', script]
  )
  t.ok(pid > 0)
  t.equal(readFileSync(file, 'utf8'), 'public 127.0.0.1:8080 4')
})
