import t from 'tap'
import { ResponseReader } from '../../../../core/upstream/sockets/response-reader.ts'

const OK = 'HTTP/1.1 200 OK\r\n'

/** Reads an answer that comes in pieces. @returns what was told, with where in the last piece the answer ended. */
function read(pieces: readonly string[], method = 'GET'): readonly string[] {
  const reader = new ResponseReader()
  const told: string[] = []
  let body = ''
  reader.begin(method, {
    onInformation: status => told.push(`info ${status}`),
    onHead: status => told.push(`head ${status}`),
    onData: chunk => {
      body += chunk.toString('latin1')
    }
  })
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    const end = reader.read(bytes, 0, bytes.length)
    if (end === -1) continue
    return [...told, ...(body === '' ? [] : [body]), `end ${bytes.length - end}`]
  }
  return [...told, ...(body === '' ? [] : [body]), reader.endsWithConnection ? 'until close' : 'open']
}

const CHUNKS = `${OK}Transfer-Encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\nA\r\n0123456789\r\n000\r\nX-T: 1\r\n\r\n`

t.test('reads an answer of each form', async t => {
  t.strictSame(read([`${OK}Content-Length: 2\r\n\r\nokHTTP`]), ['head 200', 'ok', 'end 4'])
  t.strictSame(read([`${OK}Content-Length: 0\r\n\r\n`]), ['head 200', 'end 0'])
  t.strictSame(read([`${OK}Content-Length: 3\r\n\r\nok`]), ['head 200', 'ok', 'open'])
  t.strictSame(read([`${OK}\r\nok`]), ['head 200', 'ok', 'until close'])
  t.strictSame(read([`${CHUNKS}x`]), ['head 200', 'abc0123456789', 'end 1'])
  t.strictSame(read([`${OK}Content-Length: 9\r\n\r\n`], 'HEAD'), ['head 200', 'end 0'])
  t.strictSame(read(['HTTP/1.1 304 X\r\n\r\n']), ['head 304', 'end 0'])
})

t.test('it makes no difference where an answer is cut', async t => {
  const answer = `HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n${CHUNKS}`
  const whole = ['info 103', 'head 200', 'abc0123456789', 'end 0']
  for (let cut = 0; cut <= answer.length; cut++) t.strictSame(read([answer.slice(0, cut), answer.slice(cut)]), whole)
  t.strictSame(read([...answer]), whole)
})

t.test('passes over `100 Continue`, and no more than a few others', async t => {
  t.strictSame(read([`HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 0\r\n\r\n`]), ['head 200', 'end 0'])
  const hint = 'HTTP/1.1 103 Hints\r\n\r\n'
  t.equal(read([hint.repeat(32)]).length, 33)
  t.throws(() => read([hint.repeat(33)]), { code: 'RESPONSE_HEAD' })
  t.throws(() => read(['HTTP/1.1 100 Continue\r\n\r\n'.repeat(33)]), { code: 'RESPONSE_HEAD' })
})

t.test('refuses the switch to another protocol, and another protocol at its first bytes', async t => {
  t.throws(() => read(['HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n']), { code: 'RESPONSE_HEAD' })
  for (const field of ['Connection: close', 'Content-Length: 5', 'Transfer-Encoding: chunked']) {
    t.throws(() => read([`HTTP/1.1 103 Hints\r\n${field}\r\n\r\n`]), { code: 'RESPONSE_HEAD' }, field)
  }
  for (const text of ['SSH-2.0', 'S', 'HTTP/2', '\r', 'h']) {
    t.throws(() => read([text]), { code: 'RESPONSE_HEAD' }, JSON.stringify(text))
  }
})

t.test('refuses chunks with two readings', async t => {
  for (const chunk of [
    'g\r\n',
    '\r\n',
    ' 1\r\n',
    '1 \r\n',
    '+1\r\n',
    '-1\r\n',
    '0x1\r\n',
    '1\n',
    '1;a\nb\r\n',
    '1\r\nab',
    '1\r\na\n',
    '1\r\na\rx',
    '1\r\na\r\n\r\n',
    'fffffffffffffffff\r\n',
    'ffffffffffffffff\r\n',
    '0\r\nx\r\n\r\n',
    '0\r\n x: y\r\n\r\n',
    '0\r\nx : y\r\n\r\n'
  ]) {
    t.throws(() => read([`${OK}Transfer-Encoding: chunked\r\n\r\n${chunk}`]), /RESPONSE_/, JSON.stringify(chunk))
  }
})

t.test('chunk extensions have an end over all chunks', async t => {
  const chunk = `1;${'a'.repeat(1_000)}\r\nx\r\n`
  t.strictSame(read([`${OK}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(16)}`]).at(-1), 'open')
  t.throws(() => read([`${OK}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`]), { code: 'RESPONSE_CHUNK' })
})

t.test('what it hands over is a copy', async t => {
  const reader = new ResponseReader()
  const chunks: Buffer[] = []
  reader.begin('GET', { onInformation() {}, onHead() {}, onData: chunk => chunks.push(chunk) })
  const bytes = Buffer.from(`${OK}Content-Length: 2\r\n\r\nok`)
  reader.read(bytes, 0, bytes.length)
  bytes.fill('x')
  t.equal(String(chunks[0]), 'ok')
})

t.test('tells the data of many small chunks at once, and what came before a fault', async t => {
  const reader = new ResponseReader()
  const told: string[] = []
  reader.begin('GET', { onInformation() {}, onHead: () => told.push('head'), onData: chunk => told.push(`${chunk}`) })
  const give = (text: string) => reader.read(Buffer.from(text), 0, text.length)
  give(`${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n2\r\nc`)
  t.throws(() => give('d\r\n1\r\ne\r\nno\r\n'), { code: 'RESPONSE_CHUNK' })
  t.strictSame(told, ['head', 'abc', 'de'])
})

t.test('is silent once it was stopped, from within a call too', async t => {
  const reader = new ResponseReader()
  const told: string[] = []
  reader.begin('GET', {
    onInformation() {},
    onHead() {
      told.push('head')
      reader.stop()
    },
    onData: () => told.push('data')
  })
  const bytes = Buffer.from(`${OK}Content-Length: 2\r\n\r\nok`)
  t.equal(reader.read(bytes, 0, bytes.length), -1)
  t.strictSame([told, reader.head], [['head'], undefined])
})
