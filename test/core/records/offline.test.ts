import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfiguration } from '../../../core/configuration/load.ts'
import { PluginLoader } from '../../../core/loader.ts'
import { SecretText } from '../../../core/plugin.ts'
import { LocalMasterKey } from '../../../core/records/master-key.ts'
import { OfflineRecords } from '../../../core/records/offline.ts'
import { ManualClock } from '../../support/clock.ts'
import { DAY_MS, filesWith, folder, openTestRecords, USAGE, usageRow } from './support.ts'

const KEY = 'ab'.repeat(32)

async function load(directory: string, masterKey = KEY) {
  const text = JSON.stringify({
    version: 1,
    records: {
      masterKey,
      keep: { access: '2d', usage: '2d', billing: '2d', audit: '2d', account: '2d', consent: '4d' }
    },
    upstreams: [{ id: 'main', peers: [{ id: 'eu', url: 'http://127.0.0.1:1' }] }],
    routes: [{ id: 'chat', match: { path: '/*' }, upstream: 'main' }]
  })
  const file = join(directory, 'gateway.yaml')
  writeFileSync(file, text)
  return await loadConfiguration({ file, text, environment: {} }, new PluginLoader())
}

t.test('reads and drops rows beside a gateway that runs, of kinds that no plugin has any more, too', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const masterKeys = [new LocalMasterKey(new SecretText(KEY))]
  const running = await openTestRecords(t, clock, { directory: join(directory, 'records'), masterKeys })
  const kind = running.kind('metering', 'usage', USAGE)
  for (let index = 0; index < 5; index++) running.append(kind, usageRow(index, clock.now() + index))
  await running.flush()
  const records = await OfflineRecords.open(await load(directory))
  t.match(records.kinds(), [
    { name: 'core.audit', days: [] },
    { name: 'metering.usage', lifeMs: undefined, days: ['2026-01-01'] }
  ])
  const pages = [...records.pages('metering.usage', { limit: 2, order: 'oldest' }, clock.now())]
  t.strictSame(
    pages.map(({ rows }) => rows.map(({ fields }) => fields.tokens)),
    [[0, 1], [2, 3], [4]]
  )
  t.strictSame(records.expire(clock.now() + 3 * DAY_MS, false), [], 'the longest class decides')
  const days = [{ kind: 'metering.usage', day: '2026-01-01' }]
  t.strictSame(records.expire(clock.now() + 4 * DAY_MS, true), days)
  t.strictSame(records.expire(clock.now() + 4 * DAY_MS, false), days)
  t.strictSame(filesWith(directory, 'canary-'), [])
  t.strictSame(records.deadLetters(), [])
  t.equal(records.replay(0), 0)
})

t.test('says when there is nothing, or nothing that it can open', async t => {
  const directory = await folder(t)
  await t.rejects(OfflineRecords.open(await load(directory)), { code: 'TACIT_RECORDS_NONE' })
  await openTestRecords(t, new ManualClock(), { directory: join(directory, 'records') })
  await t.rejects(OfflineRecords.open(await load(directory)), { code: 'TACIT_MASTER_KEY_WRONG' })
})
