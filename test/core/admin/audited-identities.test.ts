import { writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { readConfiguration } from '../../../core/gateway.ts'
import { withStoredIdentities } from '../../../core/stored-identities.ts'
import { routeOf, upstreamOf } from '../../support/gateway.ts'
import { keptRows, TEST_MASTER_KEY } from '../../support/kept-rows.ts'

t.test('leaves a row of the audit for each call, done or refused, and none of a secret', async t => {
  const file = join(t.testdir(), 'gateway.yaml')
  const configuration = {
    version: 1,
    upstreams: [upstreamOf(['http://127.0.0.1:1'])],
    digestKey: 'key of these tests',
    stores: { folder: 'state' },
    records: { masterKey: TEST_MASTER_KEY, directory: 'rows' },
    routes: [routeOf({ plugins: [{ use: 'key-auth' }] })]
  }
  await writeFile(file, JSON.stringify(configuration))
  const loaded = await readConfiguration({ file })
  const secrets = await withStoredIdentities(loaded, async identities => {
    await identities.createGroup({ id: 'gold' })
    await identities.changeGroup('gold', {})
    await identities.createConsumer({ id: 'team', group: 'gold' })
    await identities.changeConsumer('team', { group: null })
    await identities.list('consumer', { limit: 1 })
    await identities.list('consumer', { limit: 1, after: 'team' })
    const wanted = { consumer: 'team', plugin: 'key-auth', fields: { id: 'main' } }
    const made = await identities.createCredential(wanted)
    await t.rejects(identities.createCredential(wanted), { code: 'TACIT_IDENTITY_EXISTS' })
    const rotated = await identities.rotateCredential('main', 1_000)
    await identities.changeCredential('main', { blocked: true })
    await identities.deleteCredential('main')
    await identities.deleteConsumer('team')
    await identities.deleteGroup('gold')
    await t.rejects(identities.deleteConsumer('nobody'), { code: 'TACIT_IDENTITY_MISSING' })
    return [made.secret, rotated.secret]
  })
  const rows = await keptRows(join(dirname(file), 'rows'), 'core.audit')
  t.strictSame(
    rows.map(({ fields: { operation, status, consumer, group } }) => [operation, status, consumer ?? group]),
    [
      ['createGroup', 201, 'gold'],
      ['changeGroup', 200, 'gold'],
      ['createConsumer', 201, 'team'],
      ['changeConsumer', 200, 'team'],
      ['consumers', 200, undefined],
      ['createKey', 201, 'team'],
      ['createKey', 409, 'team'],
      ['rotateKey', 201, 'team'],
      ['changeKey', 200, undefined],
      ['revokeKey', 200, undefined],
      ['deleteConsumer', 200, 'team'],
      ['deleteGroup', 200, 'gold'],
      ['deleteConsumer', 404, undefined]
    ]
  )
  for (const { fields } of rows) t.equal(fields.actor, `cli:${userInfo().username}`)
  for (const secret of secrets) t.notOk(JSON.stringify(rows).includes(secret?.slice(-20) ?? '"'))
})
