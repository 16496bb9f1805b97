import fc from 'fast-check'
import t from 'tap'
import { checkQuery, readCursor, writeCursor } from '../../../core/records/query.ts'

t.test('asks for the newest hundred of everything, if nothing is said', async t => {
  t.strictSame(checkQuery({}), {
    from: 0,
    to: Number.MAX_SAFE_INTEGER,
    where: [],
    isNewestFirst: true,
    limit: 100,
    position: undefined,
    id: undefined,
    clearOnly: false
  })
})

t.test('compares with a value, a list or a range', async t => {
  const { where } = checkQuery({ where: { a: 1, b: ['x', 'y'], c: { from: 3 }, d: undefined as never } })
  t.strictSame(where, [
    ['a', { values: [1] }],
    ['b', { values: ['x', 'y'] }],
    ['c', { from: 3, to: Number.MAX_VALUE }]
  ])
})

t.test('refuses questions that make no sense', async t => {
  const bad: readonly object[] = [
    { limit: 0 },
    { id: "' OR 1" },
    { id: 'F0000000-0000-4000-8000-000000000001' },
    { where: null },
    { limit: 1_001 },
    { limit: 1.5 },
    { from: -1 },
    { to: Number.NaN },
    { order: 'random' },
    { where: { a: null } },
    { where: { a: { from: 'x' } } },
    { where: { a: [{}] } },
    { where: { a: Array.from({ length: 101 }, () => 1) } },
    { where: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`a${index}`, 1])) },
    { sql: 'DROP TABLE rows' },
    { cursor: 'x' },
    { cursor: Buffer.from('../../x.sqlite').toString('base64url') }
  ]
  for (const query of bad) t.throws(() => checkQuery(query), { code: 'TACIT_QUERY_INVALID' }, JSON.stringify(query))
})

t.test('reads back the cursors that it has written, and no others', async t => {
  for (const position of [
    { name: '2026-01-01', last: undefined },
    { name: '2026-01-01.2', last: { at: 1_767_225_600_000, seq: 12 } }
  ]) {
    t.strictSame(readCursor(writeCursor(position)), position)
  }
  fc.assert(
    fc.property(fc.string(), text => {
      try {
        readCursor(text)
        return /^\d{4}-/.test(Buffer.from(text, 'base64url').toString('latin1'))
      } catch (error) {
        return Reflect.get(Object(error), 'code') === 'TACIT_QUERY_INVALID'
      }
    })
  )
})
