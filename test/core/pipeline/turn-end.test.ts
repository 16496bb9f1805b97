import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { endWithTurn, holdForTurn } from '../../../core/pipeline/turn-end.ts'
import { startBare } from '../../support/bare-server.ts'
import { send } from '../../support/client.ts'
import { type Teardown, turns } from '../../support/upstream.ts'

/** Every byte there is, so many times. */
function bytes(times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))))
}

/** A server that hands over each response. */
async function startHanding(t: Teardown, take: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => take(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  return `http://127.0.0.1:${address.port}`
}

for (const [name, body] of [
  ['no body', Buffer.alloc(0)],
  ['a short body', bytes(2)],
  ['a body of the longest that leaves as text', bytes(16)],
  ['a longer body', bytes(17)]
] as const) {
  t.test(`ends a response with ${name} when the turn is over, byte for byte`, async t => {
    const ended: boolean[] = []
    const url = await startHanding(t, response => {
      response.writeHead(200, ['content-length', String(body.length)])
      endWithTurn(response, body)
      ended.push(response.writableEnded)
    })
    const received = await send({ url })
    t.strictSame(ended, [false])
    t.equal(received.body.equals(body), true)
  })
}

t.test('ends the others when the client of one has gone', async t => {
  const responses: ServerResponse[] = []
  const url = await startHanding(t, response => {
    response.writeHead(200, ['content-length', '2'])
    if (responses.push(response) < 2) return
    responses[0]?.destroy()
    for (const each of responses) endWithTurn(each, Buffer.from('ok'))
  })
  const results = await Promise.allSettled([send({ url }), send({ url })])
  const bodies = results.map(result => (result.status === 'fulfilled' ? String(result.value.body) : result.status))
  t.strictSame(bodies.toSorted(), ['ok', 'rejected'])
})

t.test('keeps together what is written to a socket within one turn', async t => {
  const taken = Promise.withResolvers<Socket>()
  const server = await startBare(t, socket => taken.resolve(socket))
  const client = connect(server.port, '127.0.0.1')
  t.teardown(() => client.destroy())
  const socket = await taken.promise
  holdForTurn(socket)
  socket.write('one ')
  holdForTurn(socket)
  socket.write('two')
  t.equal(socket.writableCorked, 1)
  t.equal(socket.writableLength, 7)
  await turns(1)
  t.equal(socket.writableCorked, 0)
  const [data] = await once(client, 'data')
  t.equal(String(data), 'one two')
})

t.test('leaves a socket alone that somebody else holds', async t => {
  const taken = Promise.withResolvers<Socket>()
  const server = await startBare(t, socket => taken.resolve(socket))
  const client = connect(server.port, '127.0.0.1')
  t.teardown(() => client.destroy())
  const socket = await taken.promise
  socket.cork()
  holdForTurn(socket)
  await turns(1)
  t.equal(socket.writableCorked, 1)
})
