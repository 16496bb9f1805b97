import t from 'tap'
import { MessageReader } from '../../../benchmarks/load/message-reader.ts'

/** Feeds the bytes in pieces. @returns heads and bodies, one line per message */
function read(pieces: readonly Buffer[]): string[] {
  const messages: string[] = []
  let body = ''
  let head = ''
  const reader = new MessageReader({
    head: text => {
      head = text.split('\r\n')[0] ?? ''
      body = ''
    },
    body: bytes => {
      body += bytes.toString('latin1')
    },
    end: () => messages.push(`${head} | ${body}`)
  })
  // The memory of a piece is used again after each call, as sockets do with their buffers.
  for (const piece of pieces) {
    const reused = Buffer.from(piece)
    reader.push(reused)
    reused.fill(0)
  }
  return messages
}

const STREAM = Buffer.from(
  [
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n',
    'HTTP/1.1 200 Chunked\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwiki\r\nA;ext=1\r\n0123456789\r\n0\r\nx-trailer: 1\r\n\r\n',
    'POST /v1 HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}',
    'GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'
  ].join(''),
  'latin1'
)

const MESSAGES = [
  'HTTP/1.1 200 OK | hello',
  'HTTP/1.1 204 No Content | ',
  'HTTP/1.1 200 Chunked | wiki0123456789',
  'POST /v1 HTTP/1.1 | {}',
  'GET / HTTP/1.1 | '
]

t.test('messages in one piece are told apart', async t => {
  t.strictSame(read([STREAM]), MESSAGES)
})

t.test('it does not matter where the bytes are cut', async t => {
  for (let at = 1; at < STREAM.length; at++) {
    const found = read([STREAM.subarray(0, at), STREAM.subarray(at)])
    if (!t.strictSame(found, MESSAGES, `cut at ${at}`)) return
  }
})

t.test('bytes may come one by one', async t => {
  t.strictSame(read(Array.from(STREAM, (_, at) => STREAM.subarray(at, at + 1))), MESSAGES)
})

t.test('a chunk without a size is an error', async t => {
  t.throws(() => read([Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')]), /without a size/)
})
