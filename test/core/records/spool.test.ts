import t from 'tap'
import { openDatabase } from '../../../core/records/database.ts'
import { compileKind } from '../../../core/records/kind.ts'
import { spoolFile } from '../../../core/records/partitions.ts'
import { newKey } from '../../../core/records/sealing.ts'
import { openParcel, packParcel, readEnvelope, Spool } from '../../../core/records/spool.ts'
import { filesWith, folder, USAGE } from './support.ts'

const travel = { key: newKey(), wrapped: Buffer.from('wrapped'), master: 'local:1' }
const layouts = [[3, compileKind('metering', 'usage', USAGE)] as const]

t.test('packs rows so that nobody reads them on the way, and unpacks them', async t => {
  const packed = packParcel(travel, { layouts, rows: Buffer.from('canary rows') })
  t.notOk(packed.includes('canary'))
  const { master, wrapped, sealed } = readEnvelope(packed)
  t.strictSame([master, String(wrapped)], ['local:1', 'wrapped'])
  const parcel = openParcel(travel.key, sealed)
  t.equal(String(parcel.rows), 'canary rows')
  t.match(parcel.layouts, [[3, { name: 'metering.usage' }]])
  t.throws(() => openParcel(newKey(), sealed), { code: 'TACIT_SEAL_BROKEN' })
})

t.test('takes nothing for an envelope that is none', async t => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(8, 0xff)]) {
    t.throws(() => readEnvelope(bytes), RangeError)
  }
})

t.test('keeps parcels in order until they are handed on, and nothing of them after', async t => {
  const directory = await folder(t)
  const spool = new Spool(openDatabase(spoolFile(directory, 0)))
  for (const text of ['canary-1', 'canary-2', 'canary-3']) spool.add(Buffer.from(text))
  const [first, second] = spool.first(2)
  t.equal(Buffer.from(second?.bytes ?? []).toString(), 'canary-2')
  spool.remove([first?.seq ?? 0, second?.seq ?? 0])
  t.equal(spool.first(9).length, 1)
  spool.remove(spool.first(9).map(({ seq }) => seq))
  t.strictSame(filesWith(directory, 'canary'), [])
  spool.close()
})
