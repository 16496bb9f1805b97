import t from 'tap'
import { closeFrame, FrameReader } from '../../../core/pipeline/websocket-frames.ts'
import { seededRandom } from '../../support/random.ts'

const MASK = Buffer.from([9, 8, 7, 6])

/** A frame with a payload of so many bytes. @param first its first byte: FIN and opcode. */
function frame(first: number, length: number, masked = false): Buffer {
  const head = length < 126 ? Buffer.from([first, length]) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10)
  head[0] = first
  if (length >= 65_536) {
    head[1] = 127
    head.writeBigUInt64BE(BigInt(length), 2)
  } else if (length >= 126) {
    head[1] = 126
    head.writeUInt16BE(length, 2)
  }
  if (masked) head[1] = (head[1] ?? 0) | 0x80
  return Buffer.concat([head, ...(masked ? [MASK] : []), Buffer.alloc(length)])
}

const reader = (max = 1_000_000) => new FrameReader('server', max)

t.test('knows the end of each frame, wherever the bytes are cut', async t => {
  const frames = [
    frame(0x81, 0),
    frame(0x82, 125),
    frame(0x01, 126),
    frame(0x89, 3),
    frame(0x80, 65_535),
    frame(0xc1, 65_536)
  ]
  for (const masked of [false, true]) {
    const bytes = Buffer.concat(frames.map(one => frame(one[0] ?? 0, lengthOf(one), masked)))
    const random = seededRandom(7)
    for (let round = 0; round < 50; round++) {
      const read = new FrameReader(masked ? 'client' : 'server', 1_000_000)
      for (let at = 0; at < bytes.length; ) {
        const size = round === 0 ? 1 : 1 + Math.floor(random() * 2 ** (1 + (round % 17)))
        if (read.read(bytes.subarray(at, at + size)) !== undefined) throw new Error(`a fault at ${at}`)
        at += size
      }
      t.strictSame([read.isBetween, read.frames, read.hasClosed], [true, 5, false])
    }
  }
})

/** Of the payload of a frame that is not masked. */
function lengthOf(bytes: Buffer): number {
  return bytes.length - ((bytes[1] ?? 0) === 126 ? 4 : (bytes[1] ?? 0) === 127 ? 10 : 2)
}

t.test('is between frames only there', async t => {
  const bytes = frame(0x81, 5)
  const read = reader()
  const between = [...bytes].map(byte => {
    read.read(Buffer.from([byte]))
    return read.isBetween
  })
  t.strictSame(between, [false, false, false, false, false, false, true])
})

t.test('refuses what no sender may send', async t => {
  const faults: readonly (readonly [string, Buffer])[] = [
    ['masked by a server', frame(0x81, 1, true)],
    ['an opcode that is reserved', frame(0x83, 1)],
    ['a control frame that is reserved', frame(0x8b, 1)],
    ['a control frame in pieces', frame(0x09, 1)],
    ['a control frame that is long', frame(0x89, 126)],
    ['the rest of no message', frame(0x80, 1)],
    ['a message within another', Buffer.concat([frame(0x01, 1), frame(0x81, 1)])],
    ['anything behind a close frame', Buffer.concat([frame(0x88, 2), frame(0x81, 1)])]
  ]
  for (const [name, bytes] of faults) t.equal(reader().read(bytes), 1002, name)
  t.equal(new FrameReader('client', 100).read(frame(0x81, 1)), 1002, 'not masked by a client')
  t.equal(reader(100).read(frame(0x81, 101)), 1009)
  t.equal(reader(100).read(frame(0x81, 100)), undefined)
  const endless = frame(0x81, 65_536)
  endless.fill(0xff, 2, 10)
  t.equal(reader().read(endless), 1009, 'the largest length there is')
})

t.test('a close frame is one, masked or not', async t => {
  const read = reader()
  t.equal(read.read(closeFrame(1001)), undefined)
  t.strictSame([read.hasClosed, read.isBetween], [true, true])
  t.strictSame([...closeFrame(1001)], [0x88, 2, 0x03, 0xe9])
  const masked = closeFrame(1001, MASK)
  const client = new FrameReader('client', 100)
  t.equal(client.read(masked), undefined)
  t.ok(client.hasClosed)
  t.strictSame([(masked[6] ?? 0) ^ 9, (masked[7] ?? 0) ^ 8], [0x03, 0xe9])
})
