import { Type } from '@sinclair/typebox'
import t from 'tap'
import { partsOf } from '../../../core/configuration/parts.ts'

t.test('lists the schemas of whatever has parts', async t => {
  const part = Type.String()
  for (const schema of [
    Type.Object({ a: part }),
    Type.Record(Type.String(), part),
    Type.Array(part),
    Type.Tuple([part]),
    Type.Union([part, part]),
    Type.Intersect([part, part])
  ]) {
    t.ok(partsOf(schema).length > 0)
    t.ok(partsOf(schema).every(found => found.type === 'string'))
  }
  t.strictSame(partsOf(part), [])
})
