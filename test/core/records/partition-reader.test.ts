import t from 'tap'
import { KnownName, Type } from '../../../core/plugin.ts'
import { Writer } from '../../../core/records/codec.ts'
import { openDatabase } from '../../../core/records/database.ts'
import { KeyStore, openRootKey } from '../../../core/records/key-store.ts'
import { compileKind } from '../../../core/records/kind.ts'
import { Partition, type PendingRow } from '../../../core/records/partition.ts'
import { PartitionReader } from '../../../core/records/partition-reader.ts'
import { keyFile, partitionFile } from '../../../core/records/partitions.ts'
import { checkQuery } from '../../../core/records/query.ts'
import { folder, masterKey, NEW_YEAR } from './support.ts'

const kind = compileKind('some', 'thing', {
  purpose: 'Counts.',
  class: 'access',
  clear: ['route', 'status'],
  fields: Type.Object({ route: KnownName('route'), status: Type.Integer() })
})

/** 20,000 rows, of which none is both on the route `rare` and of status 500. */
async function many(t: Parameters<typeof folder>[0]) {
  const directory = await folder(t)
  const keys = new KeyStore(openDatabase(keyFile(directory)), await openRootKey(keyFile(directory), [masterKey()]))
  const file = partitionFile(directory, kind.name, '2026-01-01')
  const partition = new Partition(file, kind, '2026-01-01', keys)
  const source = Buffer.alloc(0)
  const rows: PendingRow[] = Array.from({ length: 20_000 }, (_, index) => {
    const id = new Writer(Buffer.alloc(16))
    id.whole(index)
    const clear = index % 2 === 0 ? ['common', 500] : ['often', 200]
    return { at: NEW_YEAR + index, id: id.bytes, subject: '', clear, source, start: 0, end: 0, pseudonyms: [] }
  })
  partition.commit(rows)
  const reader = new PartitionReader(file, kind.name, '2026-01-01', keys, keys.needDayKey(kind.name, '2026-01-01'))
  t.teardown(() => {
    reader.close()
    partition.close()
    keys.close()
  })
  return reader
}

t.test('looks at a bounded number of rows for a page, and says where to go on', async t => {
  const reader = await many(t)
  const query = checkQuery({ where: { route: 'often', status: 500 } })
  const first = reader.find(query, undefined, 100)
  t.strictSame(first.rows, [])
  t.strictSame(first.next, { at: NEW_YEAR + 12_001, seq: 12_002 }, 'after 4,000 rows of the route')
  const second = reader.find(query, first.next, 100)
  t.strictSame(second.next, { at: NEW_YEAR + 4_001, seq: 4_002 })
  t.strictSame(reader.find(query, second.next, 100), { rows: [], next: undefined })
})
