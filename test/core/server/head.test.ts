import t from 'tap'
import type { CoreReason } from '../../../core/errors.ts'
import { MAX_HEADER_FIELDS, type RequestHead, readHead } from '../../../core/server/head.ts'

const HOST = ['Host', 'gw.example']

function reading(rawHeaders: readonly string[], method = 'POST', httpVersion = '1.1'): RequestHead | CoreReason {
  return readHead(method, '/v1/chat/completions', httpVersion, rawHeaders)
}

const EMPTY = {
  host: 'gw.example',
  contentLength: undefined,
  chunked: false,
  expectContinue: false,
  contentType: undefined,
  nominated: undefined,
  forwardedFor: undefined,
  forwardedProto: undefined,
  forwardedHost: undefined,
  forwardedPort: undefined,
  via: undefined
}

t.test('reads the head that an SDK sends', async t => {
  t.strictSame(
    reading([
      ...['accept', 'application/json', 'Content-Type', 'application/json', 'X-Stainless-Lang', 'js'],
      ...['Authorization', 'Bearer sk-1', 'Host', 'gw.example', 'connection', 'keep-alive', 'Content-Length', '38']
    ]),
    {
      ...EMPTY,
      headers: [
        ...['accept', 'application/json', 'content-type', 'application/json', 'x-stainless-lang', 'js'],
        ...['authorization', 'Bearer sk-1', 'host', 'gw.example', 'content-length', '38']
      ],
      contentLength: 38,
      contentType: 'application/json'
    }
  )
})

t.test('reads a chunked body that waits to be asked for', async t => {
  t.strictSame(reading([...HOST, 'Transfer-Encoding', 'Chunked', 'Expect', '100-Continue']), {
    ...EMPTY,
    headers: ['host', 'gw.example'],
    chunked: true,
    expectContinue: true
  })
})

t.test('waits for nobody who sends no body or speaks HTTP/1.0', async t => {
  const none = { ...EMPTY, headers: ['host', 'gw.example'] }
  t.strictSame(reading([...HOST, 'Expect', '100-continue']), none)
  t.strictSame(reading([...HOST, 'Expect', '100-continue', 'Content-Length', '5'], 'POST', '1.0'), {
    ...none,
    headers: ['host', 'gw.example', 'content-length', '5'],
    contentLength: 5
  })
})

t.test('keeps repeated fields that may be repeated, in order', async t => {
  t.strictSame(reading([...HOST, 'Cookie', 'a=1', 'accept', 'x', 'Cookie', 'b=2'], 'GET'), {
    ...EMPTY,
    headers: ['host', 'gw.example', 'cookie', 'a=1', 'accept', 'x', 'cookie', 'b=2']
  })
})

t.test('keeps names that look like members of objects, and bytes beyond ASCII', async t => {
  t.strictSame(
    reading([...HOST, '__proto__', 'x', 'constructor', 'y', 'X-Name', 'a\xe9\xff\tb', 'My_Own.Header', '']),
    {
      ...EMPTY,
      headers: [
        'host',
        'gw.example',
        '__proto__',
        'x',
        'constructor',
        'y',
        'x-name',
        'a\xe9\xff\tb',
        'my_own.header',
        ''
      ]
    }
  )
})

t.test('drops upgrades and everything else of the connection', async t => {
  t.strictSame(
    reading(
      [
        ...[...HOST, 'Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', 'h2c', 'HTTP2-Settings', 'AAMAAABk'],
        ...['Keep-Alive', '300', 'Proxy-Connection', 'keep-alive', 'TE', 'trailers', 'Trailer', 'X-T'],
        ...['Proxy-Authorization', 'Basic x', 'Content-Encoding', 'identity']
      ],
      'GET'
    ),
    { ...EMPTY, headers: ['host', 'gw.example'] }
  )
})

t.test('lists what Connection names, but for what no client may take away', async t => {
  t.strictSame(
    reading([
      ...[...HOST, 'Connection', 'close, X-One ,,x-two', 'connection', 'X-TWO, keep-alive, Authorization'],
      ...['Connection', 'Host, Content-Length, Transfer-Encoding, Content-Type, X-Forwarded-For, Via, TE']
    ]),
    { ...EMPTY, headers: ['host', 'gw.example'], nominated: ['x-one', 'x-two', 'authorization'] }
  )
})

