import { Type } from '@sinclair/typebox'
import t from 'tap'
import { secretPlaces } from '../../../core/configuration/secret-places.ts'
import { Digest, Secret } from '../../../core/plugin.ts'

const places = (schema: Parameters<typeof secretPlaces>[0], value: unknown) =>
  [...secretPlaces(schema, value, ['at'])].map(({ path, kind }) => `${path.join('.')} ${kind}`)

t.test('finds secrets at every depth', async t => {
  const schema = Type.Object({
    a: Secret(),
    list: Type.Array(Secret()),
    record: Type.Record(Type.String(), Type.Object({ b: Secret() })),
    either: Type.Union([Type.Object({ c: Secret() }), Type.Object({ d: Type.String() })]),
    plain: Type.String()
  })
  const value = { a: 'x', list: ['x', 'y'], record: { r: { b: 'x' } }, either: { c: 'x' }, plain: 'x' }
  t.strictSame(places(schema, value), [
    'at.a secret',
    'at.list.0 secret',
    'at.list.1 secret',
    'at.record.r.b secret',
    'at.either.c secret'
  ])
})

t.test('suspects a key of being the secret that its digest is of', async t => {
  const schema = Type.Object({ keyHash: Digest() })
  t.strictSame(places(schema, { keyHash: `sha256:${'A'.repeat(43)}` }), [])
  t.strictSame(places(schema, { keyHash: 'hunter2' }), ['at.keyHash suspect'])
  t.strictSame(places(schema, { keyHash: ['hunter2'] }), ['at.keyHash suspect'])
})

t.test('suspects what stands under a misspelt key', async t => {
  const schema = Type.Object({ pepper: Secret(), other: Type.String() })
  t.strictSame(places(schema, { peper: 'hunter2', othre: 'x', far: 'y' }), ['at.peper suspect'])
})

t.test('finds nothing where the form is wrong', async t => {
  const schema = Type.Object({ block: Type.Object({ a: Secret() }), list: Type.Array(Type.Object({ a: Secret() })) })
  t.strictSame(places(schema, { block: 'x', list: [1, null] }), [])
  t.strictSame(places(schema, [1]), [])
})
