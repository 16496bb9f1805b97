/** How long usage is waited for, over the figures of very many rows. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SecretText } from '../../core/plugin.ts'
import { LocalMasterKey } from '../../core/records/master-key.ts'
import type { Scenario } from '../harness/bench.ts'
import { figure } from '../harness/report.ts'
import { median, quantile, spreadOf } from '../harness/statistics.ts'
import { fillFigures } from '../usage/figures.ts'
import { askAll, startLedger } from '../usage/measure.ts'
import { USAGE_P99 } from '../usage/questions.ts'

const MASTER_KEY = '5a'.repeat(32)

/** The usage API. */
export const usage: Scenario = {
  name: 'usage',
  summary: 'Answers of the usage API, over the figures of 10 million rows (--full).',
  async run(bench) {
    const amount = bench.isFull
      ? { rows: 10_000_000, consumers: 1_000, days: 30 }
      : { rows: 200_000, consumers: 200, days: 30 }
    const rounds = bench.isFull ? 300 : 40
    const folder = mkdtempSync(join(tmpdir(), 'tacit-usage-'))
    try {
      mkdirSync(join(folder, 'records'))
      bench.say(`usage: adding up ${amount.rows} rows`)
      const startedMs = performance.now()
      const masters = [new LocalMasterKey(new SecretText(MASTER_KEY))]
      const until = await fillFigures(join(folder, 'records'), masters, amount)
      const filledSeconds = (performance.now() - startedMs) / 1000
      const gateway = await startLedger(folder, MASTER_KEY, amount.consumers)
      try {
        bench.say(`usage: ${rounds} rounds of questions`)
        const asked = { consumers: amount.consumers, until }
        await askAll(gateway, { ...asked, rounds: 5 })
        const times = await askAll(gateway, { ...asked, rounds })
        const all = [...times.values()].flat()
        const row = (name: string, ms: readonly number[]) => [
          name,
          figure(median(ms)),
          figure(quantile(ms, 0.99)),
          figure(Math.max(...ms))
        ]
        return [
          {
            title: `Usage: figures of ${amount.rows.toLocaleString('en')} rows`,
            notes: [
              `${amount.consumers} consumers with two keys each, 6 models, ${amount.days} days, added up in ${figure(filledSeconds)} s ` +
                `(${figure((filledSeconds * 1e6) / amount.rows)} µs a row). One question after the other over HTTP, in six time zones.`
            ],
            head: ['', 'p50 ms', 'p99 ms', 'longest ms'],
            rows: [...[...times].map(([name, ms]) => row(name, ms)), row('all', all)],
            raw: Object.fromEntries(times),
            figures: bench.isFull
              ? [{ name: USAGE_P99, spread: spreadOf([quantile(all, 0.99)]), isDoubted: false }]
              : []
          }
        ]
      } finally {
        await gateway.close()
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
