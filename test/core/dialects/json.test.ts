import t from 'tap'
import { asErrorStatus, hasFilledMember, isEmpty, isObject, parseObject } from '../../../core/dialects/json.ts'

t.test('takes objects, and neither lists nor null, for objects', async t => {
  t.strictSame([{}, { a: 1 }, [], null, 'text', 1, undefined].map(isObject), [
    true,
    true,
    false,
    false,
    false,
    false,
    false
  ])
})

t.test('parses objects and nothing else', async t => {
  t.strictSame(parseObject('{"a":[1]}'), { a: [1] })
  t.strictSame(parseObject(' \n{"a":1} '), { a: 1 })
  for (const text of ['', '[DONE]', '[1]', '"text"', 'null', '{', '{"a":', '{a:1}', '\u0000{}']) {
    t.equal(parseObject(text), undefined, JSON.stringify(text))
  }
})

t.test('survives JSON nested deeper than any stack', async t => {
  t.equal(parseObject(`${'{"a":'.repeat(200_000)}`), undefined)
})

t.test('knows what says nothing', async t => {
  for (const value of [undefined, null, false, '', [], {}, { a: null, b: '' }]) t.equal(isEmpty(value), true)
  for (const value of [0, true, ' ', 'x', [null], { a: 0 }, { a: {} }]) t.equal(isEmpty(value), false)
})

t.test('finds a member that is a string of at least one character', async t => {
  t.equal(hasFilledMember('{"content":"x"}', '"content":"'), true)
  t.equal(hasFilledMember('{"content":""}', '"content":"'), false)
  t.equal(hasFilledMember('{"content": "x"}', '"content":"'), false)
  t.equal(hasFilledMember('{"role":"assistant"}', '"content":"'), false)
})

t.test('is not fooled by a member that stands inside a string', async t => {
  const inner = JSON.stringify({ content: 'x' })
  t.equal(hasFilledMember(JSON.stringify({ text: inner }), '"content":"'), false)
})

t.test('takes whole numbers from 400 to 599 for the status of an error', async t => {
  t.strictSame([400, 599, '429'].map(asErrorStatus), [400, 599, 429])
  for (const value of [399, 600, 400.5, Number.NaN, '0x1', '4e2', '4290', ' 42', true, null, undefined, {}]) {
    t.equal(asErrorStatus(value), undefined, String(value))
  }
})
