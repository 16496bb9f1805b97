import t from 'tap'
import {
  flag,
  isFields,
  listOfFields,
  optionalCount,
  optionalFields,
  optionalText,
  parseFields,
  text,
  texts
} from '../../../examples/demo-upstream/fields.ts'

t.test('takes a JSON object and nothing else as a body', async t => {
  t.strictSame(parseFields(Buffer.from('{"a":1}')), { a: 1 })
  t.throws(() => parseFields(Buffer.from('{"a":')), { name: 'BadRequest', status: 400, message: /not valid JSON/ })
  for (const body of ['[]', '1', 'null', '"x"']) {
    t.throws(() => parseFields(Buffer.from(body)), { name: 'BadRequest', message: /must be a JSON object/ }, body)
  }
  t.strictSame([isFields({}), isFields([]), isFields(null)], [true, false, false])
})

t.test('reads members of the right type, and null as absent', async t => {
  const body = { word: 'a', count: 3, yes: true, object: { x: 1 }, list: [{ y: 2 }], words: ['a', 'b'], nothing: null }
  t.equal(text(body, 'word'), 'a')
  t.equal(optionalText(body, 'nothing'), undefined)
  t.equal(optionalCount(body, 'count', 1), 3)
  t.equal(optionalCount(body, 'nothing', 1), undefined)
  t.equal(flag(body, 'yes', false), true)
  t.equal(flag(body, 'nothing', true), true)
  t.strictSame(optionalFields(body, 'object'), { x: 1 })
  t.equal(optionalFields(body, 'nothing'), undefined)
  t.strictSame(listOfFields(body, 'list'), [{ y: 2 }])
  t.strictSame(listOfFields(body, 'nothing'), [])
  t.strictSame(texts(body, 'words'), ['a', 'b'])
  t.strictSame(texts(body, 'word'), ['a'])
  t.strictSame(texts(body, 'nothing'), [])
})

t.test('names the member that is wrong', async t => {
  const body = { value: 5, list: [1], zero: 0, half: 0.5, words: [1] }
  t.throws(() => text(body, 'gone', 'a.gone'), { param: 'a.gone', code: 'missing_required_parameter' })
  t.throws(() => optionalText(body, 'value'), { param: 'value', code: 'invalid_type' })
  t.throws(() => optionalCount(body, 'zero', 1), { param: 'zero', code: 'invalid_value' })
  t.throws(() => optionalCount(body, 'half', 0), { param: 'half', code: 'invalid_value' })
  t.throws(() => optionalCount(body, 'value', 0, 4), { param: 'value', code: 'invalid_value' })
  t.throws(() => flag(body, 'value', false), { param: 'value', code: 'invalid_type' })
  t.throws(() => optionalFields(body, 'value'), { param: 'value', code: 'invalid_type' })
  t.throws(() => listOfFields(body, 'value'), { param: 'value', code: 'invalid_type' })
  t.throws(() => listOfFields(body, 'list'), { param: 'list[0]', code: 'invalid_type' })
  t.throws(() => texts(body, 'words'), { param: 'words[0]', code: 'invalid_type' })
})
