import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { digestOf, startAdminGateway } from './support.ts'

const TOKENS = (['viewer', 'operator'] as const).map(role => ({ id: `${role}-token`, role, keyHash: digestOf(role) }))

/** A gateway with a store, and ways to ask it as an operator. */
async function start(t: Test, more: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-identities-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const given = { admin: { port: 0, tokens: TOKENS }, stores: { folder }, groups: [{ id: 'of-the-file' }], ...more }
  const { gateway, ask } = await startAdminGateway(t, given)
  const operator = (method: string, path: string, body?: unknown) =>
    ask(path, { method, token: 'operator', ...(body !== undefined && { body }) })
  return { gateway, ask, operator }
}

t.test('makes, shows, changes and deletes a consumer', async t => {
  const { operator } = await start(t)
  const wanted = { id: 'team', group: 'of-the-file', labels: { tier: 'one' } }
  t.match(await operator('POST', '/v1/consumers', wanted), [
    201,
    { consumer: { ...wanted, source: 'store', revision: 1 } }
  ])
  t.match(await operator('POST', '/v1/consumers', wanted), [409, { reason: 'identity_exists' }])
  t.match(await operator('GET', '/v1/consumers/team'), [200, { consumer: { id: 'team', blocked: false } }])
  t.match(await operator('GET', '/v1/consumers'), [200, { consumers: [{ id: 'ada', source: 'file' }, { id: 'team' }] }])
  t.match(await operator('GET', '/v1/consumers?after=team'), [200, { consumers: [] }])
  t.match(await operator('PATCH', '/v1/consumers/team', { blocked: true, group: null }), [
    200,
    { consumer: { blocked: true, group: null, labels: { tier: 'one' }, revision: 2 } }
  ])
  t.match(await operator('PATCH', '/v1/consumers/team', { blocked: false, revision: 1 }), [
    409,
    { reason: 'identity_changed' }
  ])
  t.match(await operator('DELETE', '/v1/consumers/team'), [200, { id: 'team', deleted: true }])
  t.match(await operator('GET', '/v1/consumers/team'), [404, { reason: 'identity_missing' }])
  t.match(await operator('DELETE', '/v1/consumers/team'), [404, { reason: 'identity_missing' }])
})

t.test('makes, changes and deletes a group', async t => {
  const { operator } = await start(t)
  t.match(await operator('POST', '/v1/groups', { id: 'gold' }), [201, { group: { id: 'gold', source: 'store' } }])
  t.match(await operator('GET', '/v1/groups'), [
    200,
    { groups: [{ id: 'of-the-file', source: 'file' }, { id: 'gold' }] }
  ])
  t.match(await operator('PUT', '/v1/groups/gold', { settings: { nobody: {} } }), [400, { reason: 'identity_invalid' }])
  t.match(await operator('PUT', '/v1/groups/gold', { settings: {} }), [200, { group: { revision: 2 } }])
  await operator('POST', '/v1/consumers', { id: 'team', group: 'gold' })
  t.match(await operator('DELETE', '/v1/groups/gold'), [409, { reason: 'identity_in_use' }])
  await operator('DELETE', '/v1/consumers/team')
  t.match(await operator('DELETE', '/v1/groups/gold'), [200, { deleted: true }])
})

t.test('what stands in the file is shown, and changed there', async t => {
  const { operator } = await start(t)
  t.match(await operator('GET', '/v1/consumers/ada'), [200, { consumer: { source: 'file', settings: null } }])
  for (const answer of [
    await operator('POST', '/v1/consumers', { id: 'ada' }),
    await operator('PATCH', '/v1/consumers/ada', { blocked: true }),
    await operator('DELETE', '/v1/consumers/ada'),
    await operator('POST', '/v1/groups', { id: 'of-the-file' }),
    await operator('POST', '/v1/keys', { consumer: 'ada' })
  ]) {
    t.match(answer, [409, { reason: 'identity_read_only' }])
  }
})

t.test('a viewer looks, and changes nothing', async t => {
  const { ask } = await start(t)
  for (const path of ['/v1/consumers', '/v1/groups', '/v1/keys']) {
    t.match(await ask(path, { token: 'viewer' }), [200, {}])
    t.match(await ask(path, { method: 'POST', token: 'viewer', body: {} }), [403, { reason: 'role_too_low' }])
    t.match(await ask(path), [401, { reason: 'token_missing' }])
  }
})

t.test('takes nothing that is no name, and nothing that it does not know', async t => {
  const { operator } = await start(t)
  for (const body of [{}, { id: 'Not a name' }, { id: '__proto__' }, { id: 'a', group: 7 }, { id: 'a', secret: 'x' }]) {
    t.match(await operator('POST', '/v1/consumers', body), [400, { reason: 'invalid_request' }], JSON.stringify(body))
  }
  t.match(await operator('POST', '/v1/consumers', { id: 'a', group: 'nobody' }), [404, { reason: 'identity_missing' }])
})

t.test('says so where there is no store', async t => {
  const { operator } = await start(t, { stores: {} })
  t.match(await operator('GET', '/v1/consumers'), [200, { consumers: [{ id: 'ada' }] }])
  t.match(await operator('GET', '/v1/keys'), [200, { keys: [] }])
  t.match(await operator('POST', '/v1/consumers', { id: 'team' }), [404, { reason: 'identities_not_kept' }])
})
