import { Type } from '@sinclair/typebox'
import t from 'tap'
import { ByPlugin, Labels, OneOrMany, PluginUse, Word } from '../../../core/configuration/schema-parts.ts'
import { defaultInWords, isEmpty, valueInWords } from '../../../core/configuration/values-in-words.ts'
import { Duration, Secret } from '../../../core/plugin.ts'

t.test('says what a schema takes', async t => {
  const schemas = {
    text: Type.String(),
    'a duration': Duration(),
    'a secret': Secret(),
    'a header name': Type.String({ unit: 'header name', enum: ['x', 'y'] }),
    'true or false': Type.Boolean(),
    'a number': Type.Number(),
    'a whole number from 0 to 9': Type.Integer({ minimum: 0, maximum: 9 }),
    'a whole number, at least 1': Type.Integer({ minimum: 1 }),
    'a number, more than 0 and less than 1': Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
    '`a`': Type.String({ enum: ['a'] }),
    '`a` or `b`': Word(['a', 'b'], { description: 'x' }),
    'one of `a`, `b`, `c`': Word(['a', 'b', 'c'], { description: 'x' }),
    '`1`': Type.Literal(1),
    'one of `1`, `2`, `3`': Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)]),
    'text or a whole number': Type.Union([Type.String(), Type.Integer(), Type.String()]),
    'a list, each entry a size of some kind': Type.Array(Type.String({ unit: 'size of some kind' })),
    'a duration, or a list of them': OneOrMany(Duration(), { description: 'x' }),
    'a block of names, each with text': Labels,
    'a block of keys': Type.Object({}),
    'a use of a plugin': PluginUse,
    'a list, each entry a use of a plugin': Type.Array(PluginUse),
    'a block with a key for each plugin': ByPlugin('settings', 'x'),
    empty: Type.Null(),
    'something else': Type.Any()
  }
  t.strictSame(Object.values(schemas).map(valueInWords), Object.keys(schemas))
})

t.test('writes defaults as an operator would', async t => {
  const written = (value: unknown) => defaultInWords(Type.Unknown({ default: value }))
  t.strictSame([8080, true, '30s', '20%', 'a/b.c', '', '*', '503', 'true', "it's", 'a: b'].map(written), [
    '`8080`',
    '`true`',
    '`30s`',
    '`20%`',
    '`a/b.c`',
    "`''`",
    "`'*'`",
    "`'503'`",
    "`'true'`",
    "`'it''s'`",
    "`'a: b'`"
  ])
  t.strictSame([written(['a', '*', 3]), written({ use: 'weighted' })], ["`[a, '*', 3]`", '`{ use: weighted }`'])
})

t.test('passes over defaults that say nothing', async t => {
  t.strictSame([Type.Any(), Type.Any({ default: {} }), Type.Any({ default: [] })].map(defaultInWords), [
    undefined,
    undefined,
    undefined
  ])
  t.strictSame([{}, [], '', 0, null, [0], { a: 1 }].map(isEmpty), [true, true, false, false, false, false, false])
})
