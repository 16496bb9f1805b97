import t from 'tap'
import { readPlace, writePlace } from '../../../plugins/ledger/cursors.ts'

t.test('reads back what it has written', async t => {
  for (const names of [[], ['a', undefined, 'ü "b"']]) {
    t.strictSame(readPlace(writePlace({ at: 5, names }), names.length), { at: 5, names })
  }
})

t.test('takes nothing else', async t => {
  const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const wrong = [
    '',
    'x',
    text(null),
    text({ length: 2 }),
    text([1]),
    text([1, 'a', 'b']),
    text([-1, 'a']),
    text([1.5, 'a'])
  ]
  for (const cursor of [...wrong, text(['1', 'a']), text([1, 2]), text([1, 'a'.repeat(2_000)])]) {
    t.equal(readPlace(cursor, 1), undefined, cursor.slice(0, 40))
  }
})
