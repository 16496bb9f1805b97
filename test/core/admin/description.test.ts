import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import { digestOf, startAdminGateway } from './support.ts'

t.test('is an OpenAPI 3.1 document, by a validator that is not ours', async t => {
  const { ask } = await startAdminGateway(t)
  const [status, document] = await ask('/v1/openapi.json')
  t.equal(status, 200)
  const result = await new Validator().validate(JSON.parse(JSON.stringify(document)))
  t.ok(result.valid, JSON.stringify(result.errors))
  t.match(document, { openapi: '3.1.1' })
})

t.test('the validator finds what is wrong', async t => {
  const { ask } = await startAdminGateway(t)
  const [, document] = await ask('/v1/openapi.json')
  const broken = JSON.parse(JSON.stringify(document))
  broken.paths['/v1/status'].get.responses = []
  t.notOk((await new Validator().validate(broken)).valid)
})

t.test('describes the endpoints of core and of plugins, and whether a token is needed', async t => {
  const { ask } = await startAdminGateway(t)
  const [, document] = await ask('/v1/openapi.json')
  t.match(document, {
    paths: {
      '/v1/status': { get: { operationId: 'status', security: [{ token: [] }, {}] } },
      '/v1/reload': { post: { 'x-tacit-role': 'operator', security: [{ token: [] }] } },
      '/plugins/notes/notes': { get: { operationId: 'notes.list', parameters: [{ name: 'least', in: 'query' }] } },
      '/plugins/notes/notes/{consumer}': { delete: { parameters: [{ name: 'consumer', in: 'path', required: true }] } }
    }
  })
  const tokens = [{ id: 'eve', role: 'viewer', keyHash: digestOf('token') }]
  const closed = await startAdminGateway(t, { admin: { port: 0, tokens } })
  const [, other] = await closed.ask('/v1/openapi.json', { token: 'token' })
  t.match(other, { paths: { '/v1/status': { get: { security: [{ token: [] }] } } } })
  t.equal((await closed.ask('/v1/openapi.json'))[0], 401)
})
