import t from 'tap'
import { shared } from '../../../core/configuration/editor-shared.ts'
import type { JsonSchema } from '../../../core/configuration/editor-values.ts'
import { misfitsOf } from '../../support/json-schema.ts'

const LONG = 'x'.repeat(800)
const address = { type: 'object', description: LONG, properties: { street: { type: 'string' } } }

t.test('says once what stands in several places, and leaves the rest', t => {
  const number = { type: 'number' }
  const schema = { properties: { home: address, work: address, age: number, size: number } }
  t.strictSame(shared(schema), {
    properties: {
      home: { $ref: '#/definitions/home' },
      work: { $ref: '#/definitions/home' },
      age: number,
      size: number
    },
    definitions: { home: address }
  })
  t.end()
})

t.test('says what stands in something that is shared once, by its own reference if it stands elsewhere too', t => {
  const person = { type: 'object', description: LONG, properties: { home: address, work: address } }
  const schema = { properties: { one: person, others: { type: 'array', items: person } } }
  t.strictSame(shared(schema), {
    properties: {
      one: { $ref: '#/definitions/one' },
      others: { type: 'array', items: { $ref: '#/definitions/one' } }
    },
    definitions: {
      one: {
        ...person,
        properties: { home: { $ref: '#/definitions/home' }, work: { $ref: '#/definitions/home' } }
      },
      home: address
    }
  })
  t.end()
})

t.test('names parts by the shortest way that is free', t => {
  const other = { ...address, description: `${LONG}y` }
  const schema = {
    properties: {
      a: { properties: { home: address, also: address } },
      b: { properties: { home: other, also: other } },
      c: { type: 'array', items: [LONG, LONG].map(description => ({ description })) }
    },
    definitions: { home: { type: 'string' } }
  }
  const { definitions } = shared(schema)
  t.strictSame(Object.keys({ ...(definitions as JsonSchema) }), ['home', 'a-home', 'b-home', 'c'])
  t.end()
})

t.test('refuses and takes what it did before', t => {
  const schema = {
    type: 'object',
    properties: { home: address, work: address, list: { type: 'array', items: address } }
  }
  const [before, after] = [misfitsOf(schema), misfitsOf(shared(schema))]
  for (const value of [{}, { home: { street: 'x' } }, { work: { street: 1 } }, { list: [{}, 2, { street: null }] }]) {
    t.strictSame(after(value), before(value))
  }
  t.end()
})
