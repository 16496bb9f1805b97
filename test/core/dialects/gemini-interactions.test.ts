import t from 'tap'
import { INTERACTIONS_READING } from '../../../core/dialects/gemini-interactions.ts'

t.test('commits to pieces and to the end, not to openings', async t => {
  const commits = (event: unknown) => INTERACTIONS_READING.commits('message', JSON.stringify(event))
  t.notOk(commits({ event_type: 'interaction.created', interaction: { id: 'i' } }))
  t.notOk(commits({ event_type: 'interaction.status_update', status: 'in_progress' }))
  t.notOk(commits({ event_type: 'step.start', index: 0, step: { type: 'thought' } }))
  t.ok(commits({ event_type: 'step.start', step: { type: 'function_call', name: 'f' } }))
  t.notOk(commits({ event_type: 'step.delta', delta: { type: 'text', text: '' } }))
  t.ok(commits({ event_type: 'step.delta', delta: { type: 'text', text: 'a' } }))
  t.notOk(commits({ event_type: 'step.stop', index: 0 }))
  t.ok(commits({ event_type: 'interaction.completed' }))
  t.ok(INTERACTIONS_READING.commits('message', '{'))
})

t.test('finds errors in streams and in bodies', async t => {
  const error = { code: 429, message: 'no', status: 'RESOURCE_EXHAUSTED' }
  t.strictSame(INTERACTIONS_READING.streamError('error', JSON.stringify({ event_type: 'error', error })), {
    status: 429
  })
  t.strictSame(INTERACTIONS_READING.bodyError({ error }), { status: 429 })
  t.equal(INTERACTIONS_READING.bodyError({ status: 'completed', steps: [] }), undefined)
})
