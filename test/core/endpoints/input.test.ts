import t from 'tap'
import { paramProblems, readBody, readQuery } from '../../../core/endpoints/input.ts'
import { Duration, Type } from '../../../core/plugin.ts'

const schema = Type.Object({
  name: Type.Optional(Type.String({ maxLength: 5 })),
  count: Type.Integer({ minimum: 1, default: 3 }),
  open: Type.Optional(Type.Boolean()),
  tags: Type.Optional(Type.Array(Type.String())),
  numbers: Type.Optional(Type.Array(Type.Number())),
  pause: Type.Optional(Duration())
})

t.test('reads a query as its schema wants it', async t => {
  t.strictSame(readQuery(schema, ''), { value: { count: 3 } })
  t.strictSame(readQuery(schema, 'name=a+b%21&count=12&open=true&tags=x&tags=y&numbers=-1.5&pause=2s'), {
    value: { name: 'a b!', count: 12, open: true, tags: ['x', 'y'], numbers: [-1.5], pause: 2_000 }
  })
  t.strictSame(readQuery(undefined, ''), { value: {} })
})

t.test('tells everything that is wrong with a query, and repeats no value', async t => {
  const wrong: readonly [query: string, pointers: readonly string[]][] = [
    ['count=1e3', ['/count']],
    ['count=0x10', ['/count']],
    ['count=+1', ['/count']],
    ['count=', ['/count']],
    ['count=0&name=canary-canary&open=yes', ['/count', '/name', '/open']],
    ['count=1&count=2', ['/count']],
    ['canary=1', ['/canary']],
    ['a~b/c=1&a~b/c=2', ['/a~0b~1c']],
    ['__proto__=1', ['/__proto__']],
    ['name=%zz', ['']],
    ['%ff=1', ['']],
    [Array(101).fill('tags=x').join('&'), ['']]
  ]
  for (const [query, pointers] of wrong) {
    const read = readQuery(schema, query)
    const problems = 'problems' in read ? read.problems : []
    t.strictSame(problems.map(({ pointer }) => pointer).toSorted(), pointers, query.slice(0, 40))
    t.notMatch(JSON.stringify(problems), 'canary-canary')
  }
  t.match(readQuery(undefined, 'a=1'), { problems: [{ message: 'This endpoint takes nothing.' }] })
})

t.test('reads a body, with defaults and units', async t => {
  t.strictSame(readBody(schema, Buffer.from('{"pause":"1m","tags":[]}')), {
    value: { count: 3, pause: 60_000, tags: [] }
  })
  t.strictSame(readBody(schema, undefined), { value: { count: 3 } })
  t.strictSame(readBody(undefined, Buffer.from('{}')), { value: {} })
})

t.test('refuses a body that is no JSON of the form that is wanted', async t => {
  for (const body of [
    '',
    '[]',
    'null',
    '1',
    '{"count":"3"}',
    '{"count":3,"x":1}',
    '{"count":3',
    '{"__proto__":{"count":1}}'
  ]) {
    const read = readBody(body === '' ? Type.Object({ a: Type.String() }) : schema, Buffer.from(body))
    t.ok('problems' in read && read.problems.length > 0, body)
  }
  t.match(readBody(schema, Buffer.from([0x22, 0xff, 0x22])), {
    problems: [{ message: 'The request body is not valid JSON.' }]
  })
  t.match(readBody(schema, Buffer.from('['.repeat(60_000))), { problems: [{ pointer: '' }] })
})

t.test('a parameter of a path is an id, unless its schema says otherwise', async t => {
  t.strictSame(paramProblems(undefined, { name: 'rate-limit#2' }), [])
  for (const name of ['', '..', 'a b', 'a/b', '<b>', 'x'.repeat(129)]) {
    t.match(paramProblems(undefined, { name }), [{ pointer: '/name' }], name.slice(0, 10))
  }
  const params = Type.Object({ day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }) })
  t.strictSame(paramProblems(params, { day: '2026-11-21' }), [])
  t.match(paramProblems(params, { day: 'today' }), [{ pointer: '/day' }])
})
