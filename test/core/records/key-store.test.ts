import t from 'tap'
import { openDatabase } from '../../../core/records/database.ts'
import { KeyStore, openRootKey, readRootKey } from '../../../core/records/key-store.ts'
import { keyFile } from '../../../core/records/partitions.ts'
import { newKey } from '../../../core/records/sealing.ts'
import { filesWith, folder, masterKey } from './support.ts'

type Tap = Parameters<typeof folder>[0]

async function open(t: Tap) {
  const file = keyFile(await folder(t))
  const root = await openRootKey(file, [masterKey()])
  const keys = new KeyStore(openDatabase(file), root)
  t.teardown(() => keys.close())
  return { file, root, keys, again: () => new KeyStore(openDatabase(file), root) }
}

t.test('keeps keys over a restart, each for its day or its subject', async t => {
  const { keys, again } = await open(t)
  const day = keys.needDayKey('a.b', '2026-01-01')
  const subject = keys.needSubjectKey(keys.subjectId('usage', 'someone'))
  t.strictSame(keys.needDayKey('a.b', '2026-01-01'), day)
  t.notOk(keys.needDayKey('a.b', '2026-01-02').equals(day))
  t.notOk(keys.needSubjectKey(keys.subjectId('billing', 'someone')).equals(subject), 'another key for another class')
  const other = again()
  t.strictSame(other.dayKey('a.b', '2026-01-01'), day)
  t.strictSame(other.subjectKey(other.subjectId('usage', 'someone')), subject)
  other.close()
})

t.test('has one root key, however many open a new store at once', async t => {
  const file = keyFile(await folder(t))
  const [first, second] = await Promise.all([openRootKey(file, [masterKey()]), openRootKey(file, [masterKey()])])
  t.strictSame(Buffer.from(second.key), Buffer.from(first.key))
})

t.test('makes no key by being asked for one', async t => {
  const { keys } = await open(t)
  t.equal(keys.dayKey('a.b', '2026-01-01'), undefined)
  t.equal(keys.subjectKey(keys.subjectId('usage', 'someone')), undefined)
})

t.test('destroys keys so that no byte of them is left', async t => {
  const { file, keys, again } = await open(t)
  const id = keys.subjectId('usage', 'canary-subject')
  keys.needSubjectKey(id)
  keys.needDayKey('canary.kind', '2026-01-01')
  const folder = file.replace(/\/[^/]+$/, '')
  t.ok(filesWith(folder, 'canary.kind').length > 0)
  t.equal(filesWith(folder, 'canary-subject').length, 0, 'subjects are not listed')
  t.equal(keys.destroyDay('canary.kind', '2026-01-01'), true)
  t.equal(keys.destroyDay('canary.kind', '2026-01-01'), false)
  t.strictSame(keys.destroySubject('canary-subject', ['usage', 'billing']), ['usage'])
  t.equal(keys.dayKey('canary.kind', '2026-01-01'), undefined)
  t.equal(keys.subjectKey(id), undefined)
  t.equal(filesWith(folder, 'canary.kind').length, 0)
  const other = again()
  t.equal(other.subjectKey(id), undefined)
  other.close()
})

t.test('goes on with the keys it has when the master key is another, if the old one is named', async t => {
  const { file, root, keys } = await open(t)
  const day = keys.needDayKey('a.b', '2026-01-01')
  await t.rejects(openRootKey(file, [masterKey('6b')]), { code: 'TACIT_MASTER_KEY_WRONG' })
  t.strictSame(await openRootKey(file, [masterKey('6b'), masterKey()]), root)
  t.strictSame(await openRootKey(file, [masterKey('6b')]), root, 'the old one is needed no more')
  await t.rejects(openRootKey(file, [masterKey()]), { code: 'TACIT_MASTER_KEY_WRONG' })
  await t.rejects(openRootKey(file, []), { code: 'TACIT_MASTER_KEY_WRONG' })
  t.strictSame(keys.dayKey('a.b', '2026-01-01'), day)
})

t.test('is opened by whatever seals keys, such as a key service', async t => {
  const file = keyFile(await folder(t))
  const calls: string[] = []
  const service = {
    id: 'service:1',
    wrap: async (key: Uint8Array) => {
      calls.push('wrap')
      return Buffer.from(key).reverse()
    },
    unwrap: async (wrapped: Uint8Array) => {
      calls.push('unwrap')
      return Buffer.from(wrapped).reverse()
    }
  }
  const root = await openRootKey(file, [service])
  t.strictSame(Buffer.from((await openRootKey(file, [service])).key), Buffer.from(root.key))
  t.strictSame(calls, ['wrap', 'unwrap'], 'asked once at each start, and for no row')
})

t.test('seals all keys anew with another root key', async t => {
  const { file, keys } = await open(t)
  const day = keys.needDayKey('a.b', '2026-01-01')
  const id = keys.subjectId('usage', 'someone')
  const subject = keys.needSubjectKey(id)
  const next = newKey()
  keys.rotate(next, await masterKey().wrap(next), masterKey().id)
  const database = openDatabase(file)
  const root = await readRootKey(database, [masterKey()])
  t.equal(root.generation, 2)
  t.strictSame(Buffer.from(root.key), next)
  const other = new KeyStore(database, root)
  t.strictSame(other.dayKey('a.b', '2026-01-01'), day)
  t.strictSame(other.subjectId('usage', 'someone'), id)
  t.strictSame(other.subjectKey(id), subject)
  other.close()
})

t.test('uses no key that did not reach the disk', async t => {
  const { keys } = await open(t)
  t.throws(() =>
    keys.together(() => {
      keys.needDayKey('a.b', '2026-01-01')
      throw new RangeError('disk full')
    })
  )
  t.equal(keys.dayKey('a.b', '2026-01-01'), undefined)
})
