import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  bytesOf,
  integerOf,
  openDatabase,
  openForReading,
  openLock,
  rowsOf,
  textOf,
  transaction,
  truncateJournal
} from '../../../core/records/database.ts'
import { filesIn, folder } from './support.ts'

t.test('makes files that nobody else can read', async t => {
  const directory = await folder(t)
  const database = openDatabase(join(directory, 'deep', 'some.sqlite'))
  database.exec('CREATE TABLE a (b)')
  for (const file of filesIn(directory)) t.equal(statSync(file).mode & 0o777, 0o600, file)
  t.equal(filesIn(directory).length, 3, 'the database and its journals')
  t.equal(statSync(join(directory, 'deep')).mode & 0o777, 0o700)
  database.close()
})

t.test('is durable at each commit, and overwrites what is deleted', async t => {
  const file = join(await folder(t), 'some.sqlite')
  const database = openDatabase(file)
  t.equal(database.prepare('PRAGMA synchronous').get()?.synchronous, 2)
  t.equal(database.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal')
  database.exec("CREATE TABLE a (b); INSERT INTO a VALUES ('canary')")
  truncateJournal(database)
  t.ok(readFileSync(file).includes('canary'))
  database.exec('DELETE FROM a')
  truncateJournal(database)
  t.notOk(readFileSync(file).includes('canary'), 'the freed page holds nothing')
  t.equal(statSync(`${file}-wal`).size, 0)
  database.close()
})

t.test('does all of a transaction or nothing', async t => {
  const database = openDatabase(join(await folder(t), 'some.sqlite'))
  database.exec('CREATE TABLE a (b)')
  t.equal(
    transaction(database, () => {
      database.exec('INSERT INTO a VALUES (1)')
      return 'done'
    }),
    'done'
  )
  t.throws(
    () =>
      transaction(database, () => {
        database.exec('INSERT INTO a VALUES (2)')
        throw new RangeError('no')
      }),
    RangeError
  )
  t.equal(rowsOf(database.prepare('SELECT * FROM a')).length, 1)
  database.close()
})

t.test('locks a file for one at a time', async t => {
  const file = join(await folder(t), 'some.lock')
  const first = openLock(file)
  first.exec('BEGIN EXCLUSIVE')
  const second = openLock(file)
  t.throws(() => second.exec('BEGIN EXCLUSIVE'))
  first.close()
  second.exec('BEGIN EXCLUSIVE')
  second.close()
})

t.test('reads beside a writer, and changes nothing', async t => {
  const file = join(await folder(t), 'some.sqlite')
  const database = openDatabase(file)
  database.exec("CREATE TABLE a (n, t, b); INSERT INTO a VALUES (1, 'one', x'01')")
  const reader = openForReading(file)
  const row = reader.prepare('SELECT * FROM a').get()
  t.equal(integerOf(row, 'n'), 1)
  t.equal(textOf(row, 't'), 'one')
  t.strictSame(Buffer.from(bytesOf(row, 'b')), Buffer.of(1))
  for (const wrong of [
    () => integerOf(row, 't'),
    () => textOf(row, 'b'),
    () => bytesOf(row, 'n'),
    () => integerOf(undefined, 'n')
  ]) {
    t.throws(wrong, TypeError)
  }
  t.throws(() => reader.exec('DELETE FROM a'))
  reader.close()
  database.close()
})
