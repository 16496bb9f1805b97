/** The reader of answers against the parser of Node (llhttp), on the same bytes: it never believes what that one refuses. */
import { request } from 'node:http'
import { Duplex } from 'node:stream'
import t from 'tap'
import { ResponseReader } from '../../../../core/upstream/sockets/response-reader.ts'
import { RESPONSES } from '../../../fixtures/attacks/responses.ts'
import { isFull } from '../../../support/full.ts'
import { dice } from '../../../support/mutations.ts'

/** What somebody made of some bytes and the end of the connection behind them. */
type Verdict = { readonly status: number; readonly body: string } | 'refused'

/** Fields that frame, among the trailers: dropped here with the others (RFC 9110, 6.5.1), a fault for llhttp. */
const FRAMING_TRAILER = /\r\n0+(?:;[^\r]*)?\r\n(?:[^\r]+\r\n)*(?:content-length|transfer-encoding):/i

/** The gateway's own, with where the answer ends. */
function readOwn(bytes: Buffer, method: string): readonly [Verdict, end: number] {
  const reader = new ResponseReader()
  let status = 0
  let body = ''
  const sink = {
    onInformation() {},
    onHead(given: number) {
      status = given
    },
    onData(chunk: Buffer) {
      body += chunk.toString('latin1')
    }
  }
  reader.begin(method, sink)
  try {
    const end = reader.read(bytes, 0, bytes.length)
    if (end !== -1) return [{ status, body }, end]
    return [reader.endsWithConnection ? { status, body } : 'refused', bytes.length]
  } catch {
    return ['refused', bytes.length]
  }
}

/** Node's. */
function readByNode(bytes: Buffer, method: string): Promise<Verdict> {
  return new Promise(resolve => {
    const socket = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done()
        if (this.readable && !this.readableEnded) {
          this.push(bytes)
          this.push(null)
        }
      }
    })
    const asked = request({ method, createConnection: () => socket })
    asked.on('response', response => {
      let body = ''
      response.on('data', chunk => {
        body += chunk.toString('latin1')
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', () => resolve('refused'))
    })
    asked.on('upgrade', () => resolve('refused'))
    asked.on('error', () => resolve('refused'))
    // The end of an answer may be told after that of its connection.
    asked.on('close', () => setImmediate(resolve, 'refused'))
    asked.end()
  })
}

const OK = 'HTTP/1.1 200 OK\r\n'
const SEEDS: readonly string[] = [
  ...RESPONSES.map(({ raw }) => raw).filter(raw => raw.length < 2_000),
  `${OK}Content-Type: text/plain\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello`,
  `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6; a=b; c="d"\r\n world\r\n0\r\n\r\n`,
  `${OK}Transfer-Encoding: chunked\r\nTrailer: x-a\r\n\r\n1\r\na\r\n0\r\nX-A: 1\r\n\r\n`,
  `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
  `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
  'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n',
  `${OK}Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX: \xe9\r\nContent-Length: 0\r\n\r\n`
]
const PIECES: readonly string[] = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    ' ',
    '\t',
    '\0',
    '\x0b',
    '\x7f',
    '\x85',
    '\xa0',
    ':',
    ';',
    ',',
    '"',
    '-',
    '+',
    '0'
  ],
  ...['1', '9', 'a', 'F', 'x', '0x', 'HTTP/1.1', '200', 'chunked', 'identity', 'Content-Length: 3\r\n', '"\r\n'],
  ...['Transfer-Encoding: chunked\r\n', 'Connection: close\r\n', ' \r\n', '\r\n ', ';a="\\', '5;\r\n', '00000005', OK]
]

/** Bytes that were an answer once. */
function mutated(roll: (below: number) => number): Buffer {
  let text = SEEDS[roll(SEEDS.length)] ?? ''
  for (let changes = 1 + roll(4); changes > 0; changes--) {
    const at = roll(text.length + 1)
    const to = at + (roll(3) === 0 ? roll(6) : 0)
    text = text.slice(0, at) + (roll(4) === 0 ? '' : (PIECES[roll(PIECES.length)] ?? '')) + text.slice(to)
  }
  return Buffer.from(text, 'latin1')
}

t.test('believes nothing that llhttp refuses, and reads the rest as it does', async t => {
  const roll = dice(9112)
  const faults: string[] = []
  let believed = 0
  let stricter = 0
  const total = isFull ? 300_000 : 6_000
  for (let round = 0; round < total; round++) {
    const bytes = round < SEEDS.length ? Buffer.from(SEEDS[round] ?? '', 'latin1') : mutated(roll)
    const method = roll(8) === 0 ? 'HEAD' : 'GET'
    const [own, end] = readOwn(bytes, method)
    // What comes behind an answer ends its connection here, and is not read at all.
    const node = await readByNode(bytes.subarray(0, end), method)
    if (own === 'refused') {
      if (node !== 'refused') stricter++
      continue
    }
    believed++
    if (node === 'refused' && FRAMING_TRAILER.test(bytes.toString('latin1', 0, end))) continue
    if (JSON.stringify(own) !== JSON.stringify(node)) {
      faults.push(
        `${method} ${JSON.stringify(bytes.toString('latin1'))}: ${JSON.stringify(own)}, not ${JSON.stringify(node)}`
      )
    }
  }
  t.comment(`of ${total}: ${believed} believed by both, ${stricter} by llhttp alone`)
  t.strictSame(faults.slice(0, 10), [])
  t.ok(believed > total / 10, 'enough of them are answers')
})
