import t from 'tap'
import { endpointsFault } from '../../../core/endpoints/definition.ts'
import { Duration, type Endpoint, Type } from '../../../core/plugin.ts'

const sound: Endpoint = {
  listener: 'admin',
  method: 'POST',
  path: '/things/{id}',
  role: 'owner',
  summary: 'Makes a thing.',
  request: Type.Object({ name: Type.String(), pause: Duration(), tags: Type.Array(Type.Object({ a: Type.Null() })) }),
  params: Type.Object({ id: Type.String({ pattern: '^[a-z]+$' }) }),
  response: Type.Object({ all: Type.Record(Type.String(), Type.Union([Type.Literal('a'), Type.Integer()])) }),
  status: 201,
  maxBytes: 1024
}

const FLAT = Type.Object({ flat: Type.Array(Type.Object({ a: Type.Array(Type.String()) })), next: Type.String() })
const DEEP = Type.Object({ deep: Type.Array(Type.Object({ a: Type.Object({}) })) })

t.test('takes endpoints of both listeners, and none', async t => {
  const own: Endpoint = { ...sound, listener: 'public', role: 'consumer' }
  t.equal(endpointsFault({ make: sound, makeOwn: own }), undefined)
  t.equal(endpointsFault({}), undefined)
})

t.test('says what is wrong with an endpoint', async t => {
  const cases: readonly [object, RegExp][] = [
    [{ listener: 'both' }, /^must give `make` a `listener`: admin or public$/],
    [{ method: 'HEAD' }, /a `method` of: GET, POST/],
    [{ path: '/Things' }, /a `path` such as/],
    [{ path: 'things' }, /a `path` such as/],
    [{ role: 'consumer' }, /a `role` of: viewer, operator, owner/],
    [{ listener: 'public' }, /a `role` of: consumer/],
    [{ role: 'constructor' }, /a `role` of/],
    [{ listener: 'constructor' }, /a `listener`/],
    [{ summary: '' }, /a `summary` of one sentence/],
    [{ status: 204 }, /a `status` of: 200, 201, 202/],
    [{ maxBytes: 2 ** 21 }, /a whole number for `maxBytes`/],
    [{ maxBytes: 0 }, /a whole number for `maxBytes`/],
    [{ table: true }, /a `table` of `rows`/],
    [{ table: { rows: 'all' } }, /a list of flat objects as the `rows`/],
    [{ table: { rows: 'constructor' } }, /a list of flat objects/],
    [{ table: { rows: 'deep' }, response: DEEP }, /a list of flat objects/],
    [{ table: { rows: 'flat', more: 1 }, response: FLAT }, /no more than `rows` and `next`/],
    [{ table: { rows: 'flat', next: 'flat' }, response: FLAT }, /a text as `next`/],
    [{ table: { rows: 'flat', next: 'next' }, response: FLAT }, /a `cursor` in `request`/],
    [{ params: {} }, /a `Type.Object` for `params`/],
    [{ params: Type.Object({}) }, /a property in `params` for each parameter/],
    [{ params: Type.Object({ id: Type.String(), x: Type.String() }) }, /and no other/],
    [{ params: Type.Object({ id: Duration() }) }, /a `Type.String` for each parameter/],
    [{ params: Type.Object({ id: Type.Integer() }) }, /a `Type.String` for each parameter/],
    [{ request: Type.String() }, /a `Type.Object` for `request`/],
    [{ request: Type.Object({ a: Type.Unknown() }) }, /no `open` schema in `request`/],
    [{ method: 'GET' }, /texts, numbers, truths or lists of them for `request`/],
    [{ response: Type.Array(Type.String()) }, /a `Type.Object` for `response`/],
    [{ response: Type.Object({ a: Type.Any() }) }, /no `open` schema in `response`/],
    [{ response: Type.Object({ a: Duration() }) }, /a `response` of plain values/],
    [
      { response: Type.Object({ a: Type.Array(Type.Object({}, { additionalProperties: true })) }) },
      /no room for other members/
    ],
    [{ response: Type.Object({ a: Type.Function([], Type.Null()) }) }, /no `Function` schema in `response`/i],
    [{ respones: 1 }, /no `respones`: it is no field/]
  ]
  for (const [given, fault] of cases) t.match(endpointsFault({ make: { ...sound, ...given } }), fault)
  t.match(endpointsFault({ Make: sound }), /no word in camelCase/)
  t.match(endpointsFault({ make: null }), /must describe `make`/)
  t.match(endpointsFault(null), /must be an object of endpoints/)
  const other = { ...sound, path: '/things/{name}', params: undefined }
  t.match(endpointsFault({ make: sound, again: other }), /serves `make` and `again` in the same place/)
})
