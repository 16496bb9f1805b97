import t from 'tap'
import { exampleValue } from '../../../examples/demo-upstream/example-value.ts'

t.test('makes a value of every type', async t => {
  const schema = {
    type: 'object',
    properties: {
      city: { type: 'string' },
      unit: { enum: ['celsius', 'kelvin'] },
      days: { type: 'integer', minimum: 3 },
      share: { type: 'number' },
      exact: { type: 'boolean' },
      nothing: { type: 'null' },
      maybe: { type: ['string', 'null'] },
      always: { const: 7 },
      usual: { type: 'string', default: 'tea' },
      list: { type: 'array', items: { type: 'integer' } },
      either: { anyOf: [{ type: 'boolean' }, { type: 'string' }] },
      place: { $ref: '#/$defs/place' },
      day: { type: 'string', format: 'date' },
      short: { type: 'string', maxLength: 2 },
      long: { type: 'string', minLength: 6 },
      any: {}
    },
    $defs: { place: { properties: { name: { type: 'string' } } } }
  }
  t.strictSame(exampleValue(schema), {
    city: 'demo',
    unit: 'celsius',
    days: 3,
    share: 1,
    exact: true,
    nothing: null,
    maybe: 'demo',
    always: 7,
    usual: 'tea',
    list: [1],
    either: true,
    place: { name: 'demo' },
    day: '2026-01-01',
    short: 'de',
    long: 'demo d',
    any: 'demo'
  })
})

t.test('a schema that refers to itself comes to an end', async t => {
  const schema = { type: 'object', properties: { child: { $ref: '#' } } }
  t.match(JSON.stringify(exampleValue(schema)), /^(\{"child":){2,}.*\}+$/)
  const list = { type: 'array', items: { $ref: '#' } }
  t.match(JSON.stringify(exampleValue(list)), /^\[+.*\]+$/)
})

t.test('a reference to nothing is a word', async t => {
  t.equal(exampleValue({ $ref: '#/$defs/gone' }), 'demo')
  t.equal(exampleValue(undefined), 'demo')
})
