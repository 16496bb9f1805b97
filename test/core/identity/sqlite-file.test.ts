import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openForReading, openForWriting } from '../../../core/identity/sqlite-file.ts'

t.test('is for its owner alone, survives a power cut, and is read beside a writer', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  const writing = openForWriting(file, 1_000)
  t.teardown(() => writing.close())
  for (const each of [file, `${file}-wal`, `${file}-shm`]) t.equal(statSync(each).mode & 0o777, 0o600, each)
  t.match(writing.prepare('PRAGMA journal_mode').get(), { journal_mode: 'wal' })
  t.match(writing.prepare('PRAGMA synchronous').get(), { synchronous: 2 })
  const reading = openForReading(file)
  t.teardown(() => reading.close())
  writing.exec("BEGIN IMMEDIATE; INSERT INTO groups VALUES ('g', '{}')")
  t.strictSame(reading.prepare('SELECT id FROM groups').all(), [])
  writing.exec('COMMIT')
  t.match(reading.prepare('SELECT id FROM groups').all(), [{ id: 'g' }])
  t.throws(() => reading.exec("INSERT INTO groups VALUES ('h', '{}')"), /readonly|read-only|attempt to write/i)
})

t.test('opened again it keeps what it holds', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  const first = openForWriting(file, 1_000)
  first.exec("INSERT INTO groups VALUES ('g', '{}')")
  first.close()
  const again = openForWriting(file, 1_000)
  t.teardown(() => again.close())
  t.match(again.prepare('SELECT id FROM groups').all(), [{ id: 'g' }])
})

t.test('what is deleted is not left in the file', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  const database = openForWriting(file, 1_000)
  database.exec("INSERT INTO groups VALUES ('g', 'a-row-to-look-for')")
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  t.match(readFileSync(file, 'latin1'), /a-row-to-look-for/)
  database.exec('DELETE FROM groups; PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  t.notMatch(readFileSync(file, 'latin1'), /a-row-to-look-for/)
})
