import t from 'tap'
import { wantedType, writeAnswer } from '../../../core/endpoints/table.ts'
import { Type } from '../../../core/plugin.ts'
import { served } from './support.ts'

const { endpoint } = served({
  request: Type.Object({ cursor: Type.Optional(Type.String()) }),
  response: Type.Object({
    rows: Type.Array(
      Type.Object({ name: Type.String(), many: Type.Optional(Type.Array(Type.String())), count: Type.Integer() })
    ),
    next: Type.Optional(Type.String())
  }),
  table: { rows: 'rows', next: 'next' }
})
const ANSWER = JSON.stringify({
  rows: [
    { name: 'a, "b"\r\nc', count: -1 },
    { name: '=HYPERLINK("x")', many: ['1 EUR', '2 USD'], count: 2 }
  ],
  next: 'a b>'
})

t.test('knows what is wanted', async t => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV; charset=utf-8', 'text/csv'],
    ['text/*, */*;q=0.1', 'text/csv'],
    ['text/csv;q=0.5, application/json', 'application/json'],
    ['application/x-ndjson, application/json;q=0.9', 'application/x-ndjson'],
    ['text/csv;q=2', 'application/json'],
    ['text/csv;q=0', 'application/json'],
    ['image/png', 'application/json'],
    [`text/csv${' '.repeat(1_000)}`, 'application/json']
  ]
  for (const [accept, type] of cases) t.equal(wantedType(accept), type, String(accept).slice(0, 40))
})

t.test('writes a list as CSV that neither breaks nor reckons, with a link to the next page', async t => {
  t.strictSame(writeAnswer(endpoint, ANSWER, 'text/csv', 'by=x&cursor=old&odd=">;'), {
    type: 'text/csv; charset=utf-8; header=present',
    headers: { link: '<?by=x&odd=%22%3E%3B&cursor=a%20b%3E>; rel="next"' },
    body: 'name,many,count\r\n"a, ""b""\r\nc",,-1\r\n"\'=HYPERLINK(""x"")",1 EUR; 2 USD,2\r\n'
  })
})

t.test('writes a list as lines of JSON', async t => {
  const { type, body } = writeAnswer(
    endpoint,
    '{"rows":[{"name":"x","count":1},{"name":"y","count":2}]}',
    'application/x-ndjson',
    ''
  )
  t.equal(type, 'application/x-ndjson')
  t.equal(body, '{"name":"x","count":1}\n{"name":"y","count":2}\n')
})

t.test('leaves an answer that is no list, and those who want JSON, alone', async t => {
  const plain = { type: 'application/json', headers: {}, body: ANSWER }
  t.strictSame(writeAnswer(endpoint, ANSWER, 'application/json', ''), plain)
  t.strictSame(writeAnswer(served().endpoint, ANSWER, 'text/csv', ''), plain)
})
