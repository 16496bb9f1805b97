import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import { MemoryServer } from '../../../core/dry-run/memory-connection.ts'

/** A server that answers as `answer` does. */
const serverOf = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  new MemoryServer(answer, 16_384)

t.test('hands over a request as it is, and hands back the answer', async t => {
  const server = serverOf(async (request, response) => {
    const body: Buffer[] = []
    for await (const piece of request) body.push(piece)
    response.writeHead(201, ['x-one', '1', 'x-one', '2', 'date', 'now'])
    const { method, url, rawHeaders, socket } = request
    response.end(JSON.stringify([method, url, rawHeaders, socket.remoteAddress, Buffer.concat(body).toString()]))
  })
  const { status, headers, body, isWhole } = await server.send({
    method: 'POST',
    target: '/a%2Fb?c=d',
    headers: [
      ['X-Case', 'v'],
      ['x-case', 'w']
    ],
    body: 'héllo',
    clientIp: '198.51.100.7'
  })
  t.strictSame(JSON.parse(String(body)), [
    'POST',
    '/a%2Fb?c=d',
    ['X-Case', 'v', 'x-case', 'w', 'host', 'localhost', 'content-length', '6'],
    '198.51.100.7',
    'héllo'
  ])
  t.equal(status, 201)
  t.ok(isWhole)
  t.strictSame(
    headers.filter(([name]) => name === 'x-one'),
    [
      ['x-one', '1'],
      ['x-one', '2']
    ]
  )
})

t.test('keeps the host that is given', async t => {
  const server = serverOf((request, response) => response.end(request.headers.host))
  const { body } = await server.send({ method: 'GET', target: '/', headers: [['Host', 'api.example.com']] })
  t.equal(String(body), 'api.example.com')
})

t.test('tells an answer that breaks off from one that is whole, and one that never comes', async t => {
  const broken = serverOf((_request, response) => {
    response.writeHead(200, { 'content-length': 10 })
    response.write('half', () => response.destroy())
  })
  const answer = await broken.send({ method: 'GET', target: '/' })
  t.strictSame([answer.status, answer.isWhole], [200, false])
  const silent = serverOf((_request, response) => response.destroy())
  await t.rejects(silent.send({ method: 'GET', target: '/' }), { code: 'TACIT_REQUEST_UNANSWERED' })
})

t.test('refuses what would be two requests', async t => {
  const server = serverOf((_request, response) => response.end())
  const evil = [['x', 'a\r\nGET / HTTP/1.1']] as const
  await t.rejects(server.send({ method: 'GET', target: '/', headers: evil }), { code: 'TACIT_REQUEST_INVALID' })
})

t.test('refuses a length that the body does not reach, for which the server would wait for ever', async t => {
  const server = serverOf(async (request, response) => {
    for await (const _piece of request);
    response.end('whole')
  })
  const send = (length: string, body?: string) =>
    server.send({
      method: 'POST',
      target: '/',
      headers: [['Content-Length', length]],
      ...(body !== undefined && { body })
    })
  for (const [length, body] of [['4', 'abc'], [' 04 ', 'abc'], ['1']] as const) {
    await t.rejects(send(length, body), { code: 'TACIT_REQUEST_INVALID' }, length)
  }
  t.equal(String((await send('3', 'abc')).body), 'whole')
  t.equal((await send('3x', 'abc')).status, 400)
})
