import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { closed } from '../../../core/configuration/closed.ts'
import { Duration } from '../../../core/plugin.ts'

t.test('refuses unknown keys at every depth', async t => {
  const Item = Type.Object({ a: Type.Optional(Type.String()) })
  const schema = closed(
    Type.Object({
      block: Type.Optional(Item),
      list: Type.Optional(Type.Array(Item)),
      record: Type.Optional(Type.Record(Type.String(), Item)),
      pair: Type.Optional(Type.Tuple([Item])),
      either: Type.Optional(Type.Union([Item, Type.Null()]))
    })
  )
  const wrong = { b: 1 }
  for (const value of [
    wrong,
    { block: wrong },
    { list: [wrong] },
    { record: { x: wrong } },
    { pair: [wrong] },
    { either: wrong }
  ]) {
    t.notOk(Value.Check(schema, value), JSON.stringify(value))
  }
  const right = { a: 'x' }
  t.ok(Value.Check(schema, { block: right, list: [right], record: { x: right }, pair: [right], either: right }))
})

t.test('leaves room where the author made it, except at the top', async t => {
  const open = { additionalProperties: true }
  const schema = closed(Type.Object({ block: Type.Object({}, open) }, open))
  t.ok(Value.Check(schema, { block: { anything: 1 } }))
  t.notOk(Value.Check(schema, { block: {}, anything: 1 }))
})

t.test('leaves intersections whole', async t => {
  const both = Type.Intersect([Type.Object({ a: Type.String() }), Type.Object({ b: Type.String() })])
  t.ok(Value.Check(closed(Type.Object({ both })), { both: { a: 'x', b: 'y' } }))
})

t.test('checks words that are only listed', async t => {
  const schema = closed(
    Type.Object({
      word: Type.String({ enum: ['a.b', 'c|d'] }),
      both: Type.Optional(Type.String({ enum: ['ab', 'b'], pattern: '^a' }))
    })
  )
  for (const word of ['a.b', 'c|d']) t.ok(Value.Check(schema, { word }), word)
  for (const word of ['axb', 'c', 'd', 'c|d ', '']) t.notOk(Value.Check(schema, { word }), word)
  t.ok(Value.Check(schema, { word: 'a.b', both: 'ab' }))
  t.notOk(Value.Check(schema, { word: 'a.b', both: 'b' }), 'the pattern still counts')
  t.notOk(Value.Check(schema, { word: 'a.b', both: 'abc' }))
})

t.test('keeps decoders and options, changes nothing, and remembers', async t => {
  const schema = Type.Object({ wait: Type.Optional(Duration()) })
  const before = JSON.stringify(schema)
  t.strictSame(Value.Decode(closed(schema), { wait: '1s' }), { wait: 1000 })
  t.ok(Value.Check(closed(schema), {}))
  t.equal(JSON.stringify(schema), before)
  t.equal(closed(schema), closed(schema))
})
