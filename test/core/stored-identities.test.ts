import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readConfiguration } from '../../core/gateway.ts'
import { withStoredIdentities } from '../../core/stored-identities.ts'
import { routeOf, upstreamOf } from '../support/gateway.ts'
import { TEST_MASTER_KEY } from '../support/kept-rows.ts'

async function load(t: { testdir(): string }, more: object) {
  const file = join(t.testdir(), 'gateway.yaml')
  const usual = { version: 1, upstreams: [upstreamOf(['http://127.0.0.1:1'])], routes: [routeOf()] }
  await writeFile(file, JSON.stringify({ ...usual, ...more }))
  return readConfiguration({ file })
}

t.test('changes what the store of a configuration holds, and closes it', async t => {
  const loaded = await load(t, { stores: { folder: 'state' } })
  const row = await withStoredIdentities(loaded, identities => identities.createConsumer({ id: 'team' }))
  t.match(row, { id: 'team', revision: 1 })
  const failing = withStoredIdentities(loaded, identities => identities.createConsumer({ id: 'team' }))
  await t.rejects(failing, { code: 'TACIT_IDENTITY_EXISTS' })
  t.match(await withStoredIdentities(loaded, identities => identities.list('consumer', { limit: 10 })), [row])
})

t.test('says when there is no place for identities', async t => {
  const loaded = await load(t, {})
  await t.rejects(
    withStoredIdentities(loaded, async () => 1),
    { code: 'TACIT_IDENTITIES_MISSING' }
  )
})

t.test('changes nothing where it could not be noted', async t => {
  const loaded = await load(t, {
    stores: { folder: 'state' },
    records: { masterKey: TEST_MASTER_KEY, directory: 'gateway.yaml/rows' }
  })
  await t.rejects(
    withStoredIdentities(loaded, identities => identities.createConsumer({ id: 'team' })),
    { code: 'TACIT_RECORDS_UNWRITABLE' }
  )
  const without = await load(t, { stores: { folder: 'state' } })
  t.strictSame(await withStoredIdentities(without, identities => identities.list('consumer', { limit: 10 })), [])
})
