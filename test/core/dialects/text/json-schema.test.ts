import t from 'tap'
import { JSON_SCHEMA } from '../../../../core/dialects/text/json-schema.ts'
import { visitText } from '../../../../core/dialects/text/walk.ts'

t.test('finds names, descriptions and values at any depth, and leaves the keywords out', async t => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: ['object', 'null'],
    required: ['who'],
    properties: {
      who: { type: 'string', description: 'Whom.', enum: ['Ann'], default: 'Bob' },
      list: { type: 'array', items: { anyOf: [{ $ref: '#/$defs/a' }, { type: 'string', examples: ['x'] }] } }
    },
    $defs: { a: { type: 'object', additionalProperties: { title: 'T' } } },
    'x-new': 'y'
  }
  const found: string[] = []
  visitText(JSON_SCHEMA, schema, ({ kind, role, value, isName }) => {
    if (kind === 'text') found.push(`${value}${isName ? ' name' : ''} ${role}`)
  })
  t.strictSame(found, [
    'who definition',
    'who name definition',
    'Whom. definition',
    'Ann definition',
    'Bob definition',
    'list name definition',
    'x definition',
    'a name definition',
    'T definition',
    'x-new name definition',
    'y definition'
  ])
})

t.test('takes whatever is no schema for text', async t => {
  const found: string[] = []
  visitText(JSON_SCHEMA, { properties: 'Ann', items: ['Bob'] }, ({ kind, value }) => found.push(`${value} ${kind}`))
  t.strictSame(found, ['Ann unknown', 'Bob text'])
})
