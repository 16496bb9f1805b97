/** Rows as they stand on the disk, read by a store that is opened anew: what a restarted gateway would find. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { type RecordRow, SecretText } from '../../core/plugin.ts'
import { LocalMasterKey } from '../../core/records/master-key.ts'
import { RECORD_CLASSES, Records } from '../../core/records/records.ts'
import { Vocabulary } from '../../core/records/vocabulary.ts'
import type { Teardown } from './upstream.ts'

/** A master key for tests. */
export const TEST_MASTER_KEY = 'ab'.repeat(32)

/** A folder for rows, gone with the test. */
export async function recordsFolder(t: Teardown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tacit-rows-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** All rows of a kind, such as `ledger.usage`, the oldest first. */
export async function keptRows(directory: string, kind: string): Promise<readonly RecordRow[]> {
  const life = 400 * 86_400_000
  const records = await Records.open({
    directory,
    masterKeys: [new LocalMasterKey(new SecretText(TEST_MASTER_KEY))],
    clock: systemClock,
    vocabulary: new Vocabulary(),
    lives: Object.fromEntries(RECORD_CLASSES.map(name => [name, life])) as Record<
      (typeof RECORD_CLASSES)[number],
      number
    >
  })
  const rows: RecordRow[] = []
  let cursor: string | undefined
  do {
    const page = await records.query(kind, { order: 'oldest', limit: 1_000, cursor })
    rows.push(...page.rows)
    cursor = page.cursor
  } while (cursor !== undefined)
  await records.close()
  return rows
}
