import fc from 'fast-check'
import t from 'tap'
import { nameModel } from '../../../plugins/model-router/rewrite.ts'
import { bodyOf, FORM, formOf } from './support.ts'

type Format = Parameters<typeof nameModel>[0]

function renamed(
  content: string,
  model: string,
  { format = 'openai-chat' as Format, path = '/v1/chat/completions', type = '' } = {}
) {
  const body = bodyOf(content)
  nameModel(format, path, type, body, model)
  return Buffer.from(body.bytes()).toString('utf8')
}

t.test('puts a name in the place of another, and leaves every other byte as it was', async t => {
  t.equal(renamed('{ "a":1.0 ,"model" : "x" }', 'y'), '{ "a":1.0 ,"model" : "y" }')
  t.equal(renamed('{"model":"x","n":{"model":"x"}}', 'a"b'), '{"model":"a\\"b","n":{"model":"x"}}')
  t.equal(renamed('{"model":null}', 'y'), '{"model":"y"}')
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (members, model) => {
      const { model: _taken, ...others } = members
      const before = JSON.stringify({ ...others, model: 'x' })
      const after: unknown = JSON.parse(renamed(before, model))
      return JSON.stringify(after) === JSON.stringify({ ...JSON.parse(before), model })
    })
  )
})

t.test('a body that names none gets a name, unless the path has it', async t => {
  t.equal(renamed('{"a":1}', 'y'), '{"model":"y","a":1}')
  t.equal(renamed(' {} ', 'y'), ' {"model":"y"} ')
  const path = '/v1beta/models/y:generateContent'
  t.equal(renamed('{"contents":[]}', 'y', { format: 'gemini', path }), '{"contents":[]}')
  t.equal(
    renamed('{"model":"models/x"}', 'y', { format: 'gemini', path }),
    '{"model":"y"}',
    'what it says twice it says alike'
  )
})

t.test('a body that says it already is not written anew', async t => {
  const body = bodyOf('{"model":"x"}')
  const before = body.bytes()
  nameModel('openai-chat', '/v1/chat/completions', undefined, body, 'x')
  t.equal(body.bytes(), before)
})

t.test('names it in each member and in each part of a form that names one', async t => {
  t.equal(
    renamed('{"agent_id":"x","a":0,"model":"x"}', 'y', { format: 'mistral' }),
    '{"agent_id":"y","a":0,"model":"y"}'
  )
  const options = { format: 'openai-images' as const, type: FORM }
  t.equal(
    renamed(formOf(['prompt', 'model'], ['model', 'x']), 'long-name', options),
    formOf(['prompt', 'model'], ['model', 'long-name'])
  )
})

t.test('leaves bodies alone of APIs that name it elsewhere, and what is no object', async t => {
  t.equal(renamed('{"model":"x"}', 'y', { format: 'http' }), '{"model":"x"}')
  t.equal(renamed('[1]', 'y'), '[1]')
})
