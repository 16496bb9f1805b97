import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import { loadConfiguration } from '../../../core/configuration/load.ts'
import { PluginLoader } from '../../../core/loader.ts'
import { createLogger } from '../../../core/log.ts'
import { directoryOf, masterKeysOf, openRecords } from '../../../core/records/open.ts'
import { folder } from './support.ts'

async function load(t: Parameters<typeof folder>[0], records: object) {
  const text = JSON.stringify({
    version: 1,
    records,
    upstreams: [{ id: 'main', peers: [{ id: 'eu', url: 'http://127.0.0.1:1' }] }],
    routes: [{ id: 'chat', match: { path: '/*' }, upstream: 'main' }]
  })
  const file = join(await folder(t), 'gateway.yaml')
  return await loadConfiguration({ file, text, environment: {} }, new PluginLoader())
}

const parts = { clock: systemClock, logger: createLogger({ level: 'silent', write: () => {} }) }

t.test('opens nothing where nobody keeps anything', async t => {
  const loaded = await load(t, {})
  const open = await openRecords(loaded, parts)
  t.equal(open.records, undefined)
  t.strictSame(open.tellers, [])
  t.notOk(existsSync(directoryOf(loaded)))
  await open.close()
})

t.test('opens the records beside the configuration, and tells how they are', async t => {
  const loaded = await load(t, { masterKey: 'ab'.repeat(32), directory: 'kept' })
  const open = await openRecords(loaded, parts)
  t.equal(open.sink, open.records)
  t.ok(existsSync(join(directoryOf(loaded), 'keys.sqlite')))
  t.strictSame(await Promise.all(open.tellers.map(({ phases }) => phases.health())), [{ status: 'ok' }])
  await open.close()
})

t.test('has the master key first that is to be sealed with', async t => {
  const loaded = await load(t, { masterKey: 'ab'.repeat(32), oldMasterKeys: ['cd'.repeat(32)] })
  t.equal(masterKeysOf(loaded).length, 2)
})
