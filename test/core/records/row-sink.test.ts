import t from 'tap'
import { assertDefinition } from '../../../core/definition.ts'
import { definePlugin, Type } from '../../../core/plugin.ts'
import { ClosedSink, JudgingSink, rowsOfPlugin } from '../../../core/records/row-sink.ts'
import { ManualClock } from '../../support/clock.ts'
import { ACCOUNT, CONSUMERS, NEW_YEAR, openTestRecords, USAGE, usageRow, vocabulary } from './support.ts'

function definition(records: object = { usage: USAGE, account: ACCOUNT }) {
  const plugin: unknown = definePlugin({
    contract: 1,
    name: 'some',
    summary: 'Keeps rows.',
    config: Type.Object({}),
    records: records as { usage: typeof USAGE },
    data: { reads: [] },
    setup: () => ({})
  })
  assertDefinition(plugin, 'some')
  return plugin
}

t.test('lets a plugin write and read rows of its own kinds', async t => {
  const clock = new ManualClock()
  const records = await openTestRecords(t, clock)
  const rows = rowsOfPlugin(definition(), records)
  rows.record('usage', usageRow(1, clock.now()))
  await records.flush()
  t.equal((await rows.query('usage', {})).rows.length, 1)
  t.throws(() => rows.record('other', {}), { code: 'TACIT_RECORD_UNKNOWN' })
  await t.rejects(rows.query('other', {}), { code: 'TACIT_RECORD_UNKNOWN' })
})

t.test('lets no exchange write text of people', async t => {
  const rows = rowsOfPlugin(definition(), new JudgingSink(new ManualClock(), vocabulary()))
  const row = { consumer: CONSUMERS[0], contact: 'Ada Lovelace' }
  t.throws(() => rows.record('account', row), { code: 'TACIT_RECORD_TEXT' })
})

t.test('judges rows where none are kept', async t => {
  const rows = rowsOfPlugin(definition(), new JudgingSink(new ManualClock(), vocabulary()))
  rows.record('usage', usageRow(1, NEW_YEAR))
  t.throws(() => rows.record('usage', usageRow(1, NEW_YEAR, { route: 'strange' })), { code: 'TACIT_ROW_REFUSED' })
  t.strictSame(await rows.query('usage', {}), { rows: [], cursor: undefined })
})

t.test('refuses plugins that keep rows where no records are open', async t => {
  t.throws(() => rowsOfPlugin(definition(), new ClosedSink()), { code: 'TACIT_RECORDS_CLOSED' })
  rowsOfPlugin(definition({}), new ClosedSink())
  t.throws(() => new ClosedSink().append(), { code: 'TACIT_RECORDS_CLOSED' })
  await t.rejects(new ClosedSink().query(), { code: 'TACIT_RECORDS_CLOSED' })
})
