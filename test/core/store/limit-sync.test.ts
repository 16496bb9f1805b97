import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import sync from '../../../core/store/limit-sync.ts'

t.test('brings what was committed into the file', async t => {
  const file = join(t.testdir(), 'limits.sqlite')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE a (b BLOB)')
  database.prepare('INSERT INTO a VALUES (?)').run(new Uint8Array(100_000))
  const before = statSync(file).size
  sync(file)
  t.ok(statSync(file).size >= before + 100_000)
  database.close()
})

t.test('tells what is no database', async t => {
  t.throws(() => sync(join(t.testdir(), 'nowhere', 'limits.sqlite')))
})
