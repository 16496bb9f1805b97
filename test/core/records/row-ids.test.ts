import t from 'tap'
import { uuidText, Writer } from '../../../core/records/codec.ts'
import { idMaker } from '../../../core/records/row-ids.ts'

t.test('gives names that are UUIDs of version 8, and no two alike', async t => {
  const writer = new Writer(Buffer.alloc(16 * 20))
  for (const make of [idMaker(), idMaker()]) for (let index = 0; index < 10; index++) make(writer)
  const names = Array.from({ length: 20 }, (_, index) => uuidText(writer.bytes.subarray(index * 16, index * 16 + 16)))
  t.equal(new Set(names).size, 20)
  for (const name of names) t.match(name, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
