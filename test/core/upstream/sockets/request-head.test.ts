import t from 'tap'
import { isCopied, requestHead } from '../../../../core/upstream/sockets/request-head.ts'
import type { OutgoingRequest } from '../../../../core/upstream/transport.ts'

async function* nothing(): AsyncGenerator<Uint8Array> {}

function written(request: Partial<OutgoingRequest>): string {
  const whole = { method: 'GET', path: '/', headers: [], body: null, ...request }
  return requestHead(whole, 'peer.test:81').toString('latin1')
}

t.test('writes line by line, the Host first where nobody names one', async t => {
  t.equal(
    written({ path: '/a?b', headers: ['x-a', '1', 'x-b', '\xe9\t2'] }),
    'GET /a?b HTTP/1.1\r\nhost: peer.test:81\r\nx-a: 1\r\nx-b: \xe9\t2\r\n\r\n'
  )
  t.equal(written({ headers: ['x-a', '', 'host', 'other'] }), 'GET / HTTP/1.1\r\nx-a: \r\nhost: other\r\n\r\n')
})

t.test('frames each kind of body in the one way that fits', async t => {
  const framing = (request: Partial<OutgoingRequest>) =>
    written(request)
      .split('\r\n')
      .filter(line => /^(?:content-length|transfer-encoding)/.test(line))
  const long = Buffer.alloc(20_000)
  for (const [request, expected] of [
    [{}, []],
    [{ method: 'DELETE' }, []],
    [{ method: 'POST' }, ['content-length: 0']],
    [{ method: 'QUERY' }, ['content-length: 0']],
    [{ body: Buffer.from('ab') }, ['content-length: 2']],
    [{ body: long }, ['content-length: 20000']],
    [{ method: 'POST', body: nothing() }, ['transfer-encoding: chunked']],
    [{ method: 'POST', body: nothing(), headers: ['content-length', '7'] }, ['content-length: 7']]
  ] as const) {
    t.strictSame(framing({ ...request, headers: [...('headers' in request ? request.headers : [])] }), expected)
  }
})

t.test('puts a short body behind the head, and leaves a long one to be written by itself', async t => {
  const short = Buffer.alloc(16 * 1024, 'x')
  t.ok(isCopied(short))
  t.ok(written({ method: 'PUT', body: short }).endsWith(`\r\n\r\n${short}`))
  const long = Buffer.alloc(16 * 1024 + 1, 'x')
  t.notOk(isCopied(long))
  t.ok(written({ method: 'PUT', body: long }).endsWith('\r\n\r\n'))
  t.notOk(isCopied(nothing()))
})

t.test('refuses what would end a line early, add a field or frame the body in a second way', async t => {
  for (const request of [
    { method: '' },
    { method: 'GET /' },
    { method: 'G\u0100T' },
    { method: 'CONNECT' },
    { path: '' },
    { path: '*' },
    { path: 'http://a/' },
    { path: '/a b' },
    { path: '/a\r\nx: y' },
    { path: '/\u010a' },
    { headers: ['x-a', 'b\r\nx-c: d'] },
    { headers: ['x-a', 'b\nx-c: d'] },
    { headers: ['x-a', '\0'] },
    { headers: ['x-a', '\u010a'] },
    { headers: ['x a', 'b'] },
    { headers: ['x-a:', 'b'] },
    { headers: ['X-A', 'b'] },
    { headers: ['', 'b'] },
    { headers: ['host', 'a', 'host', 'b'] },
    { headers: ['transfer-encoding', 'chunked'] },
    { headers: ['connection', 'x-a'] },
    { headers: ['upgrade', 'h2c'] },
    { headers: ['expect', '100-continue'] },
    { headers: ['content-length', '0'] },
    { headers: ['content-length', '1'], body: Buffer.from('a') },
    { headers: ['content-length', '1', 'content-length', '1'], body: nothing() },
    { headers: ['content-length', '+1'], body: nothing() },
    { headers: ['content-length', '1, 1'], body: nothing() },
    { headers: ['x-a', 'a'.repeat(128 * 1024)] }
  ]) {
    t.throws(() => written(request), { code: 'REQUEST_INVALID' }, JSON.stringify(request).slice(0, 80))
  }
})

t.test('what was refused leaves nothing for the next', async t => {
  t.throws(() => written({ headers: ['x-secret', 'value', 'x a', 'b'] }))
  t.equal(written({}), 'GET / HTTP/1.1\r\nhost: peer.test:81\r\n\r\n')
})
