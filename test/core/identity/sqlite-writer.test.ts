import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { KEPT_CHANGES } from '../../../core/identity/sqlite-file.ts'
import write from '../../../core/identity/sqlite-writer.ts'
import { consumerRow, credentialRow, deleting, putting } from './support.ts'

function changesIn(file: string): readonly unknown[] {
  const database = new DatabaseSync(file)
  const changes = database.prepare('SELECT change FROM changes ORDER BY sequence').all()
  database.close()
  return changes.map(({ change }) => change)
}

t.test('notes each change in the transaction that makes it, and none of a batch that is not written', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  const key = credentialRow('k', 'team', 'secret')
  t.equal(write({ file, mutations: [putting('consumer', consumerRow('team'))] }), undefined)
  t.equal(write({ file, mutations: [putting('consumer', consumerRow('other')), deleting('group', 'x')] }), 'missing')
  t.equal(write({ file, mutations: [putting('credential', key)] }), undefined)
  t.equal(write({ file, mutations: [deleting('credential', 'k')] }), undefined)
  const change = `credential key-auth ${key.digest}`
  t.strictSame(changesIn(file), ['consumer team', change, change])
})

t.test('keeps the newest changes alone', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  write({ file, mutations: Array.from({ length: KEPT_CHANGES }, (_, n) => putting('consumer', consumerRow(`c${n}`))) })
  t.equal(changesIn(file).length, KEPT_CHANGES)
  write({ file, mutations: [putting('consumer', consumerRow('last'))] })
  const changes = changesIn(file)
  t.strictSame([changes.length, changes[0], changes.at(-1)], [KEPT_CHANGES, 'consumer c1', 'consumer last'])
})

t.test('leaves nothing half done when SQLite fails', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  write({ file, mutations: [putting('consumer', consumerRow('team'))] })
  const stranger = new DatabaseSync(file)
  stranger.exec("CREATE TRIGGER no BEFORE INSERT ON groups BEGIN SELECT RAISE(ABORT, 'no'); END")
  const mutations = [
    putting('consumer', consumerRow('other')),
    { kind: 'group', id: 'g', revision: 0, row: '{}' } as const
  ]
  t.throws(() => write({ file, mutations }), /no/)
  stranger.exec('DROP TRIGGER no')
  stranger.close()
  t.strictSame(changesIn(file), ['consumer team'])
  t.equal(write({ file, mutations: [putting('consumer', consumerRow('other'))] }), undefined, 'and it goes on')
})
