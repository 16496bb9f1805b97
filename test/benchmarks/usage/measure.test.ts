import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { fillFigures } from '../../../benchmarks/usage/figures.ts'
import { askAll, startLedger } from '../../../benchmarks/usage/measure.ts'
import { QUESTIONS } from '../../../benchmarks/usage/questions.ts'
import { SecretText } from '../../../core/plugin.ts'
import { LocalMasterKey } from '../../../core/records/master-key.ts'

const MASTER_KEY = '5a'.repeat(32)

t.test('asks every question of figures that hold every row', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'tacit-usage-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const amount = { rows: 3_000, consumers: 5, days: 30 }
  const masters = [new LocalMasterKey(new SecretText(MASTER_KEY))]
  const until = await fillFigures(join(folder, 'records'), masters, amount)
  const gateway = await startLedger(folder, MASTER_KEY, amount.consumers)
  t.teardown(() => gateway.close())
  const url = `${gateway.adminUrl}/plugins/ledger/usage?from=2020-01-01`
  const { figures } = JSON.parse(await (await fetch(url)).text())
  t.match(figures, [{ requests: 3_000 }])
  const times = await askAll(gateway, { rounds: 1, consumers: amount.consumers, until })
  t.strictSame(
    [...times.keys()],
    QUESTIONS.map(({ name }) => name)
  )
  t.ok([...times.values()].every(ms => ms.length === 1))
})
