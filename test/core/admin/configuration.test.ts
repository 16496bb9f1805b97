import t from 'tap'
import { digestOf, startAdminGateway } from './support.ts'

t.test('shows the configuration without its secrets', async t => {
  const { ask } = await startAdminGateway(t)
  const [status, answer] = await ask('/v1/configuration')
  t.equal(status, 200)
  t.match(answer, {
    file: /gateway\.yaml$/,
    warnings: [],
    configuration: {
      version: 1,
      digestKey: '${DIGEST_KEY}',
      shutdownGrace: '500ms',
      consumers: [{ id: 'ada', credentials: { 'key-auth': { keyHash: '[digest]' } } }]
    }
  })
  t.notMatch(JSON.stringify(answer), /key-of-these-tests|key-of-ada|hmac-sha256/)
})

t.test('takes the file anew for an operator, and for nobody below', async t => {
  const tokens = (['viewer', 'operator'] as const).map(role => ({ id: role, role, keyHash: digestOf(role) }))
  const { ask } = await startAdminGateway(t, { admin: { port: 0, tokens } })
  t.match(await ask('/v1/reload', { method: 'POST', token: 'viewer' }), [403, { reason: 'role_too_low' }])
  t.match(await ask('/v1/reload', { method: 'POST', token: 'operator' }), [
    200,
    { applied: true, changes: [], needRestart: [], code: null, message: null, problems: [] }
  ])
  t.match(await ask('/v1/reload', { token: 'operator' }), [405, { reason: 'method_not_allowed' }])
})

t.test('nobody changes anything without a token', async t => {
  const { ask } = await startAdminGateway(t)
  t.match(await ask('/v1/reload', { method: 'POST' }), [403, { reason: 'role_too_low' }])
})
