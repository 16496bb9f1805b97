import t from 'tap'
import { MAX_PIECE_BYTES, Pieces } from '../../../../core/dialects/framing/pieces.ts'

t.test('puts together what came apart, and begins anew', async t => {
  const pieces = new Pieces(10)
  t.ok(pieces.add(Buffer.from('ab')))
  t.ok(pieces.add(Buffer.alloc(0)))
  t.ok(pieces.add(Uint8Array.of(0x63)))
  t.equal(pieces.bytes, 3)
  t.equal(pieces.take().toString(), 'abc')
  t.equal(pieces.bytes, 0)
  t.equal(pieces.take().length, 0)
})

t.test('keeps no more than it may, and lets go of what it kept', async t => {
  const pieces = new Pieces(3)
  t.ok(pieces.add(Buffer.from('abc')))
  t.notOk(pieces.add(Buffer.from('d')))
  t.notOk(pieces.add(Buffer.from('e')))
  t.equal(pieces.take().length, 0)
  t.equal(MAX_PIECE_BYTES, 16 * 1024 * 1024)
})
