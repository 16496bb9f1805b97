import { appendFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Writer } from '../../../core/records/codec.ts'
import { openRootKey } from '../../../core/records/key-store.ts'
import { compileKind } from '../../../core/records/kind.ts'
import { keyFile, listDays, listPartitions, partitionFile } from '../../../core/records/partitions.ts'
import { checkQuery } from '../../../core/records/query.ts'
import { RecordReader } from '../../../core/records/reader.ts'
import { writeRow } from '../../../core/records/row.ts'
import {
  CONSUMERS,
  DAY_MS,
  filesIn,
  filesWith,
  folder,
  masterKey,
  NEW_YEAR,
  openTestWriter,
  USAGE,
  usageRow,
  vocabulary
} from './support.ts'

const kind = compileKind('metering', 'usage', USAGE)
const context = { vocabulary: vocabulary(), now: 0, oldest: 0, youngest: NEW_YEAR * 2, newId: () => {} }

function piece(rows: readonly Readonly<Record<string, unknown>>[]): Buffer {
  const writer = new Writer(Buffer.alloc(kind.mostBytes * rows.length))
  for (const row of rows) writeRow(writer, 0, kind, row, context)
  return writer.bytes.subarray(0, writer.offset)
}

async function open(directory: string) {
  const writer = await openTestWriter(directory)
  writer.setKind(0, kind)
  return writer
}

t.test('keeps a row once, however often it is handed over', async t => {
  const writer = await open(await folder(t))
  const rows = [usageRow(1, NEW_YEAR), usageRow(2, NEW_YEAR), usageRow(3, NEW_YEAR + DAY_MS)]
  t.equal(writer.write([piece(rows)]), 3)
  t.equal(writer.write([piece(rows), piece([usageRow(4, NEW_YEAR)])]), 1)
  t.equal(writer.write([piece([usageRow(5, NEW_YEAR), usageRow(5, NEW_YEAR)])]), 1)
  writer.close()
})

t.test('keeps each day in a file of its own, and drops a day with its key', async t => {
  const directory = await folder(t)
  const writer = await open(directory)
  writer.write([piece([usageRow(1, NEW_YEAR), usageRow(2, NEW_YEAR + DAY_MS)])])
  t.strictSame(listDays(directory, 'metering.usage'), ['2026-01-01', '2026-01-02'])
  const first = { kind: 'metering.usage', day: '2026-01-01' }
  t.strictSame(writer.expire([first, { kind: 'metering.usage', day: '2025-01-01' }]), [first])
  t.strictSame(listDays(directory, 'metering.usage'), ['2026-01-02'])
  t.strictSame(writer.expire([first]), [])
  writer.close()
})

t.test('finishes a removal that was cut short after the key was gone', async t => {
  const directory = await folder(t)
  const writer = await open(directory)
  const day = { kind: 'metering.usage', day: '2026-01-01' }
  writer.write([piece([usageRow(1, NEW_YEAR)])])
  writer.expire([day])
  appendFileSync(partitionFile(directory, day.kind, day.day), 'the rest of a file')
  t.strictSame(writer.expire([day]), [day])
  t.strictSame(listDays(directory, 'metering.usage'), [])
  writer.close()
})

t.test('keeps nothing of what is sealed readable on the disk, the subject least of all', async t => {
  const directory = await folder(t)
  const writer = await open(directory)
  writer.write([piece(Array.from({ length: 50 }, (_, index) => usageRow(index, NEW_YEAR)))])
  for (const text of [...CONSUMERS, 'canary-model', '192.0.2.']) t.strictSame(filesWith(directory, text), [], text)
  t.ok(filesWith(directory, 'canary-route').length > 0, 'what is clear can be seen')
  for (const file of filesIn(directory)) t.equal(statSync(file).mode & 0o077, 0, file)
  writer.close()
})

