import { type TObject, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { closed } from '../../../core/configuration/closed.ts'
import { explainErrors } from '../../../core/configuration/sentences.ts'
import { Duration } from '../../../core/plugin.ts'

const told = (schema: TObject, value: unknown) =>
  explainErrors(Value.Errors(closed(schema), value), value, ['at']).map(
    ({ path, message, cure }) => `${path.join('.')}: ${message}${cure === undefined ? '' : ` ${cure}`}`
  )

t.test('says what was wanted and what is there', async t => {
  const schema = Type.Object({
    text: Type.String(),
    whole: Type.Integer(),
    number: Type.Number(),
    truth: Type.Boolean(),
    list: Type.Array(Type.String()),
    block: Type.Object({}),
    wait: Duration()
  })
  t.strictSame(told(schema, { text: 1, whole: '1', number: true, truth: 'true', list: 'a', block: [], wait: 5 }), [
    'at.text: "text" must be text, but it is a whole number. Put it in quotes.',
    'at.whole: "whole" must be a whole number, but it is text. Write it without quotes.',
    'at.number: "number" must be a number, but it is true.',
    'at.truth: "truth" must be true or false, but it is text. Write it without quotes.',
    'at.list: "list" must be a list, but it is text. Write each entry on a line that begins with "- ".',
    'at.block: "block" must be a block of keys, but it is a list.',
    'at.wait: "wait" must be a duration, but it is a whole number. Write a number and a unit: 250ms, 30s, 10m, 1h, 7d.'
  ])
})

t.test('says what is left empty', async t => {
  const schema = Type.Object({ list: Type.Array(Type.String()), names: Type.Array(Type.String()) })
  t.strictSame(told(schema, { list: null, names: [null] }), [
    'at.list: "list" is empty. Write a list, or remove the key.',
    'at.names.0: An entry of "names" is empty.'
  ])
})

t.test('tells bounds in words', async t => {
  const schema = Type.Object({
    between: Type.Integer({ minimum: 1, maximum: 5 }),
    least: Type.Number({ minimum: 1 }),
    below: Type.Number({ exclusiveMaximum: 1 }),
    step: Type.Integer({ multipleOf: 5 }),
    short: Type.String({ minLength: 3 }),
    long: Type.String({ maxLength: 3 }),
    few: Type.Array(Type.Integer(), { minItems: 1 }),
    many: Type.Array(Type.Integer(), { maxItems: 2 }),
    same: Type.Array(Type.Integer(), { uniqueItems: true }),
    pair: Type.Tuple([Type.Integer(), Type.Integer()])
  })
  const value = {
    between: 6,
    least: 0,
    below: 1,
    step: 3,
    short: 'a',
    long: 'abcd',
    few: [],
    many: [1, 2, 3],
    same: [1, 1],
    pair: [1]
  }
  t.strictSame(told(schema, value), [
    'at.between: "between" must be from 1 to 5.',
    'at.least: "least" must be at least 1.',
    'at.below: "below" must be less than 1.',
    'at.step: "step" must be a multiple of 5.',
    'at.short: "short" must have at least 3 characters.',
    'at.long: "long" must have at most 3 characters.',
    'at.few: "few" needs at least one entry.',
    'at.many: "many" takes at most 2 entries.',
    'at.same: "same" holds the same entry twice. Keep one of the two.',
    'at.pair: "pair" needs exactly 2 entries.'
  ])
})

t.test('tells a misspelt key once, and other missing keys besides', async t => {
  const schema = Type.Object({
    peers: Type.String({ description: 'The servers.' }),
    id: Type.String({ description: 'Its name.' })
  })
  t.strictSame(told(schema, { peer: 'x' }), [
    'at.peer: "peer" is not known here. Did you mean "peers"?',
    'at.id: "id" is missing here. Its name.'
  ])
})

t.test('explains the variant that comes closest', async t => {
  const schema = Type.Object({
    rule: Type.Union([
      Type.Object({ header: Type.String() }),
      Type.Object({ path: Type.String(), max: Type.Integer() })
    ])
  })
  t.strictSame(told(schema, { rule: { path: '/v1' } }), ['at.rule.max: "max" is missing here.'])
  t.strictSame(told(schema, { rule: 'x' }), ['at.rule: "rule" must be a block of keys, but it is text.'])
})

t.test('offers the word that was meant', async t => {
  const schema = Type.Object({
    word: Type.Union([Type.Literal('cancel'), Type.Literal('drain')]),
    one: Type.Literal(1)
  })
  t.strictSame(told(schema, { word: 'DRAIN', one: 2 }), [
    'at.word: "word" must be one of: cancel, drain. Did you mean "drain"?',
    'at.one: "one" must be 1.'
  ])
})

t.test('repeats no value, however wrong', async t => {
  const schema = Type.Object({
    a: Type.String({ pattern: '^x$' }),
    b: Type.Integer(),
    c: Type.Literal('c'),
    d: Duration()
  })
  const report = told(schema, { a: 'hunter2', b: 'hunter2', c: 'hunter2', d: 'hunter2' }).join('\n')
  t.notMatch(report, /hunter2/)
  t.equal(report.split('\n').length, 4)
})

t.test('shortens long keys and long lists', async t => {
  const words = Array.from({ length: 40 }, (_, index) => `word${index}`)
  const schema = Type.Object({ word: Type.String({ enum: words }) })
  const [unknown = '', word = ''] = told(schema, { word: 'x', ['k'.repeat(10_000)]: 1 })
  t.ok(unknown.replace(/^[^:]*:/, '').length < 200)
  t.match(word, /word15 …/)
})
