import t from 'tap'
import { Pieces } from '../../../core/pipeline/pieces.ts'

t.test('puts pieces together in order, however many', async t => {
  for (const count of [0, 1, 2, 511, 512, 513, 2000]) {
    const pieces = new Pieces()
    const expected: Buffer[] = []
    for (let index = 0; index < count; index++) {
      const piece = Buffer.from(`${index},`)
      pieces.add(piece)
      expected.push(piece)
    }
    t.ok(pieces.whole().equals(Buffer.concat(expected)), `${count} pieces`)
  }
})

t.test('copies nothing where there is one piece', async t => {
  const pieces = new Pieces()
  const piece = Buffer.from('whole')
  pieces.add(piece)
  t.equal(pieces.whole(), piece)
})

t.test('keeps few objects of a body that comes byte by byte', async t => {
  const pieces = new Pieces()
  const byte = Buffer.from('a')
  for (let index = 0; index < 1_000_000; index++) pieces.add(byte)
  t.ok(pieces.count < 2_500, `${pieces.count} objects`)
  t.equal(pieces.whole().length, 1_000_000)
})
