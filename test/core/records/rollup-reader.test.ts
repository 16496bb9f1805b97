import { join } from 'node:path'
import t from 'tap'
import { openDatabase, transaction } from '../../../core/records/database.ts'
import { KeyStore, openRootKey } from '../../../core/records/key-store.ts'
import { keyFile } from '../../../core/records/partitions.ts'
import type { RollupLayout } from '../../../core/records/rollup-layout.ts'
import { checkRollupQuery, RollupReader } from '../../../core/records/rollup-reader.ts'
import { addStatement, prepareTables } from '../../../core/records/rollup-tables.ts'
import { DAY_MS, folder, masterKey, NEW_YEAR } from './support.ts'

const LAYOUT: RollupLayout = {
  by: [{ name: 'route', isOwned: false, isWord: false }],
  subject: 'consumer',
  sums: [{ name: 'cost', isBig: true }],
  counts: []
}

t.test('knows what can be asked', async t => {
  const day = { from: NEW_YEAR, to: NEW_YEAR + DAY_MS }
  t.match(checkRollupQuery({ ...day, by: ['route'], where: { consumer: null, route: undefined } }, LAYOUT), {
    bounds: [NEW_YEAR, NEW_YEAR + DAY_MS],
    by: ['route'],
    where: [['consumer', null]]
  })
  const wrong = { code: 'TACIT_QUERY_INVALID' }
  const strange = { ...day, order: 'newest' }
  t.throws(() => checkRollupQuery(strange, LAYOUT), wrong)
  t.throws(() => checkRollupQuery({ ...day, by: ['route', 'route'] }, LAYOUT), wrong)
  t.throws(() => checkRollupQuery({ ...day, by: ['cost'] }, LAYOUT), wrong)
  t.throws(() => checkRollupQuery({ from: Number.NaN, to: 1 }, LAYOUT), wrong)
})

t.test('answers with a bounded number of figures, and reads everybody’s from cells of their own', async t => {
  const directory = await folder(t)
  const path = join(directory, 'figures.sqlite')
  const keys = new KeyStore(openDatabase(keyFile(directory)), await openRootKey(keyFile(directory), [masterKey()]))
  const database = openDatabase(path)
  t.teardown(() => {
    database.close()
    keys.close()
  })
  t.equal(RollupReader.open(join(directory, 'none.sqlite'), LAYOUT, keys), undefined)
  transaction(database, () => {
    prepareTables(database, LAYOUT)
    const own = addStatement(database, LAYOUT, 'sum', 'day')
    const subject = database.prepare('INSERT INTO subjects VALUES (?, ?, ?)')
    const bytes = (number: number) => Buffer.from(String(number).padStart(16, '0'))
    for (let number = 1; number <= 50_001; number++) {
      subject.run(number, bytes(number), bytes(number))
      own.run(NEW_YEAR, number, 1, 1, 0)
    }
    addStatement(database, LAYOUT, 'all', 'day').run(NEW_YEAR, 0, 50_001, 2, 5)
  })
  const reader = RollupReader.open(path, LAYOUT, keys)
  t.teardown(() => reader?.close())
  const day = { from: NEW_YEAR, to: NEW_YEAR + DAY_MS }
  t.strictSame(reader?.read(checkRollupQuery(day, LAYOUT)), [
    { at: NEW_YEAR, by: {}, rows: 50_001, sums: { cost: 2_000_000_005n } }
  ])
  t.throws(() => reader?.read(checkRollupQuery({ ...day, by: ['consumer'] }, LAYOUT)), {
    code: 'TACIT_QUERY_INVALID',
    message: /more than 50000 figures/
  })
})
