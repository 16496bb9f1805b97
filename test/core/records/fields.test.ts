import t from 'tap'
import { Instant, KnownName, Pseudonym, SealedText, Sha256, Type, Uuid } from '../../../core/plugin.ts'
import { readField } from '../../../core/records/fields.ts'

const typeOf = (schema: Parameters<typeof readField>[1]) => {
  const field = readField('some', schema)
  return typeof field === 'string' ? field : field.type
}

t.test('takes types that cannot hold free text', async t => {
  t.equal(typeOf(Type.Integer()), 'integer')
  t.equal(typeOf(Type.Number()), 'number')
  t.equal(typeOf(Type.Boolean()), 'boolean')
  t.equal(typeOf(Type.BigInt()), 'bigint')
  t.equal(typeOf(Type.Literal('one')), 'word')
  t.equal(typeOf(Type.Union([Type.Literal('one'), Type.Literal('two')])), 'word')
  t.equal(typeOf(Type.String({ enum: ['one', 'two'] })), 'word')
  t.equal(typeOf(KnownName('route')), 'name')
  t.equal(typeOf(Pseudonym()), 'pseudonym')
  t.equal(typeOf(Uuid()), 'uuid')
  t.equal(typeOf(Sha256()), 'sha256')
  t.equal(typeOf(Instant()), 'integer')
  t.equal(typeOf(SealedText({ maxLength: 10 })), 'text')
})

t.test('refuses whatever could hold free text', async t => {
  const free = [
    Type.String(),
    Type.String({ maxLength: 3 }),
    Type.String({ pattern: '^[a-z]+$' }),
    Type.String({ format: 'email' }),
    Type.Array(Type.Integer()),
    Type.Array(Type.String()),
    Type.Object({ text: Type.String() }),
    Type.Record(Type.String(), Type.Integer()),
    Type.Union([Type.Literal('one'), Type.String()]),
    Type.Union([Type.Literal(1), Type.Literal('one')]),
    Type.Any(),
    Type.Unknown(),
    Type.Null(),
    Type.Uint8Array(),
    Type.TemplateLiteral('a${string}'),
    Type.Unsafe<string>({ type: 'string', field: 'anything' }),
    Type.Unsafe<string>({ type: 'string', field: 'name', list: 'no-list' }),
    Type.String({ enum: [] }),
    Type.String({ enum: ['x'.repeat(65)] }),
    Type.String({ enum: Array.from({ length: 257 }, (_, index) => `${index}`) }),
    SealedText({ maxLength: 5_000 }),
    SealedText({ maxLength: 0 }),
    Type.Integer({ minimum: 2, maximum: 1 })
  ]
  for (const schema of free) t.type(readField('some', schema), 'string', JSON.stringify(schema))
})

t.test('refuses names that columns cannot have, and those of the rows themselves', async t => {
  for (const name of ['', 'A', 'a b', 'a"', 'a;', '_a', 'x'.repeat(49), 'seq', 'block', 'place', 'subject']) {
    t.type(readField(name, Type.Integer()), 'string', name)
  }
  t.type(readField('id', Type.Integer()), 'string')
  t.match(readField('id', Uuid()), { name: 'id', type: 'uuid' })
  t.match(readField('at', Instant()), { name: 'at', type: 'integer' })
})

t.test('knows which fields may be missing', async t => {
  t.match(readField('some', Type.Optional(Type.Integer())), { isOptional: true })
  t.match(readField('some', Type.Integer()), { isOptional: false })
})
