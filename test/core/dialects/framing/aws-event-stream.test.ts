import { crc32 } from 'node:zlib'
import t from 'tap'
import { type AwsMessage, AwsMessageCutter } from '../../../../core/dialects/framing/aws-event-stream.ts'
import { hasCorpus, readCorpus } from '../../../support/corpus.ts'
import { cutAtRandom, everyByte, seededRandom } from '../../../support/random.ts'

type Header = readonly [name: string, type: number, value: Buffer]

function string(text: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(text))
  return Buffer.concat([length, Buffer.from(text)])
}

function message(headers: readonly Header[], body: string): Buffer {
  const head = Buffer.concat(
    headers.map(([name, type, value]) =>
      Buffer.concat([Buffer.of(name.length), Buffer.from(name), Buffer.of(type), value])
    )
  )
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(16 + head.length + Buffer.byteLength(body), 0)
  prelude.writeUInt32BE(head.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const whole = Buffer.concat([prelude, head, Buffer.from(body)])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(whole))
  return Buffer.concat([whole, checksum])
}

const STREAM = Buffer.concat([
  message(
    [
      [':event-type', 7, string('messageStart')],
      [':message-type', 7, string('event')]
    ],
    '{"role":"assistant"}'
  ),
  message(
    [
      ['a', 0, Buffer.alloc(0)],
      ['b', 5, Buffer.alloc(8)],
      ['c', 9, Buffer.alloc(16)],
      ['d', 6, string('xy')]
    ],
    ''
  ),
  message(
    [
      [':message-type', 7, string('exception')],
      [':exception-type', 7, string('throttlingException')]
    ],
    '{"message":"no"}'
  )
])
const MESSAGES = ['event messageStart {"role":"assistant"}', '  ', 'exception throttlingException {"message":"no"}']

function cut(chunks: readonly Uint8Array[], max?: number): readonly string[] {
  const cutter = new AwsMessageCutter(max)
  const messages: string[] = []
  const each = ({ messageType, type, body }: AwsMessage) => messages.push(`${messageType} ${type} ${body.toString()}`)
  for (const chunk of chunks) {
    if (!cutter.push(chunk, each)) return [...messages, 'broken']
  }
  return cutter.isBetween ? messages : [...messages, 'half']
}

t.test('finds the same messages wherever the stream is cut', async t => {
  t.strictSame(cut([STREAM]), MESSAGES)
  t.strictSame(cut(everyByte(STREAM)), MESSAGES)
  const random = seededRandom(3)
  for (let run = 0; run < 50; run++) t.strictSame(cut(cutAtRandom(STREAM, 5, random)), MESSAGES)
})

t.test('says when a stream ended within a message', async t => {
  t.strictSame(cut([STREAM.subarray(0, -1)]), [...MESSAGES.slice(0, 2), 'half'])
  t.strictSame(cut([STREAM.subarray(0, 5)]), ['half'])
})

t.test('believes nothing after a byte that was changed', async t => {
  for (let at = 0; at < STREAM.length; at++) {
    const changed = Buffer.from(STREAM)
    changed[at] = (changed[at] ?? 0) ^ 0x41
    const found = cut([changed])
    t.ok(found.at(-1) === 'broken' && found.slice(0, -1).every((each, index) => each === MESSAGES[index]), `byte ${at}`)
  }
})

t.test('refuses lengths and headers that cannot be, with checksums that fit', async t => {
  t.strictSame(cut([message([], 'long')], 12), ['broken'])
  t.strictSame(cut([message([['a', 12, Buffer.alloc(0)]], '')]), ['broken'])
  t.strictSame(cut([message([['a', 7, Buffer.of(0xff, 0xff)]], '')]), ['broken'])
  t.strictSame(cut([message([['a', 9, Buffer.alloc(2)]], 'body')]), ['broken'])
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(3, 0)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  t.strictSame(cut([prelude, STREAM]), ['broken'])
})

t.test(
  'reads every recorded stream to its end',
  { skip: hasCorpus ? false : 'the recorded exchanges are not on this machine' },
  async t => {
    const streams = (await readCorpus()).filter(recording => recording.bodyKind === 'eventstream')
    t.ok(streams.length > 0)
    for (const { id, responseBody } of streams) {
      const found = cut(everyByte(responseBody))
      t.ok(found.length > 0 && !found.includes('broken') && !found.includes('half'), `${id}: ${found.length} messages`)
    }
  }
)
