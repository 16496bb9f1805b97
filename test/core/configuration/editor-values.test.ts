import { type TObject, type TSchema, Type } from '@sinclair/typebox'
import t from 'tap'
import { closed } from '../../../core/configuration/closed.ts'
import { editorValue, isRequired, oneOrMany, where } from '../../../core/configuration/editor-values.ts'
import { ANY_REFERENCE, WHOLE_REFERENCE } from '../../../core/configuration/references.ts'
import { OneOrMany, Word } from '../../../core/configuration/schema-parts.ts'
import { Duration, Secret } from '../../../core/plugin.ts'
import { misfitsOf } from '../../support/json-schema.ts'

/** Which of some values fit. */
const fitting = (schema: TSchema, values: readonly unknown[]) => {
  const misfits = misfitsOf({ $schema: 'http://json-schema.org/draft-07/schema#', ...editorValue(schema) })
  return values.filter(value => misfits(value).length === 0)
}

t.test('lets a reference stand for a number, a truth and a word, and inside a text', async t => {
  const values = ['${A}', '${A:-1}', '${file:x}', 'x${A}', '$${A}', '${A', 'x']
  const whole = ['${A}', '${A:-1}', '${file:x}']
  t.strictSame(fitting(Type.Integer(), [...values, 1, 1.5, '1', true, null]), [...whole, 1])
  t.strictSame(fitting(Type.Number(), [...values, 1, 1.5]), [...whole, 1, 1.5])
  t.strictSame(fitting(Type.Boolean(), [...values, true, false, 'true', 0]), [...whole, true, false])
  t.strictSame(fitting(Word(['a', 'b'], { description: 'x' }), [...values, 'a', 'b', 'c']), [
    ...whole,
    'x${A}',
    'a',
    'b'
  ])
  t.strictSame(fitting(Duration(), [...values, '${A}s', '30s', '30', 30]), [...whole, 'x${A}', '${A}s', '30s'])
  t.strictSame(fitting(Type.String(), [...values, 1, true, null, []]), values)
})

t.test('keeps the bounds of numbers, texts and lists', async t => {
  t.strictSame(fitting(Type.Integer({ minimum: 1, maximum: 3 }), [0, 1, 3, 4, '${A}']), [1, 3, '${A}'])
  t.strictSame(
    fitting(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, multipleOf: 0.25 }), [0, 0.25, 0.3, 1]),
    [0.25]
  )
  t.strictSame(fitting(Type.String({ minLength: 3, maxLength: 5 }), ['ab', 'abc', 'abcdef', '${A_LONG_NAME}']), [
    'abc',
    '${A_LONG_NAME}'
  ])
  t.strictSame(fitting(Secret(), ['', 'x', '${A}', 1]), ['x', '${A}'])
  t.strictSame(
    fitting(Type.Array(Type.Integer(), { minItems: 1, maxItems: 2, uniqueItems: true }), [[], [1], [1, 1]]),
    [[1]]
  )
  t.strictSame(fitting(Type.Tuple([Type.Integer(), Type.String()]), [[1], [1, 'a'], ['a', 1], [1, 'a', 2]]), [[1, 'a']])
})

t.test('takes the form that editors are told instead of the pattern', async t => {
  const schema = Type.String({ pattern: '^/', editorPattern: '^/[^*]*$' })
  t.strictSame(fitting(schema, ['/a', '/*', 'a', '${A}']), ['/a', '${A}'])
})

t.test('lets a single value stand for a list where the gateway makes one of it', async t => {
  const hosts = OneOrMany(Type.String({ pattern: '^[a-z]+$' }), { description: 'x', minItems: 1 })
  t.strictSame(fitting(hosts, ['a', 'A', ['a'], ['a', 'A'], [], 1, {}, '${A}']), ['a', ['a'], '${A}'])
  const words = OneOrMany(Word(['a', 'b'], { description: 'x' }), { description: 'y' })
  t.strictSame(fitting(words, ['a', 'c', ['a', 'b'], ['c']]), ['a', ['a', 'b']])
  t.strictSame(fitting(Type.Array(Type.String()), ['a', ['a']]), [['a']])
})

t.test('lets a number stand for a text where the gateway makes one of it', async t => {
  const schema = Type.String({
    pattern: '^(a|[45]..)$',
    orNumber: { minimum: 400, maximum: 599 },
    examples: ['a', 404]
  })
  t.strictSame(fitting(schema, ['a', '404', 404, 200, 600, 404.5, 'b', true]), ['a', '404', 404])
  t.strictSame(editorValue(schema).defaultSnippets, [
    { label: 'a', body: 'a' },
    { label: '404', body: 404 }
  ])
})

t.test('refuses the keys that the gateway refuses, and asks for those without a default', async t => {
  const block = Type.Object({
    needed: Type.String(),
    optional: Type.Optional(Type.String()),
    filled: Type.String({ default: 'x' }),
    open: Type.Optional(Type.Object({}, { additionalProperties: true })),
    numbers: Type.Optional(Type.Object({ a: Type.String() }, { additionalProperties: Type.Integer() }))
  })
  const values = [
    { needed: 'x' },
    {},
    { needed: 'x', other: 1 },
    { needed: 'x', optional: 'y', filled: 'z', open: { a: 1 }, numbers: { a: 'b', c: 1 } },
    { needed: 'x', numbers: { a: 'b', c: 'd' } }
  ]
  t.strictSame(fitting(closed(block), values), [values[0], values[3]])
  t.strictSame(Object.values(block.properties).map(isRequired), [true, false, false, false, false])
})

