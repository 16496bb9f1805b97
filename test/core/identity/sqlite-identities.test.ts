import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import { SqliteIdentities } from '../../../core/identity/sqlite-identities.ts'
import { ManualClock } from '../../support/clock.ts'
import { conforms, consumerRow, credentialRow, deleting, digestOf, Listener, putting } from './support.ts'

type Test = { testdir(): string; teardown(close: () => unknown): unknown }

let files = 0
function open(t: Test, file = join(t.testdir(), `${++files}.sqlite`)): SqliteIdentities {
  const store = new SqliteIdentities(file, systemClock)
  t.teardown(() => store.close())
  return store
}

t.test('does what every store does', async t => {
  const folder = t.testdir()
  await conforms(t, async () => open(t, join(folder, `${++files}.sqlite`)))
})

t.test('two that share a file see what the other has written, when they look', async t => {
  const file = join(t.testdir(), 'shared.sqlite')
  const [one, other] = [open(t, file), open(t, file)]
  const listener = new Listener()
  other.follow(listener)
  other.look()
  t.strictSame(listener.told, [])
  const key = credentialRow('k', 'team', 'secret')
  await one.write([putting('consumer', consumerRow('team'))])
  await one.write([putting('credential', key)])
  await one.write([deleting('credential', 'k')])
  other.look()
  const change = { kind: 'credential', plugin: 'key-auth', digest: key.digest }
  t.strictSame(listener.told, [{ kind: 'consumer', id: 'team' }, change, change])
  other.look()
  t.equal(listener.told.length, 3, 'nothing twice')
})

t.test('confirms the moment of each look', async t => {
  const clock = new ManualClock()
  const store = new SqliteIdentities(join(t.testdir(), 'x.sqlite'), clock)
  t.teardown(() => store.close())
  const listener = new Listener()
  store.follow(listener)
  clock.advance(700)
  store.look()
  t.equal(listener.confirmedMs, 700)
})

t.test('keeps what was written when it is opened again', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  const first = new SqliteIdentities(file, systemClock)
  await first.write([putting('consumer', consumerRow('team'))])
  await first.write([putting('credential', credentialRow('k', 'team', 'secret'))])
  await first.close()
  t.equal(open(t, file).find('key-auth', digestOf('secret'))?.credential?.id, 'k')
})

t.test('says that everything may have changed when it cannot say what has', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  const store = open(t, file)
  const listener = new Listener()
  store.follow(listener)
  await store.write([putting('consumer', consumerRow('team'))])
  store.look()
  const stranger = new DatabaseSync(file)
  stranger.exec("INSERT INTO changes (change) VALUES ('nonsense')")
  store.look()
  stranger.exec(
    "INSERT INTO changes (change) VALUES ('consumer a'), ('consumer b'); DELETE FROM changes WHERE change = 'consumer a'"
  )
  store.look()
  stranger.exec("DELETE FROM changes; UPDATE sqlite_sequence SET seq = 0 WHERE name = 'changes'")
  store.look()
  stranger.close()
  t.strictSame(listener.told, [{ kind: 'consumer', id: 'team' }, 'all', 'all', 'all'])
})

t.test('believes no row that is none', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  const store = open(t, file)
  await store.write([putting('consumer', consumerRow('team'))])
  await store.write([putting('credential', credentialRow('k', 'team', 'secret'))])
  const stranger = new DatabaseSync(file)
  stranger.exec('UPDATE consumers SET row = \'{"id":"team","blocked":0}\'')
  t.match(store.find('key-auth', digestOf('secret')), { credential: { id: 'k' }, consumer: undefined })
  stranger.exec("UPDATE credentials SET row = '{'")
  t.equal(store.find('key-auth', digestOf('secret')), undefined)
  stranger.close()
})

t.test('a look-up never waits for a writer, and a write waits for another', async t => {
  const file = join(t.testdir(), 'x.sqlite')
  const store = open(t, file)
  await store.write([putting('consumer', consumerRow('team'))])
  const stranger = new DatabaseSync(file)
  stranger.exec('BEGIN IMMEDIATE')
  t.equal(typeof store.read('consumer', 'team'), 'string')
  const written = store.write([putting('consumer', consumerRow('other'))])
  stranger.exec('COMMIT')
  stranger.close()
  t.equal(await written, undefined)
})

t.test('does not open what is no store of this version', async t => {
  const folder = t.testdir()
  const newer = join(folder, 'newer.sqlite')
  const database = new DatabaseSync(newer)
  database.exec('PRAGMA user_version = 99')
  database.close()
  for (const file of [newer, folder, '/nowhere/x.sqlite']) {
    t.throws(() => new SqliteIdentities(file, systemClock), { code: 'TACIT_IDENTITIES_UNREADABLE' }, file)
  }
})
