import t from 'tap'
import { StreamTail } from '../../../core/pipeline/stream-tail.ts'

const WELL = 'data: {"choices":[]}\n\n'
const ERROR = 'data: {"error":{"message":"overloaded"}}\n\n'

function holdsError(pieces: readonly string[]): boolean {
  const tail = new StreamTail()
  for (const piece of pieces) tail.add(Buffer.from(piece))
  return tail.holdsError('openai-chat')
}

t.test('finds an error at the end, in whatever pieces it came', async t => {
  const stream = WELL.repeat(1_000) + ERROR
  t.equal(holdsError([stream]), true)
  t.equal(holdsError([...stream]), true)
  for (let at = stream.length - ERROR.length; at < stream.length; at++) {
    if (!holdsError([stream.slice(0, at), stream.slice(at)])) t.fail(`split at ${at}`)
  }
})

t.test('finds an error that lacks its empty line, or is followed by a terminator', async t => {
  t.equal(holdsError([WELL, ERROR.trimEnd()]), true)
  t.equal(holdsError([WELL, ERROR, 'data: [DONE]\n\n']), true)
})

t.test('finds none in a stream that ended well', async t => {
  t.equal(holdsError([]), false)
  t.equal(holdsError([WELL.repeat(1_000), 'data: [DONE]\n\n']), false)
  t.equal(holdsError([': comment\n\n', 'event: x\n\n']), false)
})

t.test('keeps no more than the end', async t => {
  const tail = new StreamTail()
  tail.add(Buffer.from(ERROR))
  for (let count = 0; count < 10_000; count++) tail.add(Buffer.from(WELL))
  t.equal(tail.holdsError('openai-chat'), false)
})

t.test('keeps the end in order, however the pieces lie in its storage', async t => {
  const end = `${WELL}${ERROR}`
  for (const length of [1, 7, 511, 512, 513, 4_095, 8_191, 8_192, 8_193, 20_000]) {
    const stream = `: ${'x'.repeat(30_000)}\n\n${end}`
    const pieces: string[] = []
    for (let at = 0; at < stream.length; at += length) pieces.push(stream.slice(at, at + length))
    t.equal(holdsError(pieces), true, `pieces of ${length} bytes`)
  }
})

t.test('takes what is left of an event for nothing', async t => {
  const event = `data: ${'x'.repeat(100)}\n${ERROR}`
  const behind = 8 * 1024 - ERROR.length
  for (let bytes = behind - 20; bytes < behind + 20; bytes++) {
    if (holdsError([event, `: ${'y'.repeat(bytes - 4)}\n\n`])) t.fail(`${bytes} bytes behind it`)
  }
})
