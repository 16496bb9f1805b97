import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { systemClock } from '../../core/clock.ts'
import { folder, openTestRecords } from '../core/records/support.ts'
import { isFull } from '../support/full.ts'
import { runNode } from '../support/process.ts'
import { seededRandom } from '../support/random.ts'

const WRITER = fileURLToPath(new URL('../fixtures/records-writer.ts', import.meta.url))
// Fifty lives take longer than a test usually may.
t.setTimeout(600_000)

const KILLS = isFull ? 50 : 5

t.test('a row whose commit was reported is there after kill -9, and none is there twice', async t => {
  const directory = await folder(t)
  const random = seededRandom(2_026)
  const reported = new Set<number>()
  for (let kill = 0; kill < KILLS; kill++) {
    const ledger = `${directory}/ledger-${kill}`
    const { child, says, exited } = runNode(t, [WRITER, directory, ledger, `${kill * 10_000_000}`])
    await says('committed\n')
    // At a moment of chance: after so many more commits have been reported.
    await says('committed\n'.repeat(1 + Math.floor(random() * 20)))
    child.kill('SIGKILL')
    t.equal((await exited).signal, 'SIGKILL')
    // The ledger is written by the process itself, in whole lines, once a commit was reported.
    const lines = existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').slice(0, -1) : []
    for (const line of lines) {
      const [from = 0, to = 0] = line.split(' ').map(Number)
      for (let index = from; index < to; index++) reported.add(index)
    }
  }
  const records = await openTestRecords(t, systemClock, { directory })
  const seen = new Map<number, number>()
  let cursor: string | undefined
  do {
    const page = await records.query('metering.usage', { limit: 1_000, cursor })
    for (const { fields } of page.rows) seen.set(Number(fields.tokens), (seen.get(Number(fields.tokens)) ?? 0) + 1)
    cursor = page.cursor
  } while (cursor !== undefined)
  const lost = [...reported].filter(index => !seen.has(index))
  const twice = [...seen].filter(([, count]) => count > 1)
  t.ok(reported.size >= KILLS * 100, `${reported.size} rows were reported in ${KILLS} lives, ${seen.size} are there`)
  t.strictSame(lost, [])
  t.strictSame(twice, [])
})
