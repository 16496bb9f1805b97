import { once } from 'node:events'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { play } from '../../../examples/demo-upstream/play.ts'
import type { Reply } from '../../../examples/demo-upstream/reply.ts'
import { readScript } from '../../../examples/demo-upstream/script.ts'
import { collect, openResponse, type Received, send } from '../../support/client.ts'

const WHOLE: Reply = { status: 201, headers: { 'content-type': 'text/plain' }, body: 'morning' }
const STREAM: Reply = {
  headers: { 'content-type': 'text/event-stream' },
  events: ['data: 0\n\n', 'data: 1\n\n', 'data: 2\n\n'],
  errorEvent: index => `data: error ${index}\n\n`
}

/** A server that plays one reply by one script; resolves `played` when `play` has. */
async function stage(t: Test, reply: Reply, directives: string) {
  const done = Promise.withResolvers<void>()
  const server = createServer((_request, response) => {
    play(response, reply, readScript(directives)).then(done.resolve, done.reject)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('listens on no port')
  return { url: `http://127.0.0.1:${address.port}`, played: done.promise }
}

async function received(t: Test, reply: Reply, directives: string): Promise<Partial<Received> & { text: string }> {
  const { url } = await stage(t, reply, directives)
  const { status, complete, body } = await send({ url })
  return { status, complete, text: body.toString() }
}

t.test('sends a body and a stream as they are', async t => {
  t.strictSame(await received(t, WHOLE, ''), { status: 201, complete: true, text: 'morning' })
  const text = 'data: 0\n\ndata: 1\n\ndata: 2\n\n'
  t.strictSame(await received(t, STREAM, ''), { status: 200, complete: true, text })
})

t.test('cuts a stream after some events and a body after some bytes, never cleanly', async t => {
  t.strictSame(await received(t, STREAM, 'demo:cut=2'), {
    status: 200,
    complete: false,
    text: 'data: 0\n\ndata: 1\n\n'
  })
  t.strictSame(await received(t, STREAM, 'demo:cut=0'), { status: 200, complete: false, text: '' })
  t.strictSame(await received(t, WHOLE, 'demo:cut=3'), { status: 201, complete: false, text: 'mor' })
  t.strictSame(await received(t, WHOLE, 'demo:cut=100'), { status: 201, complete: false, text: 'mornin' })
})

t.test('an error inside a stream is its last event, and the stream ends well', async t => {
  t.strictSame(await received(t, STREAM, 'demo:stream-error=1'), {
    status: 200,
    complete: true,
    text: 'data: 0\n\ndata: error 1\n\n'
  })
})

t.test('sends events at the pace that is asked for', async t => {
  const started = performance.now()
  t.match(await received(t, STREAM, 'demo:slow=20ms first-byte=30ms'), { complete: true, text: /data: 2/ })
  // Timers may fire a millisecond early.
  t.ok(performance.now() - started >= 30 + 2 * 20 - 3)
})

t.test('stops waiting when the client leaves', async t => {
  const { url, played } = await stage(t, STREAM, 'demo:slow=1h')
  const response = await openResponse({ url })
  await once(response, 'data')
  response.destroy()
  await t.resolves(played)
})

t.test('waits for a client that does not read', async t => {
  const event = `data: ${'x'.repeat(100_000)}\n\n`
  const events = Array.from({ length: 200 }, () => event)
  const { url, played } = await stage(t, { ...STREAM, events }, '')
  const response = await openResponse({ url })
  const first = await Promise.race([played.then(() => 'all'), once(response, 'readable').then(() => 'some')])
  t.equal(first, 'some', 'twenty megabytes fit into no socket')
  const { complete, body } = await collect(response)
  t.strictSame([complete, body.length], [true, 200 * event.length])
  await t.resolves(played)
})
