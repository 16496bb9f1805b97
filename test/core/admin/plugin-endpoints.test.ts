import t from 'tap'
import { placeOf } from '../../../core/admin/plugin-endpoints.ts'
import { digestOf, startAdminGateway } from './support.ts'

t.test('an instance has a place of its own, without a sign that has to be escaped', async t => {
  t.equal(placeOf('notes'), '/plugins/notes')
  t.equal(placeOf('notes#2'), '/plugins/notes.2')
})

t.test('a plugin answers consumers on a route, and operators on the admin listener', async t => {
  const tokens = [{ id: 'eve', role: 'operator', keyHash: digestOf('token-of-eve') }]
  const { ask, call } = await startAdminGateway(t, { admin: { port: 0, tokens } })
  const token = 'token-of-eve'
  t.strictSame(await call('/account/notes', { method: 'POST', body: { text: 'one' } }), [201, { count: 1 }])
  t.strictSame(await call('/account/notes', { method: 'POST', body: { text: 'two' } }), [201, { count: 2 }])
  t.strictSame(await call('/account/notes'), [200, { notes: [{ text: 'one' }, { text: 'two' }] }])
  t.strictSame(await ask('/plugins/notes/notes', { token }), [200, { counts: { ada: 2 } }])
  t.strictSame(await ask('/plugins/notes/notes?least=3', { token }), [200, { counts: {} }])
  t.strictSame(await ask('/plugins/notes/notes/ada', { method: 'DELETE', token }), [200, { dropped: 2 }])
  t.match(await ask('/plugins/notes/notes/ada', { method: 'DELETE', token }), [
    404,
    { reason: 'no_notes', status: 404 }
  ])
  t.strictSame(await call('/account/notes'), [200, { notes: [] }])
})

t.test('what does not fit a schema does not reach the plugin, on either listener', async t => {
  const { ask, call } = await startAdminGateway(t)
  t.match(await ask('/plugins/notes/notes?least=x&most=1'), [
    400,
    { reason: 'invalid_request', errors: [{ pointer: '#/most' }, { pointer: '#/least' }] }
  ])
  for (const body of [{ text: 1 }, { text: 'x'.repeat(101) }, { text: 'x', more: 1 }, {}, []]) {
    t.match(await call('/account/notes', { method: 'POST', body }), [400, { reason: 'invalid_request' }])
  }
  t.match(await call('/account/notes?x=1'), [400, { reason: 'invalid_request' }])
})

t.test('no listener serves what is meant for the other', async t => {
  const { ask, call } = await startAdminGateway(t)
  t.match(await ask('/plugins/notes/notes', { method: 'POST', body: { text: 'x' } }), [
    405,
    { reason: 'method_not_allowed' }
  ])
  t.match(await call('/account/notes/ada', { method: 'DELETE' }), [404, { reason: 'route_not_found' }])
  t.match(await call('/plugins/notes/notes'), [404, { reason: 'route_not_found' }])
})

t.test('nobody is served on a route whom its plugins do not let in', async t => {
  const { call } = await startAdminGateway(t)
  t.match(await call('/account/notes', { token: 'canary' }), [401, { reason: 'unknown_api_key' }])
})
