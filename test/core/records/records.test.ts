import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import { Records } from '../../../core/records/records.ts'
import { ManualClock } from '../../support/clock.ts'
import {
  ACCOUNT,
  CONSUMERS,
  DAY_MS,
  filesWith,
  folder,
  LIVES,
  masterKey,
  openTestRecords,
  USAGE,
  usageRow,
  vocabulary
} from './support.ts'

t.test('keeps rows that were appended, and gives them back', async t => {
  const clock = new ManualClock()
  const records = await openTestRecords(t, clock)
  const kind = records.kind('metering', 'usage', USAGE)
  for (let index = 0; index < 3_000; index++) records.append(kind, usageRow(index, clock.now()))
  await records.flush()
  t.equal(records.waitingBytes, 0)
  t.equal((await records.query('metering.usage', { limit: 1_000 })).rows.length, 1_000)
  t.equal(
    (await records.query('metering.usage', { where: { consumer: CONSUMERS[0] as string }, limit: 1 })).rows.length,
    1
  )
  t.strictSame((await records.query('no.kind', {})).rows, [])
})

t.test('hands rows over by itself', async t => {
  const clock = new ManualClock()
  const records = await openTestRecords(t, clock)
  const kind = records.kind('metering', 'usage', USAGE)
  records.append(kind, usageRow(1, clock.now()))
  // Nothing tells when a row of somebody else is on the disk, so it is asked for again and again.
  while ((await records.query('metering.usage', {})).rows.length === 0);
  t.pass()
})

t.test('gives every row a name of its own where its kind has none', async t => {
  const clock = new ManualClock()
  const records = await openTestRecords(t, clock)
  const kind = records.kind('privacy', 'account', ACCOUNT)
  for (let index = 0; index < 10; index++) records.append(kind, { consumer: CONSUMERS[0], contact: `canary ${index}` })
  await records.flush()
  const { rows } = await records.query('privacy.account', {})
  t.equal(new Set(rows.map(({ id }) => id)).size, 10)
  t.match(rows[0], { at: clock.now(), id: /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/ })
})

t.test('drops days whose rows have lived their lives: a second after seven days nothing is left', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const records = await openTestRecords(t, clock, { directory })
  const kind = records.kind('metering', 'usage', USAGE)
  records.append(kind, usageRow(1, clock.now()))
  await records.flush()
  t.ok(filesWith(directory, 'canary-route').length > 0)
  t.strictSame(await records.expire(), [])
  clock.advance(7 * DAY_MS + 1_000)
  t.strictSame((await records.query('metering.usage', {})).rows, [], 'is not read even before it is dropped')
  t.strictSame(await records.expire(), [{ kind: 'metering.usage', day: '2026-01-01' }])
  t.strictSame(filesWith(directory, 'canary-'), [])
  t.strictSame(filesWith(directory, '2026-01-01'), [], 'its key is gone, too')
  t.throws(() => records.append(kind, usageRow(2, clock.now() - 7 * DAY_MS - 1)), { code: 'TACIT_ROW_REFUSED' })
})

t.test('erases a subject with what was only just appended', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const records = await openTestRecords(t, clock, { directory })
  const kind = records.kind('metering', 'usage', USAGE)
  for (let index = 0; index < 20; index++) records.append(kind, usageRow(index, clock.now()))
  t.match(await records.erase(CONSUMERS[0] as string), { destroyed: ['usage'], rows: { 'metering.usage': 10 } })
  t.equal((await records.query('metering.usage', {})).rows.length, 10)
})

t.test('goes on through a rotation of the root key, and after a restart', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const records = await openTestRecords(t, clock, { directory })
  const kind = records.kind('metering', 'usage', USAGE)
  records.append(kind, usageRow(1, clock.now()))
  await records.rotate()
  records.append(kind, usageRow(2, clock.now()))
  await records.flush()
  t.equal((await records.query('metering.usage', {})).rows.length, 2)
  await records.close()
  const next = await openTestRecords(t, clock, { directory, masterKeys: [masterKey('6b'), masterKey()] })
  next.kind('metering', 'usage', USAGE)
  t.equal((await next.query('metering.usage', {})).rows.length, 2)
})

t.test('loses what its queue does not hold, counts it, and never waits', async t => {
  const codes: string[] = []
  const records = await openTestRecords(t, systemClock, { queueBytes: 100, failed: code => codes.push(code) })
  const kind = records.kind('metering', 'usage', USAGE)
  for (let index = 0; index < 100; index++) records.append(kind, usageRow(index, systemClock.now()))
  await t.rejects(records.flush(), { code: 'TACIT_ROWS_LOST' })
  t.equal(records.dropped, 100)
  t.strictSame(codes, ['QUEUE_FULL'])
})

t.test('says why it cannot be opened', async t => {
  const directory = await folder(t)
  await openTestRecords(t, systemClock, { directory })
  const options = { clock: systemClock, vocabulary: vocabulary(), lives: LIVES }
  await t.rejects(Records.open({ ...options, directory, masterKeys: [masterKey('6b')] }), {
    code: 'TACIT_MASTER_KEY_WRONG'
  })
  const blocked = join(directory, 'file')
  mkdirSync(blocked)
  chmodSync(blocked, 0o500)
  const inFile = join(directory, 'keys.sqlite', 'deeper')
  await t.rejects(Records.open({ ...options, directory: inFile, masterKeys: [masterKey()] }), {
    code: 'TACIT_RECORDS_UNWRITABLE'
  })
})

t.test('takes a kind that has changed beside rows of before', async t => {
  const clock = new ManualClock()
  const records = await openTestRecords(t, clock)
  const before = records.kind('metering', 'usage', USAGE)
  t.equal(records.kind('metering', 'usage', USAGE), before, 'the same is the same')
  records.append(before, usageRow(1, clock.now()))
  const after = records.kind('metering', 'usage', { ...USAGE, clear: [...USAGE.clear, 'end'] })
  records.append(after, usageRow(2, clock.now()))
  await records.flush()
  const { rows } = await records.query('metering.usage', {})
  t.strictSame(
    rows.map(({ fields }) => [fields.tokens, fields.end]),
    [
      [2, 'complete'],
      [1, 'complete']
    ]
  )
  t.equal((await records.query('metering.usage', { where: { end: 'complete' } })).rows.length, 1)
})
