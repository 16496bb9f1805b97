import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { DecodeError, decode } from '../../../core/configuration/decode.ts'
import { ByteSize, Duration, MoneyAmount } from '../../../core/plugin.ts'

const Item = Type.Object({ wait: Type.Optional(Duration()), name: Type.Optional(Type.String()) })
const schema = Type.Object({
  plain: Type.Array(Type.Object({ a: Type.Integer() })),
  size: ByteSize(),
  list: Type.Array(Item),
  record: Type.Record(Type.String(), MoneyAmount()),
  pair: Type.Tuple([Type.String(), Duration()]),
  both: Type.Intersect([Type.Object({ wait: Duration() }), Type.Object({ size: ByteSize() })]),
  either: Type.Union([Type.Object({ none: Type.String() }), Item]),
  outer: Type.Transform(Type.Object({ wait: Duration() }))
    .Decode(({ wait }) => `${wait} ms`)
    .Encode(() => ({ wait: 0 }))
})
const value = {
  plain: [{ a: 1 }],
  size: '1KiB',
  list: [{ wait: '1s', name: 'x' }, {}],
  record: { a: '1.50 USD' },
  pair: ['a', '2s'],
  both: { wait: '3s', size: '1B' },
  either: { wait: '4s' },
  outer: { wait: '5s' }
}

t.test('decodes at every depth, from the inside out', async t => {
  t.strictSame(decode(schema, value), {
    plain: [{ a: 1 }],
    size: 1024,
    list: [{ wait: 1000, name: 'x' }, {}],
    record: { a: { currency: 'USD', amountNano: 1_500_000_000n } },
    pair: ['a', 2000],
    both: { wait: 3000, size: 1 },
    either: { wait: 4000 },
    outer: '5000 ms'
  })
})

t.test('does what the library does', async t => {
  t.strictSame(decode(schema, value), Value.Decode(schema, structuredClone(value)))
})

t.test('leaves the value as it was, and shares what nothing decodes', async t => {
  const before = structuredClone(value)
  const decoded = decode(schema, value)
  t.strictSame(value, before)
  t.equal(decoded.plain, value.plain)
})

t.test('says where a decoder threw', async t => {
  const failing = Type.Object({
    list: Type.Array(
      Type.Transform(Type.String())
        .Decode((): string => {
          throw new Error('hunter2')
        })
        .Encode(String)
    )
  })
  try {
    decode(failing, { list: ['hunter2'] })
    t.fail('nothing was thrown')
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    t.strictSame(
      { path: error.path, message: error.message },
      { path: ['list', 0], message: 'a value could not be decoded' }
    )
  }
})
