import t from 'tap'
import { findModel, listModels, showModel } from '../../../examples/demo-upstream/models.ts'

t.test('lists models in the form of either family', async t => {
  t.strictSame(JSON.parse(listModels('openai').body).data[0], {
    id: 'demo-large',
    object: 'model',
    created: 1767225600,
    owned_by: 'tacit-demo'
  })
  t.match(JSON.parse(listModels('anthropic').body), {
    data: [{ type: 'model', id: 'demo-large', display_name: 'Demo Large', created_at: '2026-01-01T00:00:00.000Z' }],
    has_more: false,
    first_id: 'demo-large',
    last_id: 'demo-embedding'
  })
})

t.test('shows one model', async t => {
  t.match(JSON.parse(showModel('openai', 'demo-small').body), { id: 'demo-small', object: 'model' })
  t.throws(() => showModel('openai', 'gone'), { status: 404, code: 'model_not_found' })
})

t.test('finds a model of the right kind, and takes a directive for one', async t => {
  t.equal(findModel('demo-small', 'text').id, 'demo-small')
  t.equal(findModel('demo:error=429', 'text').id, 'demo-large')
  t.equal(findModel('demo:error=429', 'embedding').id, 'demo-embedding')
  t.throws(() => findModel('gone', 'text'), { status: 404, code: 'model_not_found', param: 'model' })
  t.throws(() => findModel('demo-embedding', 'text'), { status: 400, code: 'model_not_supported' })
})
