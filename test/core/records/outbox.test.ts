import t from 'tap'
import { openDatabase } from '../../../core/records/database.ts'
import { KeyStore, openRootKey } from '../../../core/records/key-store.ts'
import { Outbox } from '../../../core/records/outbox.ts'
import { keyFile, outboxFile } from '../../../core/records/partitions.ts'
import { DAY_MS, filesWith, folder, masterKey, NEW_YEAR } from './support.ts'

async function open(t: Parameters<typeof folder>[0], at?: string) {
  const directory = at ?? (await folder(t))
  const root = await openRootKey(keyFile(directory), [masterKey()])
  const keys = new KeyStore(openDatabase(keyFile(directory)), root)
  const outbox = new Outbox(openDatabase(outboxFile(directory)), keys)
  return { directory, keys, outbox }
}

const event = (index: number, subject = 'canary-team', webhooks = ['one']) => ({
  at: NEW_YEAR + index,
  name: 'budget.exceeded',
  subject,
  data: `{"spent":${index},"who":"canary-team"}`,
  webhooks
})
const settled = (seq: number, outcome: 'delivered' | 'retry' | 'dead', dueAt = 0) => ({
  webhook: 'one',
  seq,
  outcome,
  dueAt,
  code: 'HTTP_503'
})

t.test('gives events back in order, of each subject one at a time', async t => {
  const { outbox } = await open(t)
  t.equal(outbox.add([event(1), event(2), event(3, 'other'), event(4, ''), event(5, '')]), 0)
  const seen = () => outbox.due('one', NEW_YEAR + 99, 10).map(({ data }) => JSON.parse(data).spent)
  t.strictSame(seen(), [1, 3, 4, 5], 'the second of the first subject waits')
  outbox.settle([settled(1, 'retry', NEW_YEAR + 1_000)])
  t.strictSame(seen(), [3, 4, 5], 'and goes on waiting while the first is tried again')
  t.equal(outbox.due('one', NEW_YEAR + 1_000, 1)[0]?.attempts, 1)
  outbox.settle([settled(1, 'delivered')])
  t.strictSame(seen(), [2, 3, 4, 5])
  t.strictSame(outbox.due('two', NEW_YEAR + 99, 10), [])
  t.strictSame(outbox.due('one', NEW_YEAR, 10), [], 'not before its time')
  outbox.close()
})

t.test('removes an event once every webhook has it', async t => {
  const { directory, outbox } = await open(t)
  outbox.add([event(1, 'canary-team', ['one', 'two'])])
  outbox.settle([settled(1, 'delivered')])
  t.strictSame(outbox.counts(), { waiting: 1, dead: 0 })
  outbox.settle([{ ...settled(1, 'delivered'), webhook: 'two' }])
  t.strictSame(outbox.counts(), { waiting: 0, dead: 0 })
  t.equal(outbox.nextDueAt(), undefined)
  outbox.close()
  t.strictSame(filesWith(directory, 'budget.exceeded'), [])
})

t.test('keeps events over a restart, and readable to nobody', async t => {
  const { directory, keys, outbox } = await open(t)
  outbox.add([event(1)])
  t.strictSame(filesWith(directory, 'canary-team'), [])
  outbox.close()
  keys.close()
  const next = await open(t, directory)
  t.match(next.outbox.due('one', NEW_YEAR + 1, 1), [
    { name: 'budget.exceeded', data: '{"spent":1,"who":"canary-team"}' }
  ])
  t.equal(next.outbox.nextDueAt(), NEW_YEAR + 1)
  next.outbox.close()
})

t.test('lists dead letters, and has one or all of them sent again', async t => {
  const { directory, outbox } = await open(t)
  outbox.add([event(1), event(2), event(3)])
  for (const seq of [1, 2]) outbox.settle([settled(seq, 'dead')])
  t.equal(outbox.due('one', NEW_YEAR + 99, 1)[0]?.seq, 3, 'those behind a dead letter go on')
  const looking = new Outbox(openDatabase(outboxFile(directory)), undefined)
  const [first, second] = looking.dead()
  t.match(first, { webhook: 'one', name: 'budget.exceeded', attempts: 1, code: 'HTTP_503', at: NEW_YEAR + 1 })
  t.equal(looking.replay(NEW_YEAR + 500, first?.id), 1)
  t.strictSame(looking.dead(), [second])
  t.equal(looking.replay(NEW_YEAR + 500), 1)
  t.equal(looking.replay(NEW_YEAR + 500, 'evt_none'), 0)
  looking.close()
  t.strictSame(
    outbox.due('one', NEW_YEAR + 500, 9).map(({ seq, attempts }) => [seq, attempts]),
    [[1, 0]]
  )
  outbox.close()
})

t.test('has nothing left of a subject that was erased, or of what nobody took in time', async t => {
  const { directory, keys, outbox } = await open(t)
  outbox.add([event(1), event(2, 'other')])
  t.equal(outbox.erase('canary-team'), 1)
  t.equal(outbox.counts().waiting, 1)
  outbox.add([event(3)])
  keys.destroySubject('canary-team', ['account'])
  t.strictSame(
    outbox.due('one', NEW_YEAR + 99, 9).map(({ seq }) => seq),
    [2],
    'without its key an event is none'
  )
  t.equal(outbox.counts().waiting, 1)
  outbox.tidy(['one'], NEW_YEAR + DAY_MS)
  t.equal(outbox.counts().waiting, 0)
  t.equal(keys.dayKey('core.events', '2026-01-01'), undefined)
  t.strictSame(filesWith(directory, 'budget.exceeded'), [])
  outbox.add([event(5)])
  outbox.tidy([], 0)
  t.equal(outbox.counts().waiting, 0, 'its webhook is no more')
  outbox.close()
})
