import { join } from 'node:path'
import t from 'tap'
import { openDatabase } from '../../../core/records/database.ts'
import { KeyStore, openRootKey } from '../../../core/records/key-store.ts'
import { compileKind } from '../../../core/records/kind.ts'
import { keyFile } from '../../../core/records/partitions.ts'
import { RollupFile, type RowSource } from '../../../core/records/rollup-file.ts'
import { checkRollupQuery, RollupReader } from '../../../core/records/rollup-reader.ts'
import { DAY_MS, folder, masterKey, NEW_YEAR, USAGE } from './support.ts'

const { rollup } = compileKind('metering', 'usage', {
  ...USAGE,
  rollup: { by: ['consumer', 'route'], sum: ['tokens'] }
})
if (rollup === undefined) throw new TypeError('the kind has a rollup')
const layout = rollup
const DAY_KEY = Buffer.alloc(32, 1)
const PARTITION = '2026-01-01'

/** So many rows, of one token each. */
function rowsOf(count: number): RowSource {
  return {
    after(seq, limit) {
      const last = Math.min(count, seq + limit)
      const rows = Array.from({ length: last - seq }, () => ({
        id: '',
        at: NEW_YEAR,
        fields: { consumer: 'some', route: 'chat', tokens: 1 }
      }))
      return { rows, last, isAll: last === count }
    }
  }
}

async function open(t: { teardown(work: () => unknown): unknown }) {
  const directory = await folder(t)
  const root = await openRootKey(keyFile(directory), [masterKey()])
  const keys = new KeyStore(openDatabase(keyFile(directory)), root)
  const path = join(directory, 'figures.sqlite')
  const file = new RollupFile(path, layout, keys)
  const other = new RollupFile(path, layout, keys)
  t.teardown(() => {
    for (const opened of [file, other, keys]) opened.close()
  })
  const tokens = () => {
    const reader = RollupReader.open(path, layout, keys)
    const query = checkRollupQuery({ from: NEW_YEAR, to: NEW_YEAR + DAY_MS, by: ['consumer'] }, layout)
    const found = reader?.read(query).map(({ by, sums }) => [by.consumer, sums.tokens])
    reader?.close()
    return found
  }
  return { file, other, tokens, path, keys }
}

t.test('adds a bounded number of rows in one step, and each of them once', async t => {
  const { file, other, tokens } = await open(t)
  const source = rowsOf(4_100)
  let steps = 0
  while (file.add(PARTITION, DAY_KEY, source)) steps++
  t.equal(steps, 2)
  t.equal(other.add(PARTITION, DAY_KEY, source), false)
  t.strictSame(tokens(), [['some', 4_100]])
  file.add(PARTITION, DAY_KEY, rowsOf(4_101))
  t.strictSame(tokens(), [['some', 4_101]])
})

t.test('starts anew with a partition of another key, and only with that', async t => {
  const { file, tokens } = await open(t)
  file.add(PARTITION, DAY_KEY, rowsOf(10))
  file.add(PARTITION, Buffer.alloc(32, 2), rowsOf(3))
  file.add(PARTITION, Buffer.alloc(32, 2), rowsOf(3))
  file.add(`${PARTITION}.1`, DAY_KEY, rowsOf(1))
  t.strictSame(tokens(), [['some', 14]])
})

t.test('rows that somebody else adds in between are not added again', async t => {
  const { file, other, tokens } = await open(t)
  const source = rowsOf(5)
  let isFirst = true
  const between: RowSource = {
    after(seq, limit) {
      if (isFirst) {
        isFirst = false
        other.add(PARTITION, DAY_KEY, source)
      }
      return source.after(seq, limit)
    }
  }
  t.equal(file.add(PARTITION, DAY_KEY, between), true, 'is to be asked again')
  t.equal(file.add(PARTITION, DAY_KEY, between), false)
  t.strictSame(tokens(), [['some', 5]])
})

t.test('rows that cannot be added leave nothing behind', async t => {
  const { file, tokens } = await open(t)
  const broken: RowSource = {
    after: () => ({
      rows: [
        { id: '', at: NEW_YEAR, fields: { consumer: 'new', route: 'never-seen', tokens: 1 } },
        { id: '', at: NEW_YEAR, fields: { consumer: 'new', route: 'chat', tokens: 1.5 } }
      ],
      last: 2,
      isAll: true
    })
  }
  t.throws(() => file.add(PARTITION, DAY_KEY, broken))
  t.strictSame(tokens(), [])
  file.add(PARTITION, DAY_KEY, rowsOf(2))
  t.strictSame(tokens(), [['some', 2]])
})

t.test('whose key is gone has no name any more, and cannot be asked for', async t => {
  const { file, tokens, keys, path } = await open(t)
  file.add(PARTITION, DAY_KEY, rowsOf(2))
  keys.destroySubject('some', ['billing'])
  t.strictSame(tokens(), [[undefined, 2]])
  const reader = RollupReader.open(path, layout, keys)
  const asked = { from: NEW_YEAR, to: NEW_YEAR + DAY_MS, where: { consumer: 'some' } }
  t.strictSame(reader?.read(checkRollupQuery(asked, layout)), [])
  reader?.close()
})