t.test('describes records, unions, intersections and words of other kinds', async t => {
  t.strictSame(fitting(Type.Record(Type.String(), Type.Integer()), [{}, { a: 1 }, { a: 'b' }]), [{}, { a: 1 }])
  const pattern = Type.Record(Type.String({ pattern: '^x-' }), Type.Integer())
  t.strictSame(fitting(pattern, [{ 'x-a': 1 }, { 'x-a': 'b' }, { a: 'b' }]), [{ 'x-a': 1 }, { a: 'b' }])
  const only = Type.Record(Type.String({ pattern: '^x-' }), Type.Integer(), { additionalProperties: false })
  t.strictSame(fitting(only, [{ 'x-a': 1 }, { a: 1 }]), [{ 'x-a': 1 }])
  const either = Type.Union([Type.Object({ a: Type.String() }), Type.Integer()])
  t.strictSame(fitting(either, [{ a: 'b' }, {}, 1, 'x', '${A}']), [{ a: 'b' }, 1, '${A}'])
  const both = Type.Intersect([Type.Object({ a: Type.String() }), Type.Object({ b: Type.Integer() })])
  t.strictSame(fitting(both, [{ a: 'x', b: 1 }, { a: 'x' }]), [{ a: 'x', b: 1 }])
  t.strictSame(fitting(Type.Literal(1), [1, 2, '${A}']), [1])
  t.strictSame(fitting(Type.Union([Type.Literal('a'), Type.Literal('b')]), ['a', 'c', '${A}']), ['a', '${A}'])
  t.strictSame(fitting(Type.Null(), [null, 1]), [null])
  t.strictSame(fitting(Type.Any(), [null, 1]), [null, 1])
})

t.test('shows what a value means, how it is written and what counts without', async t => {
  const shown = (schema: TSchema) => editorValue(schema).markdownDescription
  t.equal(
    shown(Duration({ default: '5s', description: 'Time to connect.' })),
    'Time to connect.\n\nA duration. Write a number and a unit: 250ms, 30s, 10m, 1h, 7d. Default: `5s`.'
  )
  t.equal(
    shown(Type.Integer({ minimum: 0, maximum: 9, default: 3, description: 'How many.' })),
    'How many.\n\nA whole number from 0 to 9. Default: `3`.'
  )
  // Editors list words by themselves.
  t.equal(shown(Word(['a', 'b'], { default: 'b', description: 'Which.' })), 'Which.\n\nDefault: `b`.')
  t.equal(shown(Type.String({ description: 'Where.' })), 'Where.')
  t.equal(shown(Type.Object({}, { default: {}, description: 'A block.' })), 'A block.')
  t.equal(shown(Type.String({ unit: 'header name', description: 'Which header.' })), 'Which header.\n\nA header name.')
  t.strictSame(editorValue(Type.Object({}, { default: {} })).default, undefined)
})

t.test('says what is wrong as the gateway does', async t => {
  const message = (schema: TSchema) => editorValue(schema).errorMessage
  t.strictSame(
    [
      message(Duration()),
      message(Type.Integer()),
      message(Type.Boolean()),
      message(Type.String()),
      message(Type.String({ pattern: '^[a-z]+$', description: 'Small letters.' })),
      message(Type.String({ pattern: '^[a-z]+$' }))
    ],
    [
      'Must be a duration. Write a number and a unit: 250ms, 30s, 10m, 1h, 7d.',
      'Must be a whole number, without quotes.',
      'Must be true or false, without quotes.',
      'Must be text. Put numbers, true and false in quotes.',
      'Must match the pattern ^[a-z]+$. Small letters.',
      'Must match the pattern ^[a-z]+$.'
    ]
  )
})

t.test('puts another form where it is told to, at any depth, and keeps the description', async t => {
  const inner: TObject = Type.Object({}, { plugin: 'use', description: 'A plugin.' })
  const schema = Type.Object({ list: Type.Array(Type.Union([inner, Type.Null()])) })
  const graft = ({ plugin }: TSchema) => (plugin === 'use' ? { $ref: '#/definitions/plugin' } : undefined)
  t.strictSame(editorValue(schema, graft).properties, {
    list: {
      type: 'array',
      items: {
        anyOf: [
          { description: 'A plugin.', markdownDescription: 'A plugin.', $ref: '#/definitions/plugin' },
          { type: 'null' }
        ]
      }
    }
  })
})

t.test('writes conditions and lists of one as editors can explain them', async t => {
  t.equal(JSON.stringify(where({ a: 1 }, { b: 2 })), '{"if":{"a":1},"then":{"b":2},"else":{}}')
  t.equal(
    JSON.stringify(oneOrMany('object', { $ref: '#' }, { minItems: 1 })),
    '{"type":["object","array"],"if":{"type":"array"},"then":{"items":{"$ref":"#"},"minItems":1},"else":{"$ref":"#"}}'
  )
  t.strictSame(editorValue(Type.Integer()), {
    type: ['integer', 'string'],
    pattern: WHOLE_REFERENCE,
    errorMessage: 'Must be a whole number, without quotes.'
  })
  t.strictSame(editorValue(Type.String({ pattern: '^a$' })), {
    type: 'string',
    errorMessage: 'Must match the pattern ^a$.',
    pattern: `(?:^a$)|${ANY_REFERENCE}`
  })
})
