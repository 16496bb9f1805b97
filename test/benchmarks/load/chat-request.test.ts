import t from 'tap'
import { CLIENT_KEY, chatBody, MODEL, requestText } from '../../../benchmarks/load/chat-request.ts'

const LOAD = { method: 'POST', path: '/v1/chat/completions', bodyBytes: 1024, connections: 1, seconds: 1 } as const

t.test('a body has exactly the size that was asked for, and is JSON', async t => {
  for (const bytes of [96, 1024, 16 * 1024]) {
    t.equal(Buffer.byteLength(chatBody(bytes)), bytes)
    t.equal(JSON.parse(chatBody(bytes)).model, MODEL)
  }
})

t.test('a body too small for a request is refused', async t => {
  t.throws(() => chatBody(20), RangeError)
})

t.test('a request carries its key and its length', async t => {
  const [head = '', body = ''] = requestText(LOAD, 8080).split('\r\n\r\n')
  t.strictSame(head.split('\r\n'), [
    'POST /v1/chat/completions HTTP/1.1',
    'host: 127.0.0.1:8080',
    'accept: application/json',
    `authorization: Bearer ${CLIENT_KEY}`,
    'user-agent: tacit-benchmark/1',
    'content-type: application/json',
    'content-length: 1024'
  ])
  t.equal(body.length, 1024)
})

t.test('a request for a stream says so, in as many bytes', async t => {
  t.strictSame([JSON.parse(chatBody(256, true)).stream, chatBody(256, true).length], [true, 256])
  t.equal(JSON.parse(chatBody(256)).stream, undefined)
})

t.test('a request carries the headers that its gateway wants', async t => {
  const [head = ''] = requestText({ ...LOAD, headers: { 'x-provider': 'openai' } }, 8080).split('\r\n\r\n')
  t.ok(head.split('\r\n').includes('x-provider: openai'))
})

t.test('a request without a body has no length', async t => {
  const text = requestText({ ...LOAD, method: 'GET', bodyBytes: 0 }, 8080)
  t.notMatch(text, /content-/)
  t.match(text, /\r\n\r\n$/)
})
