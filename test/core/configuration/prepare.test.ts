import { type TSchema, Type } from '@sinclair/typebox'
import t from 'tap'
import { prepare } from '../../../core/configuration/prepare.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'

const nothing = new Substitutions()
const prepared = (schema: TSchema, value: unknown) => prepare(schema, value, [], nothing)

t.test('makes a list of a single value where the schema says so', async t => {
  const schema = Type.Object({ on: Type.Array(Type.String(), { orOne: true }), off: Type.Array(Type.String()) })
  t.strictSame(prepared(schema, { on: 'a', off: 'b' }), { on: ['a'], off: 'b' })
  t.strictSame(prepared(schema, { on: null }), { on: null })
})

t.test('fills in defaults at every depth, in lists and records too', async t => {
  const Item = Type.Object({ weight: Type.Integer({ default: 1 }) })
  const schema = Type.Object({
    block: Type.Object({ a: Type.String({ default: 'x' }) }, { default: {} }),
    list: Type.Array(Item),
    record: Type.Record(Type.String(), Item),
    pair: Type.Tuple([Item, Type.String({ default: 'y' })]),
    both: Type.Intersect([Item, Type.Object({ b: Type.String({ default: 'z' }) })]),
    optional: Type.Optional(Item)
  })
  t.strictSame(prepared(schema, { list: [{}, { weight: 2 }], record: { one: {} }, pair: [{}], both: {} }), {
    list: [{ weight: 1 }, { weight: 2 }],
    record: { one: { weight: 1 } },
    pair: [{ weight: 1 }, 'y'],
    both: { weight: 1, b: 'z' },
    block: { a: 'x' }
  })
})

t.test('gives every value a default of its own', async t => {
  const schema = Type.Object({
    list: Type.Array(Type.String(), { default: ['a'] }),
    block: Type.Unknown({ default: {} })
  })
  const first = prepared(schema, {})
  const second = prepared(schema, {})
  t.strictSame(first, second)
  t.not(Reflect.get(Object(first), 'list'), Reflect.get(Object(second), 'list'))
  t.not(Reflect.get(Object(first), 'block'), Reflect.get(Object(second), 'block'))
})

t.test('takes the first variant of a union that fits once it is prepared', async t => {
  const schema = Type.Union([
    Type.Object({ a: Type.String(), more: Type.Integer({ default: 1 }) }),
    Type.Object({ b: Type.String(), more: Type.Integer({ default: 2 }) })
  ])
  t.strictSame(prepared(schema, { b: 'x' }), { b: 'x', more: 2 })
  t.strictSame(prepared(schema, { c: 'x' }), { c: 'x' })
})

t.test('reads numbers and truths where the whole value came from outside', async t => {
  const substitutions = new Substitutions()
  const schema = Type.Object({
    port: Type.Integer(),
    ratio: Type.Number(),
    on: Type.Boolean(),
    host: Type.String(),
    bad: Type.Integer(),
    part: Type.Integer(),
    quoted: Type.Integer()
  })
  for (const key of ['port', 'ratio', 'on', 'host', 'bad']) {
    substitutions.set([key], { source: '${X}', value: '', isWhole: true })
  }
  substitutions.set(['part'], { source: '1${X}', value: '', isWhole: false })
  t.strictSame(
    prepare(
      schema,
      { port: '8080', ratio: '-1.5', on: 'false', host: '8080', bad: '0x10', part: '10', quoted: '10' },
      [],
      substitutions
    ),
    { port: 8080, ratio: -1.5, on: false, host: '8080', bad: '0x10', part: '10', quoted: '10' }
  )
})

t.test('reads numbers as text where the schema takes both', async t => {
  const schema = Type.Array(Type.String({ orNumber: {} }))
  t.strictSame(prepared(schema, [503, 'reset']), ['503', 'reset'])
})

t.test('leaves alone what does not have the expected form', async t => {
  const schema = Type.Object({ list: Type.Array(Type.Object({ a: Type.String({ default: 'x' }) })) })
  for (const value of [null, 'text', { list: 'text' }, { list: [null, 1] }]) {
    t.strictSame(prepared(schema, structuredClone(value)), value)
  }
})
