import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { LimitJournal } from '../../../core/store/limit-journal.ts'

const NOW_AT = Date.UTC(2026, 5, 1)

function openJournal(
  t: { testdir(fixture?: Record<string, string>): string },
  file = join(t.testdir(), 'limits.sqlite'),
  at = () => NOW_AT
) {
  const failures: string[] = []
  const journal = LimitJournal.open(file, { now: at, failed: code => failures.push(code) })
  return { file, journal, failures }
}

const counter = (name: string, untilAt = Number.POSITIVE_INFINITY, used = 1) => ({
  keep: () => ({ name, algorithm: 'total', window: 0, untilAt, state: [used, 0, -1] })
})

t.test('keeps what has changed, as it stands when it is written', async t => {
  const { file, journal } = openJournal(t)
  let used = 1
  const changing = { keep: () => counter('a', Number.POSITIVE_INFINITY, used).keep() }
  journal.changed(changing)
  used = 5
  journal.changed(changing)
  journal.changed({ keep: () => undefined })
  const kept = journal.flushed()
  journal.flush()
  await kept
  t.equal(journal.flushed(), undefined)
  t.strictSame(LimitJournal.peek(file, NOW_AT), [counter('a', Number.POSITIVE_INFINITY, 5).keep()])
  t.equal(statSync(file).mode & 0o777, 0o600, 'nobody else can read it')
  t.strictSame(journal.health(), { status: 'ok' })
  await journal.close()
})

t.test('writes by itself at the end of the turn', async t => {
  const { file, journal } = openJournal(t)
  journal.changed(counter('a'))
  await journal.flushed()
  t.equal(LimitJournal.peek(file, NOW_AT).length, 1)
  await journal.close()
})

t.test('what counts for nothing is not read, and deleted after a while', async t => {
  let nowAt = NOW_AT
  const { file, journal } = openJournal(t, undefined, () => nowAt)
  journal.changed(counter('over', NOW_AT + 1_000))
  journal.changed(counter('on', NOW_AT + 1_000_000))
  journal.flush()
  nowAt += 2_000
  t.strictSame(
    journal.read().map(({ name }) => name),
    ['on']
  )
  for (let commit = 0; commit < 64; commit++) {
    journal.changed(counter('on', NOW_AT + 1_000_000, commit))
    journal.flush()
  }
  t.equal(LimitJournal.peek(file, NOW_AT).length, 1, 'not even as of then')
  await journal.close()
})

t.test('belongs to one gateway at a time', async t => {
  const { file, journal } = openJournal(t)
  t.throws(() => openJournal(t, file), { code: 'TACIT_LIMITS_TAKEN' })
  await journal.close()
  await openJournal(t, file).journal.close()
})

t.test('a file that is no journal is refused, and rows that are none are passed over', async t => {
  const file = join(
    t.testdir({ 'limits.sqlite': 'not a database, and long enough to be told from an empty one' }),
    'limits.sqlite'
  )
  t.throws(() => openJournal(t, file), { code: 'TACIT_LIMITS_UNREADABLE' })
  t.strictSame(LimitJournal.peek(file, NOW_AT), [])
  const { file: sound, journal } = openJournal(t, join(t.testdir(), 'limits.sqlite'))
  journal.changed(counter('sound'))
  await journal.close()
  const database = new DatabaseSync(sound)
  for (const state of ['{', '{}', '["1"]', 'null']) {
    database.prepare('INSERT INTO counters VALUES (?, ?, 0, NULL, ?)').run(state, 'total', state)
  }
  database.close()
  t.strictSame(
    LimitJournal.peek(sound, NOW_AT).map(({ name }) => name),
    ['sound']
  )
})

t.test('what cannot be written is told once, seen in health, and written later', async t => {
  const { file, journal, failures } = openJournal(t)
  const other = new DatabaseSync(file)
  other.exec('DROP TABLE counters')
  journal.changed(counter('a'))
  journal.flush()
  journal.changed(counter('b'))
  journal.flush()
  t.equal(failures.length, 1)
  t.match(journal.health(), { status: 'degraded' })
  other.exec(
    'CREATE TABLE counters (name TEXT NOT NULL, algorithm TEXT NOT NULL, window INTEGER NOT NULL, until INTEGER, state TEXT NOT NULL, PRIMARY KEY (name, algorithm, window)) STRICT, WITHOUT ROWID'
  )
  other.close()
  journal.flush()
  t.equal(LimitJournal.peek(file, NOW_AT).length, 2)
  t.strictSame(journal.health(), { status: 'ok' })
  await journal.close()
})
