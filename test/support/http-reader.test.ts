import t from 'tap'
import { MalformedMessage, readMessage } from './http-reader.ts'

const read = (text: string, kind: 'request' | 'response' = 'request', closed = false) =>
  readMessage(Buffer.from(text, 'latin1'), kind, closed)

t.test('reads a message at every cut as not whole, and then whole', async t => {
  const messages = [
    'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
    'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n'
  ]
  for (const message of messages) {
    for (let end = 0; end < message.length; end++)
      t.equal(read(message.slice(0, end)), undefined, message.slice(0, end))
    const whole = read(`${message}GET`)
    t.equal(whole?.length, message.length)
    t.equal(whole?.body.toString(), 'hello')
  }
})

t.test('reads a response without a length to the end of its connection', async t => {
  const text = 'HTTP/1.1 200 OK\r\n\r\nall of it'
  t.equal(read(text, 'response'), undefined)
  t.equal(read(text, 'response', true)?.body.toString(), 'all of it')
  t.equal(read('HTTP/1.1 204 No Content\r\n\r\nrest', 'response')?.length, 27)
})

t.test('throws for whatever is no message', async t => {
  const malformed = [
    'GET /a HTTP/1.1\nHost: a\n\n',
    'GET /a HTTP/1.1\r\nHost: a\r\n b\r\n\r\n',
    'GET /a HTTP/1.1\r\nHost : a\r\n\r\n',
    'GET /a HTTP/1.1\r\nX: a\0b\r\n\r\n',
    'GET /a HTTP/1.1\r\nX: a\rb\r\n\r\n',
    'GET /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na',
    'GET /a HTTP/1.1\r\nContent-Length: +1\r\n\r\na',
    'GET /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n',
    'GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n',
    'GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n',
    'GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno trailer\r\n\r\n'
  ]
  for (const text of malformed) {
    try {
      read(text)
      t.fail(JSON.stringify(text))
    } catch (error) {
      t.ok(error instanceof MalformedMessage, JSON.stringify(text))
    }
  }
})
