import t from 'tap'
import { LineCutter } from '../../../../core/dialects/framing/lines.ts'
import { cutAtRandom, everyByte, seededRandom } from '../../../support/random.ts'

const STREAM = Buffer.from('{"a":"ä"}\n\n{"b":2}\r\n\r\n{"c":3}')
const LINES = ['{"a":"ä"}', '{"b":2}\r', '{"c":3}']

function cut(chunks: readonly Buffer[], max?: number): readonly string[] {
  const cutter = new LineCutter(max)
  const lines: string[] = []
  const each = (line: Buffer) => lines.push(line.toString())
  for (const chunk of chunks) if (!cutter.push(chunk, each)) lines.push('too long')
  cutter.takeRest(each)
  return lines
}

t.test('finds the same lines wherever the stream is cut', async t => {
  t.strictSame(cut([STREAM]), LINES)
  t.strictSame(cut(everyByte(STREAM)), LINES)
  const random = seededRandom(7)
  for (let run = 0; run < 50; run++) t.strictSame(cut(cutAtRandom(STREAM, 4, random)), LINES)
})

t.test('gives up on a line that is too long', async t => {
  t.strictSame(cut([Buffer.from('ab\nabcd')], 3), ['ab', 'too long'])
})
