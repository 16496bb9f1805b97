/** Gateways that are killed under load: what was complete before that has its row when they are back, and one only. */
import { join } from 'node:path'
import t from 'tap'
import { keptRows, recordsFolder, TEST_MASTER_KEY } from '../support/kept-rows.ts'
import { KILLS, killUnderLoad, writeLedgerGateway } from '../support/killed-gateways.ts'

t.setTimeout(900_000)

t.test(`${KILLS} gateways are killed under load, and every exchange that was complete before has one row`, async t => {
  const directory = await recordsFolder(t)
  const records = { directory: 'rows', masterKey: TEST_MASTER_KEY }
  const { all, promised } = await killUnderLoad(t, await writeLedgerGateway(t, directory, 'gateway', { records }))

  const rows = await keptRows(join(directory, 'rows'), 'ledger.usage')
  const kept = new Set(rows.map(({ id }) => id))
  t.ok(
    promised.size >= KILLS * 10,
    `${all.size} were complete, ${promised.size} of them long enough; ${rows.length} rows`
  )
  t.strictSame(
    [...promised].filter(id => !kept.has(id)),
    [],
    'none is lost'
  )
  t.equal(rows.length, kept.size, 'none is there twice')
  t.strictSame(
    rows.filter(({ fields }) => all.has(String(fields.exchange)) && fields.cost !== 140_000n),
    [],
    'and none is torn'
  )
})
