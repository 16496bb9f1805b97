import fc from 'fast-check'
import t from 'tap'
import { JsonArrayCutter } from '../../../../core/dialects/framing/json-array.ts'
import { cutAtRandom, everyByte, seededRandom } from '../../../support/random.ts'

function cut(chunks: readonly Uint8Array[], max?: number): readonly string[] {
  const cutter = new JsonArrayCutter(max)
  const entries: string[] = []
  const each = (entry: Buffer) => entries.push(entry.toString())
  for (const chunk of chunks) if (!cutter.push(chunk, each)) entries.push('too long')
  cutter.takeRest(each)
  return entries
}

t.test('finds every entry of any array, wherever it is cut', async () => {
  const random = seededRandom(11)
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 2), (values, indent) => {
      const bytes = Buffer.from(JSON.stringify(values, null, indent))
      const expected = JSON.stringify(values)
      for (const chunks of [[bytes], everyByte(bytes), cutAtRandom(bytes, 3, random)]) {
        const found = `[${cut(chunks)
          .map(entry => JSON.stringify(JSON.parse(entry)))
          .join(',')}]`
        if (found !== expected) throw new Error(`${found} is not ${expected}`)
      }
    }),
    { numRuns: 200 }
  )
})

t.test('an entry is told as soon as what follows it came', async t => {
  const cutter = new JsonArrayCutter()
  const entries: string[] = []
  const each = (entry: Buffer) => entries.push(entry.toString())
  cutter.push(Buffer.from('[{"a":"]},["}'), each)
  t.strictSame(entries, [])
  cutter.push(Buffer.from(',\n'), each)
  t.strictSame(entries, ['{"a":"]},["}'])
})

t.test('a body that is no array is one entry, and what breaks off is told as it is', async t => {
  t.strictSame(cut([Buffer.from(' {"error":{"code":404}}\n')]), ['{"error":{"code":404}}\n'])
  t.strictSame(cut([Buffer.from('[{"a":1},{"b"')]), ['{"a":1}', '{"b"'])
  t.strictSame(cut([Buffer.from('\ufeff[1]')]), ['1'])
  t.strictSame(cut([Buffer.from('[] ')]), [])
})

t.test('gives up on an entry that is too long', async t => {
  t.strictSame(cut([Buffer.from('[1,"abcdef"')], 4), ['1', 'too long'])
})