t.test('drops what only proxies may say, and believes those that are trusted', async t => {
  const raw = [
    ...[...HOST, 'X-Forwarded-For', '198.51.100.1', 'X-Forwarded-For', '10.0.0.2', 'X-Forwarded-Proto', 'https'],
    ...['X-Forwarded-Host', 'a.example', 'X-Forwarded-Port', '443', 'X-Real-IP', '198.51.100.1', 'Via', '1.1 edge'],
    ...['X-Original-URL', '/admin', 'X-Tacit-Consumer', 'root', 'X-Consumer-Id', 'root', 'X_Real_IP', '127.0.0.1']
  ]
  t.strictSame(readHead('GET', '/', '1.1', raw, false), { ...EMPTY, headers: ['host', 'gw.example'], via: '1.1 edge' })
  t.strictSame(readHead('GET', '/', '1.1', raw, true), {
    ...EMPTY,
    headers: ['host', 'gw.example', 'x-real-ip', '198.51.100.1', 'x-consumer-id', 'root'],
    forwardedFor: '198.51.100.1, 10.0.0.2',
    forwardedProto: 'https',
    forwardedHost: 'a.example',
    forwardedPort: '443',
    via: '1.1 edge'
  })
})

const REFUSED: readonly (readonly [why: string, reason: CoreReason, rawHeaders: readonly string[]])[] = [
  ['no host', 'invalid_host', []],
  ['an empty host', 'invalid_host', ['Host', '']],
  ['two hosts', 'invalid_host', [...HOST, 'host', 'evil.example']],
  ['two equal hosts', 'invalid_host', [...HOST, ...HOST]],
  ['a host with a path', 'invalid_host', ['Host', 'gw.example/evil']],
  ['two lengths', 'ambiguous_framing', [...HOST, 'Content-Length', '5', 'Content-Length', '6']],
  ['two equal lengths', 'ambiguous_framing', [...HOST, 'Content-Length', '5', 'content-length', '5']],
  ['a list of lengths', 'ambiguous_framing', [...HOST, 'Content-Length', '5, 5']],
  ['an odd length', 'ambiguous_framing', [...HOST, 'Content-Length', '+5']],
  ['a length beyond counting', 'body_too_large', [...HOST, 'Content-Length', '9'.repeat(30)]],
  ['a length and chunks', 'ambiguous_framing', [...HOST, 'Content-Length', '5', 'Transfer-Encoding', 'chunked']],
  ['chunks and a length', 'ambiguous_framing', [...HOST, 'Transfer-Encoding', 'chunked', 'Content-Length', '0']],
  ['chunks twice', 'ambiguous_framing', [...HOST, 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
  ['a list of codings', 'ambiguous_framing', [...HOST, 'Transfer-Encoding', 'gzip, chunked']],
  ['an empty list of codings', 'ambiguous_framing', [...HOST, 'Transfer-Encoding', '']],
  ['an unknown coding', 'ambiguous_framing', [...HOST, 'Transfer-Encoding', 'identity']],
  ['chunks and a no-break space', 'ambiguous_framing', [...HOST, 'Transfer-Encoding', 'chunked\xa0']],
  ['quoted chunks', 'ambiguous_framing', [...HOST, 'Transfer-Encoding', '"chunked"']],
  ['an underscore for a hyphen', 'invalid_header', [...HOST, 'Content_Length', '5']],
  ['two hyphens for one', 'invalid_header', [...HOST, 'Transfer--Encoding', 'chunked']],
  ['two credentials', 'invalid_header', [...HOST, 'Authorization', 'Bearer a', 'Authorization', 'Bearer a']],
  ['two keys', 'invalid_header', [...HOST, 'x-api-key', 'a', 'X-API-Key', 'b']],
  ['two types', 'invalid_header', [...HOST, 'Content-Type', 'text/plain', 'Content-Type', 'application/json']],
  ['a malformed type', 'invalid_header', [...HOST, 'Content-Type', 'application/json\ta']],
  ['an empty type', 'invalid_header', [...HOST, 'Content-Type', '']],
  ['an encoded body', 'encoded_body', [...HOST, 'Content-Encoding', 'gzip']],
  ['a doubly encoded body', 'encoded_body', [...HOST, 'Content-Encoding', 'identity, gzip']],
  ['encodings twice', 'encoded_body', [...HOST, 'Content-Encoding', 'identity', 'Content-Encoding', 'identity']],
  ['another expectation', 'expectation_failed', [...HOST, 'Expect', '200-ok']],
  ['a decorated expectation', 'expectation_failed', [...HOST, 'Expect', 'y 100-continue']],
  ['an expectation twice', 'expectation_failed', [...HOST, 'Expect', '100-continue', 'Expect', '100-continue']],
  ['an empty name', 'invalid_header', [...HOST, '', 'x']],
  ['a pseudo-field', 'invalid_header', [...HOST, ':path', '/admin']],
  ['a space in a name', 'invalid_header', [...HOST, 'Transfer-Encoding ', 'chunked']],
  ['a letter beyond ASCII in a name', 'invalid_header', [...HOST, 'x-ä', 'x']],
  ['a line end in a value', 'invalid_header', [...HOST, 'x', 'a\r\nb: c']],
  ['a NUL in a value', 'invalid_header', [...HOST, 'x', 'a\0b']],
  ['a quoted option of the connection', 'invalid_header', [...HOST, 'Connection', '"close"']],
  ['a space in an option of the connection', 'invalid_header', [...HOST, 'Connection', 'x-a x-b']],
  [
    'too many fields',
    'headers_too_large',
    [...HOST, ...Array.from({ length: MAX_HEADER_FIELDS }, () => ['a', 'b']).flat()]
  ]
]

for (const [why, reason, rawHeaders] of REFUSED) {
  t.test(`refuses ${why}`, async t => {
    t.equal(reading(rawHeaders), reason)
  })
}

t.test('refuses versions other than HTTP/1.1 and HTTP/1.0', async t => {
  for (const version of ['0.9', '1.2', '2.0', '3.0', ''])
    t.equal(reading(HOST, 'GET', version), 'http_version', version)
  t.type(reading(HOST, 'GET', '1.0'), 'object')
})

t.test('refuses chunks in HTTP/1.0', async t => {
  t.equal(reading([...HOST, 'Transfer-Encoding', 'chunked'], 'POST', '1.0'), 'ambiguous_framing')
})

t.test('refuses a body where none has a meaning', async t => {
  for (const method of ['GET', 'HEAD']) {
    t.equal(reading([...HOST, 'Content-Length', '1'], method), 'ambiguous_framing')
    t.equal(reading([...HOST, 'Transfer-Encoding', 'chunked'], method), 'ambiguous_framing')
    t.type(reading([...HOST, 'Content-Length', '0'], method), 'object')
  }
  t.type(reading([...HOST, 'Content-Length', '1'], 'DELETE'), 'object')
})

t.test('serves neither TRACE nor CONNECT', async t => {
  t.equal(reading(HOST, 'TRACE'), 'method_not_known')
  t.equal(reading(HOST, 'CONNECT'), 'method_not_known')
})

t.test('refuses targets before it looks at fields', async t => {
  t.equal(readHead('GET', '/a/../b', '1.1', []), 'ambiguous_path')
  t.equal(readHead('GET', 'http://gw.example/', '1.1', HOST), 'malformed_request')
})

t.test('refuses a connection that names more fields than there can be', async t => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}`).join(',')
  t.type(reading([...HOST, 'Connection', names(MAX_HEADER_FIELDS)]), 'object')
  t.equal(reading([...HOST, 'Connection', names(MAX_HEADER_FIELDS + 1)]), 'invalid_header')
  t.equal(reading([...HOST, 'Connection', 'close,'.repeat(10_000)]), 'invalid_header')
  const twice = ['Connection', names(MAX_HEADER_FIELDS), 'Connection', 'x-more']
  t.equal(reading([...HOST, ...twice]), 'invalid_header')
})

t.test('takes as many fields as it says', async t => {
  const most = Array.from({ length: MAX_HEADER_FIELDS - 1 }, (_, index) => [`x-${index}`, 'y']).flat()
  t.type(reading([...HOST, ...most]), 'object')
})
