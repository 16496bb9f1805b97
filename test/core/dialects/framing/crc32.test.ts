import { crc32 as reference } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { crc32 } from '../../../../core/dialects/framing/crc32.ts'

t.test('agrees with the checksum that zlib computes', async t => {
  t.equal(crc32(Buffer.from('123456789')), 0xcbf43926)
  fc.assert(fc.property(fc.uint8Array(), bytes => crc32(bytes) === reference(bytes)))
})
