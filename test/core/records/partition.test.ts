import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { Writer } from '../../../core/records/codec.ts'
import { openDatabase } from '../../../core/records/database.ts'
import { KeyStore, openRootKey } from '../../../core/records/key-store.ts'
import { compileKind } from '../../../core/records/kind.ts'
import { columnOf, isWordColumn, Partition, type PendingRow } from '../../../core/records/partition.ts'
import { keyFile, partitionFile } from '../../../core/records/partitions.ts'
import { folder, masterKey, NEW_YEAR, USAGE } from './support.ts'

const kind = compileKind('metering', 'usage', USAGE)

function row(index: number, subject = 'someone'): PendingRow {
  const id = new Writer(Buffer.alloc(16))
  id.whole(index)
  return {
    at: NEW_YEAR + index,
    id: id.bytes,
    subject,
    clear: ['chat', 200, 1],
    source: id.bytes,
    start: 0,
    end: 9,
    pseudonyms: []
  }
}

async function open(t: Parameters<typeof folder>[0]) {
  const directory = await folder(t)
  const root = await openRootKey(keyFile(directory), [masterKey()])
  const keys = new KeyStore(openDatabase(keyFile(directory)), root)
  const file = partitionFile(directory, kind.name, '2026-01-01')
  const partition = new Partition(file, kind, '2026-01-01', keys)
  t.teardown(() => keys.close())
  const count = (table: string) => {
    const database = new DatabaseSync(file, { readOnly: true })
    const found = database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n
    database.close()
    return found
  }
  const numbers = () => {
    const database = new DatabaseSync(file, { readOnly: true })
    const found = database.prepare('SELECT seq FROM rows ORDER BY seq').all()
    database.close()
    return found.map(({ seq }) => seq)
  }
  return { partition, keys, count, numbers, file }
}

t.test('seals the rows of each subject of a commit in one piece', async t => {
  const { partition, keys, count } = await open(t)
  const rows = [row(1, 'a'), row(2, 'b'), row(3, 'a'), row(4, ''), row(5, '')]
  keys.together(() => partition.prepareKeys(rows))
  t.equal(partition.commit(rows), 5)
  t.equal(count('blocks'), 3)
  t.equal(count('subjects'), 2)
  t.equal(count('words'), 1, 'a word stands there once')
  partition.close()
})

t.test('passes over rows that it has', async t => {
  const { partition, count } = await open(t)
  t.equal(partition.commit([row(1), row(2)]), 2)
  t.equal(partition.commit([row(2), row(3)]), 1)
  t.equal(count('rows'), 3)
  partition.close()
})

t.test('deletes what belongs to a subject, blocks and words included', async t => {
  const { partition, count } = await open(t)
  partition.commit([row(1, 'a'), row(2, 'b')])
  t.equal(partition.erase('a'), 1)
  t.equal(partition.erase('nobody'), 0)
  t.strictSame([count('rows'), count('blocks'), count('subjects'), count('words')], [1, 1, 1, 1])
  t.equal(partition.erase('b'), 1)
  t.strictSame([count('rows'), count('blocks'), count('subjects'), count('words')], [0, 0, 0, 0])
  partition.close()
})

t.test('never gives the number of a row again, also when its last rows were erased', async t => {
  const { partition, keys, numbers, file } = await open(t)
  partition.commit([row(1, 'a'), row(2, 'b')])
  t.strictSame(numbers(), [1, 2])
  partition.erase('b')
  partition.commit([row(3, 'a')])
  t.strictSame(numbers(), [1, 3])
  partition.erase('a')
  partition.close()
  const next = new Partition(file, kind, '2026-01-01', keys)
  next.commit([row(4, 'a'), row(4, 'a'), row(5, 'a')])
  t.strictSame(numbers(), [4, 5])
  next.close()
})

t.test('has a column for each clear field, words by their number', async t => {
  t.equal(columnOf({ name: 'route' }), '"c_route"')
  t.ok(isWordColumn({ type: 'name' }) && isWordColumn({ type: 'word' }))
  t.notOk(isWordColumn({ type: 'integer' }))
})