t.test('leaves no byte of a subject that was erased, clear columns included', async t => {
  const directory = await folder(t)
  const writer = await open(directory)
  const [first = '', second = ''] = CONSUMERS
  const mine = (index: number) =>
    usageRow(index, NEW_YEAR + (index % 2) * DAY_MS, { consumer: first, route: 'canary-route' })
  writer.write([piece(Array.from({ length: 300 }, (_, index) => mine(index)))])
  writer.write([piece([usageRow(900, NEW_YEAR, { consumer: second, route: 'other-route' })])])
  t.strictSame(writer.erase(first, ['billing']), { destroyed: [], rows: {} }, 'other classes are left alone')
  t.ok(filesWith(directory, 'canary-route').length > 0)
  const erasure = writer.erase(first, ['usage', 'billing'])
  t.strictSame(erasure, { destroyed: ['usage'], rows: { 'metering.usage': 300 } })
  for (const text of [first, 'canary-route']) t.strictSame(filesWith(directory, text), [], text)
  t.ok(filesWith(directory, 'other-route').length > 0, 'rows of others stay')
  t.strictSame(writer.erase(first, ['usage']), { destroyed: [], rows: { 'metering.usage': 0 } }, 'may be repeated')
  t.equal(writer.write([piece([mine(1)])]), 1, 'what comes later is kept, with another key')
  writer.close()
})

t.test('writes beside others in the same folder, each in a lane of its own, with the same keys', async t => {
  const directory = await folder(t)
  const first = await open(directory)
  const second = await open(directory)
  first.write([piece([usageRow(1, NEW_YEAR)])])
  second.write([piece([usageRow(2, NEW_YEAR)])])
  t.strictSame(listPartitions(directory, 'metering.usage'), ['2026-01-01', '2026-01-01.1'])
  t.strictSame(first.erase(CONSUMERS[0] as string, ['usage']).rows, { 'metering.usage': 1 }, 'erases what others wrote')
  t.equal(second.write([piece([usageRow(4, NEW_YEAR, { route: 'other-route' })])]), 1)
  const query = checkQuery({ limit: 10, order: 'oldest' })
  const root = await openRootKey(keyFile(directory), [masterKey()])
  const reader = new RecordReader({ directory, root, monotonic: () => 0 })
  t.strictSame(
    reader.query('metering.usage', query).rows.map(({ fields }) => [fields.tokens, fields.route]),
    [
      [1, 'canary-route'],
      [4, 'other-route']
    ]
  )
  reader.close()
  t.strictSame(first.due('hook', NEW_YEAR, 1), [])
  second.outbox.add([{ at: NEW_YEAR, name: 'a.b', subject: '', data: '{}', webhooks: ['hook'] }])
  t.equal(second.due('hook', NEW_YEAR, 1).length, 0, 'one process hands events over')
  t.equal(first.due('hook', NEW_YEAR, 1).length, 1)
  first.close()
  t.equal(second.due('hook', NEW_YEAR, 1).length, 1, 'and another when it is gone')
  const third = await open(directory)
  third.write([piece([usageRow(5, NEW_YEAR)])])
  t.strictSame(listPartitions(directory, 'metering.usage'), ['2026-01-01', '2026-01-01.1'], 'a lane is taken again')
  second.close()
  third.close()
})

t.test('goes on with a partition that it has opened before, and with a kind that has changed', async t => {
  const directory = await folder(t)
  const first = await open(directory)
  first.write([piece([usageRow(1, NEW_YEAR)])])
  first.close()
  t.notOk(readdirSync(join(directory, 'rows', 'metering.usage')).some(name => name.endsWith('-wal')))
  const next = await openTestWriter(directory)
  next.setKind(0, compileKind('metering', 'usage', { ...USAGE, clear: [...USAGE.clear, 'end'] }))
  const changed = compileKind('metering', 'usage', { ...USAGE, clear: [...USAGE.clear, 'end'] })
  const out = new Writer(Buffer.alloc(changed.mostBytes))
  writeRow(out, 0, changed, usageRow(2, NEW_YEAR), context)
  t.equal(next.write([out.bytes.subarray(0, out.offset)]), 1)
  next.close()
})

t.test('writes nothing of rows of a kind that nobody told of', async t => {
  const directory = await folder(t)
  const writer = await openTestWriter(directory)
  t.throws(() => writer.write([piece([usageRow(1, NEW_YEAR)])]), TypeError)
  t.strictSame(listDays(directory, 'metering.usage'), [])
  writer.close()
})
