import t from 'tap'
import { jsonSchema, openApiDocument } from '../../../core/endpoints/openapi.ts'
import { Duration, Type } from '../../../core/plugin.ts'
import { served } from './support.ts'

const FACTS = { version: '0.1.0', needsToken: false }

t.test('keeps of a schema what JSON Schema knows', async t => {
  const schema = Type.Object({
    pause: Duration({ description: 'How long.', default: '1s' }),
    word: Type.Optional(Type.String({ enum: ['a', 'b'], unit: 'id', editorPattern: 'x' })),
    list: Type.Array(Type.Union([Type.Literal('a'), Type.Null()]), { minItems: 1, orOne: true }),
    map: Type.Record(Type.String(), Type.Integer())
  })
  t.match(jsonSchema(schema, 'request'), {
    type: 'object',
    required: ['list', 'map'],
    additionalProperties: false,
    properties: { pause: { type: 'string', description: 'How long.', default: '1s', unit: undefined } }
  })
  t.strictSame(jsonSchema(schema.properties.word, 'request'), { type: 'string', enum: ['a', 'b'] })
  t.strictSame(jsonSchema(schema.properties.list, 'request'), {
    type: 'array',
    minItems: 1,
    items: { anyOf: [{ type: 'string', const: 'a' }, { type: 'null' }] }
  })
  t.strictSame(jsonSchema(schema, 'response').required, ['pause', 'list', 'map'], 'a default is in every answer')
})

t.test('describes method, path, query, body, role and answer', async t => {
  const request = Type.Object({
    limit: Type.Integer({ description: 'How many.' }),
    since: Type.Optional(Type.String())
  })
  const document = openApiDocument(
    [
      served({ path: '/b/{id}', method: 'POST', role: 'owner', status: 201, request, maxBytes: 99 }),
      served({ path: '/a', request }, undefined, 'other')
    ],
    FACTS
  )
  t.strictSame(Object.keys(document.paths), ['/a', '/b/{id}'], 'in order')
  t.match(document.paths, {
    '/a': {
      get: {
        operationId: 'other.GET/a',
        tags: ['other'],
        security: [{ token: [] }, {}],
        parameters: [
          { name: 'limit', in: 'query', required: true, description: 'How many.' },
          { name: 'since', in: 'query', required: undefined }
        ],
        responses: { 200: {}, default: { $ref: '#/components/responses/Problem' } }
      }
    },
    '/b/{id}': {
      post: {
        'x-tacit-role': 'owner',
        security: [{ token: [] }],
        parameters: [{ name: 'id', in: 'path', required: true }],
        requestBody: { required: true, description: 'At most 99 bytes.' },
        responses: { 201: {} }
      }
    }
  })
  t.notOk(JSON.stringify(openApiDocument([served()], { ...FACTS, needsToken: true }).paths).includes('{}]'))
})
