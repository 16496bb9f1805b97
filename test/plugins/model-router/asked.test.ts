import { formatOf, recogniseDialect } from 'tacit-gateway/dialects'
import t from 'tap'
import { askedOf } from '../../../plugins/model-router/asked.ts'
import { FORM, formOf, requestOf } from './support.ts'

function asked(body: unknown, target = '/v1/chat/completions', contentType?: string) {
  const format = formatOf(recogniseDialect(target), target)
  try {
    const found = askedOf(format, target, requestOf(body, target, contentType))
    return found.kind === 'model'
      ? found.model
      : found.kind === 'none'
        ? `none${found.hasPlace ? ' told' : ''}`
        : found.kind
  } catch (error) {
    return error instanceof Object && 'reason' in error ? error.reason : error
  }
}

t.test('finds the model in the body, in the path and in a form', async t => {
  t.equal(asked({ messages: [], model: 'm' }), 'm')
  t.equal(asked({ model: 'm' }, '/v1/messages/count_tokens'), 'm')
  t.equal(asked({ contents: [] }, '/v1beta/models/m:generateContent'), 'm')
  t.equal(asked({ model: 'models/m' }, '/v1beta/models/m:generateContent'), 'm', 'the same in both')
  t.equal(asked('{}', '/openai/deployments/m/chat/completions?v=1'), 'm')
  t.equal(asked('not looked at', '/model/m/converse'), 'm')
  t.equal(asked(formOf(['model', 'm'], ['prompt', 'x']), '/v1/images/edits', FORM), 'm')
  t.equal(asked({ agent_id: 'm' }, '/v1/agents/completions'), 'm')
})

t.test('tells a place that is empty from an API that has none', async t => {
  for (const body of [{}, { model: 7 }, { model: null }, { model: '' }, { model: ['m'] }, []])
    t.equal(asked(body), 'none told')
  t.equal(asked('', '/v1/chat/completions'), 'none', 'nobody has said anything')
  t.equal(asked({ model: 'm' }, '/search'), 'none')
  t.equal(asked('', '/v1/files'), 'none')
})

t.test('what can be read in two ways is told as such', async t => {
  t.equal(asked({ model: 'a' }, '/openai/deployments/b/chat/completions'), 'ambiguous')
  t.equal(asked({ agent_id: 'a', model: 'b' }, '/v1/agents/completions'), 'ambiguous')
  t.equal(asked(formOf(['model', 'a'], ['model', 'b']), '/v1/images/edits', FORM), 'ambiguous')
  t.equal(asked('--b no form', '/v1/images/edits', FORM), 'ambiguous')
  t.equal(asked('{"model":"a","model":"a"}'), 'invalid_json')
  t.equal(asked('{"model":"a","Model":"b"}'), 'invalid_json')
  t.equal(asked('{"model":"a"'), 'invalid_json')
})

t.test('further models for an upstream to go on to are found however they are written', async t => {
  for (const name of ['models', 'fallbacks', 'fallback_models']) {
    for (const value of [['b'], 'b', {}, [], false]) t.equal(asked({ model: 'a', [name]: value }), 'several', name)
    t.equal(asked({ model: 'a', [name]: null }), 'a')
    t.equal(
      asked(`{"model":"a","${name.replace('o', '\\u006f')}":["b"]}`.replace('fallbacks', 'f\\u0061llbacks')),
      'invalid_json'
    )
    t.equal(asked(formOf(['model', 'a'], [`${name}[]`, 'b']), '/v1/images/edits', FORM), 'several')
  }
  t.equal(asked({ model: 'a', metadata: { models: ['b'] } }), 'a', 'deeper ones are somebody else’s')
})
