import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { writeBody } from '../../../../core/upstream/sockets/body-writer.ts'
import { startBare } from '../../../support/bare-server.ts'
import { type Teardown, turns } from '../../../support/upstream.ts'

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

/** A connection, and everything that its other end hears until it is over. */
async function open(t: Teardown): Promise<{ socket: Socket; peer: Socket; heard: Promise<string> }> {
  const taken = Promise.withResolvers<Socket>()
  const bare = await startBare(t, peer => taken.resolve(peer))
  const socket = connect(bare.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  const peer = await taken.promise
  const heard = Promise.withResolvers<string>()
  let text = ''
  peer.on('data', chunk => {
    text += chunk.toString('latin1')
  })
  peer.on('end', () => heard.resolve(text))
  return { socket, peer, heard: heard.promise }
}

t.test('writes chunks, none of them empty but the last', async t => {
  const { socket, heard } = await open(t)
  await writeBody(socket, pieces('abc', '', 'x'.repeat(20)), ['x-a', 'content-length'])
  socket.end()
  t.equal(await heard, `3\r\nabc\r\n14\r\n${'x'.repeat(20)}\r\n0\r\n\r\n`)
})

t.test('writes what was announced as it is', async t => {
  const { socket, heard } = await open(t)
  await writeBody(socket, pieces('abc', 'de'), ['x-a', 'b', 'content-length', '5'])
  socket.end()
  t.equal(await heard, 'abcde')
})

t.test('a body that is too long or too short fails, and nothing beyond the length is written', async t => {
  const { socket, heard } = await open(t)
  await t.rejects(writeBody(socket, pieces('abc', 'def'), ['content-length', '5']), { code: 'REQUEST_LENGTH' })
  await t.rejects(writeBody(socket, pieces('g'), ['content-length', '2']), { code: 'REQUEST_LENGTH' })
  socket.end()
  t.equal(await heard, 'abcg')
})

t.test('reads no faster than the peer takes it, and no more once the socket is gone', async t => {
  const { socket, peer } = await open(t)
  peer.pause()
  let given = 0
  let isLeft = false
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        given += 64 * 1024
        yield Buffer.alloc(64 * 1024)
      }
    } finally {
      isLeft = true
    }
  }
  const written = writeBody(socket, endless(), [])
  for (let before = -1; before !== given; await turns(20)) before = given
  t.ok(given < 64 * 1024 * 1024, `${given} bytes were read`)
  socket.destroy()
  await written
  t.ok(isLeft)
})

t.test('what the body throws is what it fails with', async t => {
  const { socket } = await open(t)
  async function* fails(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a')
    throw new RangeError('own')
  }
  await t.rejects(writeBody(socket, fails(), []), new RangeError('own'))
})
