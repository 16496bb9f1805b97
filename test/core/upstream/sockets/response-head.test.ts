import t from 'tap'
import { CHUNKED, Head, readFields, UNTIL_CLOSE } from '../../../../core/upstream/sockets/response-head.ts'

function head(lines: readonly string[], method = 'GET'): Head {
  return new Head(lines.map(line => `${line}\r\n`).join(''), method)
}

const OK = 'HTTP/1.1 200 OK'

t.test('reads the status, with a reason, an empty one or none', async t => {
  for (const line of [OK, 'HTTP/1.1 200 ', 'HTTP/1.1 200', 'HTTP/1.0 200 A b\xe9']) t.equal(head([line]).status, 200)
  t.equal(head(['HTTP/1.1 999 X']).status, 999)
})

t.test('refuses every other first line', async t => {
  for (const line of [
    'HTTP/1.1 099 X',
    'HTTP/1.1 1000 X',
    'HTTP/1.1 20 X',
    'HTTP/1.1 2x0 X',
    'HTTP/1.1  200 OK',
    'HTTP/1.1 200OK',
    'HTTP/1.2 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/1.10 200 OK',
    'http/1.1 200 OK',
    ' HTTP/1.1 200 OK',
    ''
  ]) {
    t.throws(() => head([line]), { code: 'RESPONSE_HEAD' }, JSON.stringify(line))
  }
})

t.test('reads fields: names in lower case, white space around values gone, and repeated ones as a list', async t => {
  const { headers } = head([
    OK,
    'X-A:1',
    'x-b: \t 2 3\t ',
    'X-C:',
    'X-D:\xa0a\xa0\t',
    'Set-Cookie: a',
    'set-cookie: b',
    'SET-COOKIE: c'
  ])
  t.strictSame(
    { ...headers },
    { 'x-a': '1', 'x-b': '2 3', 'x-c': '', 'x-d': '\xa0a\xa0', 'set-cookie': ['a', 'b', 'c'] }
  )
})

t.test('a name like those of object members is a name like any other', async t => {
  const { headers } = head([OK, '__proto__: a', '__proto__: b', 'constructor: c', 'toString: d'])
  t.strictSame(Object.entries(headers), [
    ['__proto__', ['a', 'b']],
    ['constructor', 'c'],
    ['tostring', 'd']
  ])
  t.equal(head([OK]).headers.constructor, undefined)
})

t.test('refuses lines that are no fields', async t => {
  for (const line of ['x', ': a', 'x : a', ' x: a', '\tx: a', 'x y: a', 'x\xe9: a', '"x": a', '']) {
    t.throws(() => head([OK, line, 'x: y']), { code: 'RESPONSE_HEAD' }, JSON.stringify(line))
  }
})

t.test('knows where the body ends', async t => {
  for (const [lines, method, expected] of [
    [[OK], 'GET', UNTIL_CLOSE],
    [[OK, 'Content-Length: 5'], 'GET', 5],
    [[OK, 'Content-Length: 0'], 'GET', 0],
    [[OK, 'Transfer-Encoding: Chunked'], 'GET', CHUNKED],
    [[OK, 'Content-Length: 5'], 'HEAD', 0],
    [[OK, 'Transfer-Encoding: chunked'], 'HEAD', 0],
    [['HTTP/1.1 204 No'], 'GET', 0],
    [['HTTP/1.1 304 Not', 'Content-Length: 5'], 'GET', 0],
    [['HTTP/1.1 103 Hints'], 'GET', 0]
  ] as const) {
    t.equal(head(lines, method).bodyLength, expected, `${method} ${lines.join(', ')}`)
  }
})

t.test('refuses a body that could end in two places', async t => {
  for (const lines of [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 5, 5'],
    ['Content-Length: -1'],
    ['Content-Length: +5'],
    ['Content-Length: 0x5'],
    ['Content-Length: 05'],
    ['Content-Length: 5.0'],
    ['Content-Length: 1e3'],
    ['Content-Length:'],
    ['Content-Length: 9007199254740993'],
    ['Transfer-Encoding: gzip, chunked'],
    ['Transfer-Encoding: chunked, gzip'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: identity'],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding:'],
    ['Transfer-Encoding: chunked\t'],
    ['Transfer-Encoding:\tchunked'],
    ['Content-Length: 5 \t ']
  ]) {
    t.throws(() => head([OK, ...lines]), { code: 'RESPONSE_FRAMING' }, lines.join(' | '))
  }
  t.throws(() => head(['HTTP/1.0 200 OK', 'Transfer-Encoding: chunked']), { code: 'RESPONSE_FRAMING' })
})

t.test('knows when no other request may follow', async t => {
  const framed = [OK, 'Content-Length: 0']
  for (const [lines, method, expected] of [
    [framed, 'GET', true],
    [[...framed, 'Connection: keep-alive'], 'GET', true],
    [[...framed, 'Connection: x-close-not'], 'GET', false],
    [[...framed, 'Connection: Close'], 'GET', false],
    [[...framed, 'Connection: keep-alive', 'Connection: close'], 'GET', false],
    [framed, 'HEAD', true],
    [[OK, 'Content-Length: 5'], 'HEAD', false],
    [[OK, 'Transfer-Encoding: chunked'], 'HEAD', false],
    [['HTTP/1.0 200 OK', 'Content-Length: 0', 'Connection: keep-alive'], 'GET', false],
    [[OK], 'GET', false],
    [['HTTP/1.1 204 No'], 'GET', true],
    [['HTTP/1.1 304 No', 'Content-Length: 0'], 'GET', true],
    [['HTTP/1.1 304 No', 'Content-Length: 5'], 'GET', false],
    [['HTTP/1.1 204 No', 'Transfer-Encoding: chunked'], 'GET', false]
  ] as const) {
    t.equal(head(lines, method).isPersistent, expected, `${method} ${lines.join(', ')}`)
  }
})

t.test('takes a margin off the time for which a peer promises to keep a connection', async t => {
  const promised = (value: string) => head([OK, `Keep-Alive: ${value}`]).promisedIdleMs
  t.strictSame(['timeout=5, max=100', 'max=1, TIMEOUT=60', 'timeout=1'].map(promised), [3_000, 58_000, -1_000])
  t.strictSame(['', 'max=5', 'timeout=', 'timeout=99999999999', 'xtimeout=5'].map(promised), Array(5).fill(undefined))
  t.equal(head([OK]).promisedIdleMs, undefined)
})

t.test('trailers are fields as well', async t => {
  t.strictSame({ ...readFields('x-a: 1\r\nx-b: 2\r\n', 0) }, { 'x-a': '1', 'x-b': '2' })
  t.throws(() => readFields('x-a\r\n', 0), { code: 'RESPONSE_HEAD' })
})
